"""Addresses of this app alone."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = [path("", include("media_pipeline.urls"))]
urlpatterns += i18n_patterns(path("", include("ugc.urls")))
