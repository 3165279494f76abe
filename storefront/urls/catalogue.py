"""Product list and product pages, for sites without pages of their own."""

from __future__ import annotations

from django.urls import path

from .. import views

# A namespace of its own: Django reverses only one include of each.
app_name = "shoppable_catalogue"

urlpatterns = [
    path("shop/", views.product_list, name="product_list"),
    path("shop/<slug:key>/", views.product, name="product"),
]
