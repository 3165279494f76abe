"""A site with photos and pages but without our shop; its catalogue is its own."""

from __future__ import annotations

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS

INSTALLED_APPS = [
    app
    for app in INSTALLED_APPS
    if app not in ("storefront.apps.StorefrontConfig", "config.site.apps.SiteConfig")
]
ROOT_URLCONF = "tests.cms.urls_without_shop"
UGC_CATALOGUE = MEDIA_PIPELINE_CATALOGUE = "tests.cms.catalogue.Bookshop"
MIGRATION_MODULES = {}
