"""Both halves of the shop, on a site that has nothing else."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("storefront.urls.catalogue")),
    path("", include("storefront.urls.checkout")),
]
