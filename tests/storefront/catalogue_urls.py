"""The catalogue alone, on a site that sells nothing."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("storefront.urls.catalogue"))]
