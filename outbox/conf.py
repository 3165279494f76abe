"""The settings of the outbox, with their defaults and units.

Each is read when it is asked for, so that overriding a setting works.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings


def _setting(name: str, default: Any) -> Any:
    # Any: a setting is whatever the site wrote there; the callers convert it.
    return getattr(settings, name, default)


def lease_seconds() -> float:
    """How long a claim holds without being renewed: ``OUTBOX_LEASE_SECONDS``, 30."""
    return float(_setting("OUTBOX_LEASE_SECONDS", 30))


def heartbeat_seconds() -> float:
    """How often running work renews its lease: ``OUTBOX_HEARTBEAT_SECONDS``, 10."""
    return float(_setting("OUTBOX_HEARTBEAT_SECONDS", 10))


def max_kept_alive_seconds() -> float:
    """For how long work may renew: ``OUTBOX_MAX_KEPT_ALIVE_SECONDS``, 60.

    Work that hangs for longer loses its lease, and another worker tries.
    """
    return float(_setting("OUTBOX_MAX_KEPT_ALIVE_SECONDS", 60))


def max_crashes() -> int:
    """How many crashes quarantine a row: ``OUTBOX_MAX_CRASHES``, 3."""
    return int(_setting("OUTBOX_MAX_CRASHES", 3))


def max_losses() -> int:
    """How many lost leases quarantine a row: ``OUTBOX_MAX_LOSSES``, 10.

    Far above the crashes: a lost lease mostly means a killed worker, which is
    no fault of the row it happened to hold.
    """
    return int(_setting("OUTBOX_MAX_LOSSES", 10))


def crash_retry_seconds() -> tuple[float, ...]:
    """Waits after the first, second, ... crash: ``OUTBOX_CRASH_RETRY_SECONDS``, (2, 10).

    The last one holds for every crash after it.
    """
    return tuple(float(s) for s in _setting("OUTBOX_CRASH_RETRY_SECONDS", (2, 10)))


def backoff_seconds() -> float:
    """The first wait after a release: ``OUTBOX_BACKOFF_SECONDS``, 5. Each next doubles."""
    return float(_setting("OUTBOX_BACKOFF_SECONDS", 5))


def max_backoff_seconds() -> float:
    """The longest wait after a release: ``OUTBOX_MAX_BACKOFF_SECONDS``, 900."""
    return float(_setting("OUTBOX_MAX_BACKOFF_SECONDS", 900))


def sweep_seconds() -> float:
    """How often the worker's beat sweeps: ``OUTBOX_SWEEP_SECONDS``, 2."""
    return float(_setting("OUTBOX_SWEEP_SECONDS", 2))


def rering_seconds() -> float:
    """How long a ring may go unanswered: ``OUTBOX_RERING_SECONDS``, 4."""
    return float(_setting("OUTBOX_RERING_SECONDS", 4))


def sweep_limit() -> int:
    """How many rows one sweep rings for, of all models: ``OUTBOX_SWEEP_LIMIT``, 50."""
    return int(_setting("OUTBOX_SWEEP_LIMIT", 50))


def ring_priorities() -> tuple[int, int] | None:
    """Message priorities of new work and of what a sweep found: ``OUTBOX_RING_PRIORITIES``.

    None, the default, sends none. ``(0, 9)`` for the filesystem broker and Redis, where 0
    comes first; ``(1, 0)`` for RabbitMQ, whose queues need ``x-max-priority`` for it.
    """
    priorities = _setting("OUTBOX_RING_PRIORITIES", None)
    if priorities is None:
        return None
    new, found = priorities
    return int(new), int(found)


def deaf_seconds() -> float:
    """How long an idle worker may hear nothing: ``OUTBOX_DEAF_SECONDS``, 30.

    Then it connects to its broker anew. Far above ``OUTBOX_SWEEP_SECONDS``.
    """
    return float(_setting("OUTBOX_DEAF_SECONDS", 30))


def mail_give_up_seconds() -> float:
    """When an undeliverable mail fails: ``OUTBOX_MAIL_GIVE_UP_SECONDS``, three days.

    Counted from its creation. Mail servers commonly try for some days (RFC 5321,
    section 4.5.4.1: at least 4 to 5); a shop's mail is stale before that.
    """
    return float(_setting("OUTBOX_MAIL_GIVE_UP_SECONDS", 3 * 24 * 3600))


def keep_settled_seconds() -> float:
    """How long settled work is kept: ``OUTBOX_KEEP_SETTLED_SECONDS``, 30 days.

    Mails and purges hold addresses and file names; a mail's key is unique for as long.
    """
    return float(_setting("OUTBOX_KEEP_SETTLED_SECONDS", 30 * 24 * 3600))
