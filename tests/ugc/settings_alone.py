"""This app with those below it, and nothing above: no shop, no Wagtail.

``DATABASE_HOST`` and its fellows put it on a PostgreSQL server.
"""

from __future__ import annotations

import os

from config.settings.test import *  # noqa: F403
from config.settings.test import MIDDLEWARE

INSTALLED_APPS = [
    "ugc.apps.UgcConfig",
    "media_pipeline.apps.MediaPipelineConfig",
    "outbox.apps.OutboxConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
ROOT_URLCONF = "tests.ugc.urls"
UGC_CATALOGUE = "tests.ugc.catalogues.SmallCatalogue"
UGC_PHOTO_URL = ""
LOGIN_URL = "/login/"

if "TEST_DATABASE_PORT" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["TEST_DATABASE_HOST"],
            "PORT": os.environ["TEST_DATABASE_PORT"],
            "USER": os.environ["TEST_DATABASE_USER"],
            "PASSWORD": os.environ["TEST_DATABASE_PASSWORD"],
            "NAME": "postgres",
        }
    }
