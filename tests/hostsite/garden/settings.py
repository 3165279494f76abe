"""Settings of a site that was there before us. What we need is marked."""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ["GARDEN_DATA_DIR"])

SECRET_KEY = "only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost"]

INSTALLED_APPS = [
    "people",
    "grounds",
    "plants",
    # --- ours: the apps, and no shop, no concrete pages ---
    "cms",
    "ugc",
    "media_pipeline",
    "outbox",
    # ---
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "garden.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "garden.sqlite3",
        # --- ours: or a write of one worker fails at another's ---
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/garden-media/"

AUTH_USER_MODEL = "people.Member"
WAGTAIL_PAGE_MODEL = "grounds.GardenPage"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WAGTAIL_SITE_NAME = "Garden club"
WAGTAILADMIN_BASE_URL = "http://localhost"

# --- ours ---------------------------------------------------------------------
UGC_CATALOGUE = "plants.catalogue.PlantCatalogue"
UGC_PHOTO_URL = "cms.photo_urls.photo_url"
MEDIA_PIPELINE_CATALOGUE = UGC_CATALOGUE

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

CELERY_BROKER_URL = "shoppable-filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(DATA_DIR / "broker")}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 60  # seconds
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "outbox.sweep",
        "schedule": 2.0,
        "options": {"expires": 2.0},
    },
    "forget settled mails and purges": {
        "task": "outbox.forget_settled",
        "schedule": 3600.0,
    },
    "expire uploads that no asset refers to": {
        "task": "media_pipeline.expire_incoming",
        "schedule": 3600.0,
    },
    "see which products came and went": {
        "task": "media_pipeline.request_indexing",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
}
