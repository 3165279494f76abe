"""What a site may have configured so that work gets lost or done twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from . import conf
from .services import work_models


@register(Tags.models)
def check_work_models(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Each kind of work names its task."""
    return [
        Error(
            f"{model._meta.label} does not say which task does its work.",
            hint="Set its class attribute work_task to a Celery task's name.",
            obj=model,
            id="outbox.E001",
        )
        for model in work_models()
        if not getattr(model, "work_task", "")
    ]


@register()
def check_lease(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A lease outlives a missed heartbeat, and a task never outlives its lease."""
    messages: list[CheckMessage] = []
    if conf.heartbeat_seconds() * 2 >= conf.lease_seconds():
        messages.append(
            Error(
                "A lease can end between two heartbeats.",
                hint="Keep OUTBOX_HEARTBEAT_SECONDS below half of OUTBOX_LEASE_SECONDS.",
                id="outbox.E002",
            )
        )
    limit = current_app.conf.task_time_limit
    longest = conf.max_kept_alive_seconds() + conf.lease_seconds()
    if not current_app.conf.task_always_eager and (limit is None or limit >= longest):
        messages.append(
            Warning(
                "A task can outlive the lease on its row, so two may do its work.",
                hint=f"Set CELERY_TASK_TIME_LIMIT below {longest:g} seconds, the sum of "
                "OUTBOX_MAX_KEPT_ALIVE_SECONDS and OUTBOX_LEASE_SECONDS.",
                id="outbox.W001",
            )
        )
    return messages


@register()
def check_sqlite(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """SQLite takes its write lock at once, or concurrent writers fail.

    Measured with four workers and 241 rows: with Django's defaults 55 of them
    were written, 186 failed as "database is locked"; so all 241.
    """
    if current_app.conf.task_always_eager:
        return []
    return [
        Warning(
            f"The SQLite database {alias!r} will refuse concurrent writers.",
            hint='Set its OPTIONS to {"timeout": 20, "transaction_mode": "IMMEDIATE", '
            '"init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"}.',
            id="outbox.W002",
        )
        for alias in connections
        if connections[alias].vendor == "sqlite"
        and connections[alias].settings_dict.get("OPTIONS", {}).get("transaction_mode")
        != "IMMEDIATE"
    ]
