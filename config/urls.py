"""Addresses of the complete site."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from config.site import health
from config.site.front_door import front_door

urlpatterns = [
    path("cms/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("healthz", health.healthz, name="healthz"),
    path("healthz/worker", health.worker_healthz, name="worker_healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("media_pipeline.urls")),
    path("", front_door, name="front_door"),
]
if settings.SERVE_EDITORS_MEDIA:
    # Pictures alone: documents go through Wagtail's own view, as downloads.
    urlpatterns += [
        path(
            f"{settings.MEDIA_URL.lstrip('/')}{folder}/<path:path>",
            serve,
            {"document_root": settings.MEDIA_ROOT / folder},
        )
        for folder in ("images", "original_images", "avatar_images")
    ]
urlpatterns += i18n_patterns(
    path("", include("ugc.urls")),
    path("", include("storefront.urls.checkout")),
    path("", include("cms.urls")),
    path("", include(wagtail_urls)),
)
