"""Basket, checkout, payment and orders."""

from __future__ import annotations

from django.urls import path

from .. import views

app_name = "shoppable_store"

urlpatterns = [
    path("basket/", views.basket, name="basket"),
    path("basket/add/", views.add_to_basket, name="add_to_basket"),
    path("basket/lines/<int:line_id>/", views.change_line, name="change_line"),
    path("checkout/", views.checkout, name="checkout"),
    path("checkout/pay/<slug:reference>/", views.test_payment, name="test_payment"),
    path("orders/<slug:token>/", views.order, name="order"),
    path("orders/<slug:token>/pay/", views.pay_order, name="pay_order"),
]
