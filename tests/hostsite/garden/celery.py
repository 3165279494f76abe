"""The garden's own Celery app, which our tasks join by themselves."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "garden.settings")

app = Celery("garden", task_cls="outbox.tasks:Doorbell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
