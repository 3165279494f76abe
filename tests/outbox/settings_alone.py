"""A site that installs the outbox and nothing above it.

On SQLite (in memory, or in the file that ``OUTBOX_TEST_SQLITE`` names), or on the
PostgreSQL that ``OUTBOX_TEST_POSTGRESQL`` names (port, password and database, with
spaces between).
"""
# ruff: noqa: F403, F405

from __future__ import annotations

import os

from config.settings.celery_settings import *

SECRET_KEY = "only-for-tests"
INSTALLED_APPS = ["outbox.apps.OutboxConfig"]
ROOT_URLCONF = "tests.outbox.settings_alone"
urlpatterns = []
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
DEFAULT_FROM_EMAIL = "Shop <shop@schaufenster.example>"
EMAIL_TIMEOUT = 10

_server = os.environ.get("OUTBOX_TEST_POSTGRESQL", "").split()
if _server:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "PORT": _server[0],
            "USER": "postgres",
            "PASSWORD": _server[1],
            "NAME": _server[2],
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("OUTBOX_TEST_SQLITE", ":memory:"),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
            },
        }
    }

CELERY_TASK_ALWAYS_EAGER = True
# No media_pipeline here.
CELERY_BEAT_SCHEDULE = {
    name: entry
    for name, entry in CELERY_BEAT_SCHEDULE.items()
    if entry["task"].startswith("outbox.")
}
