"""The Celery application of the complete site."""

from __future__ import annotations

import os

from celery import Celery

from outbox import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

broker.register()

app = Celery("schaufenster", task_cls="outbox.tasks:Doorbell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add("outbox.watchdog:Watchdog")
