from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("media_pipeline.urls"))]
