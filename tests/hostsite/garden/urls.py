"""The garden's addresses; ours stand before Wagtail's catch-all."""

from __future__ import annotations

from django.urls import include, path
from plants.views import plant
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("plants/<slug:key>/", plant, name="plant"),
    # --- ours ---
    path("", include("media_pipeline.urls")),
    path("", include("ugc.urls")),
    path("", include("cms.urls")),
    # ---
    path("", include(wagtail_urls)),
]
