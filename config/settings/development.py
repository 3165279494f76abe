"""The embedded way: SQLite, local folders, the filesystem broker; no service."""

from __future__ import annotations

import os
from pathlib import Path

from .base import *
from .base import BASE_DIR

# All that a run writes lies in one folder; deleting it starts from nothing.
DATA_DIR = Path(os.environ.get("SCHAUFENSTER_DATA_DIR", BASE_DIR / "var"))
DATA_DIR.mkdir(parents=True, exist_ok=True)

# Known to everybody, and only for a site on the own machine.
SECRET_KEY = "development-only-not-a-secret-0123456789abcdef"  # noqa: S105
DEBUG = os.environ.get("SCHAUFENSTER_DEBUG", "") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]

# Where mails point to; `manage.py demo` says which port it took.
SITE_URL = os.environ.get("SCHAUFENSTER_SITE_URL", "http://127.0.0.1:8000")
WAGTAILADMIN_BASE_URL = UGC_SITE_URL = STOREFRONT_SITE_URL = SITE_URL

# Empty: whitenoise finds the files where they are, but wants the folder.
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "schaufenster.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
        "CONN_MAX_AGE": None,
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

MEDIA_ROOT = DATA_DIR / "editors-media"
SERVE_EDITORS_MEDIA = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "incoming": {
        "BACKEND": "media_pipeline.storage.FolderStorage",
        "OPTIONS": {"location": DATA_DIR / "files" / "incoming"},
    },
    "private": {
        "BACKEND": "media_pipeline.storage.FolderStorage",
        "OPTIONS": {"location": DATA_DIR / "files" / "private"},
    },
    "public": {
        "BACKEND": "media_pipeline.storage.FolderStorage",
        "OPTIONS": {
            "location": DATA_DIR / "files" / "public",
            "base_url": "/media/",
        },
    },
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

CELERY_BROKER_URL = "shoppable-filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(DATA_DIR / "broker")}

# Mails land as files that a person can open.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mails"
DEFAULT_FROM_EMAIL = "Schaufenster <shop@schaufenster.example>"
