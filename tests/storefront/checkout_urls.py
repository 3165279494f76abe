"""The half behind the basket, where other pages show the products."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("storefront.urls.checkout"))]
