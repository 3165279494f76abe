"""The shop by itself: no photos, no pages, no Wagtail.

From the environment: ``SCHAUFENSTER_DATA_DIR``; ``STORE_DATABASE_URL`` for another
database than SQLite in that folder.
"""
# ruff: noqa: F403, F405

from __future__ import annotations

import os

import dj_database_url

from config.settings.development import *

INSTALLED_APPS = [
    "storefront.apps.StorefrontConfig",
    "outbox.apps.OutboxConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "tests.storefront.urls"
TEMPLATES[0]["OPTIONS"]["context_processors"] = [
    "django.template.context_processors.request"
]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = os.environ.get("STORE_EAGER", "") == "1"

STOREFRONT_PICTURE_RENDERER = "storefront.pictures.PlainPictures"
STOREFRONT_ORIGIN_RENDERER = "storefront.pictures.UnseenOrigins"
STOREFRONT_PRODUCT_URL = "storefront.addresses.product_url"
STOREFRONT_SHOP_URL = "storefront.addresses.shop_url"
STOREFRONT_SHARE_URL = ""
STOREFRONT_LEGAL_LINKS = ""

if "STORE_DATABASE_URL" in os.environ:
    DATABASES["default"] = dj_database_url.parse(os.environ["STORE_DATABASE_URL"])
