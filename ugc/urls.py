"""Addresses of this app; inside i18n_patterns where a site has several languages."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "shoppable_ugc"
urlpatterns: list[URLPattern] = []
