"""Leases: who does a row's work now, and what its failures count as.

Each function is one conditional UPDATE on the database's clock, the same on
SQLite and PostgreSQL. A claim counts a loss *before* the work, so that work
which kills its process can't be tried for ever; whoever comes back alive takes
the loss back. Zero rows changed means that someone was faster: stop silently.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.db import Error as AnyDatabaseError
from django.db import connections, router, transaction
from django.db.models import F, Value
from django.db.models.functions import Least, Now

from . import conf
from .models import Work, WorkQuerySet
from .signals import work_quarantined

logger = logging.getLogger(__name__)

W = TypeVar("W", bound=Work)

#: The columns of a row that nobody holds.
_FREE: dict[str, Any] = {"lease_until": None, "lease_token": ""}


def rows(model: type[W], using: str | None = None) -> WorkQuerySet[W]:
    """Return all rows, whatever the model's own manager leaves out."""
    return WorkQuerySet(model, using=using or router.db_for_write(model))


@dataclass(frozen=True, slots=True)
class Lease(Generic[W]):
    """The right to do one row's work, for as long as the token stands in it.

    ``row`` is as it was when it was claimed, the loss already counted.
    """

    row: W
    token: str
    using: str  # database alias

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the lease from a thread while the block runs.

        Ends by itself after ``OUTBOX_MAX_KEPT_ALIVE_SECONDS``: work that hangs
        for so long is taken for dead.
        """
        stop = threading.Event()
        heartbeat = threading.Thread(
            target=self._renew_until,
            args=(stop,),
            name=f"lease-{self.row._meta.label_lower}-{self.row.pk}",
            daemon=True,
        )
        heartbeat.start()
        try:
            yield
        finally:
            stop.set()
            # At most one statement is under way. One that hangs must not hold
            # up finished work; the token makes a late renewal harmless.
            heartbeat.join(timeout=conf.heartbeat_seconds())

    def renew(self) -> bool:
        """Hold the row for another ``OUTBOX_LEASE_SECONDS``, if it is still ours."""
        return self._update(lease_until=_now_and(conf.lease_seconds()))

    def finish(self, **fields: Any) -> bool:
        """Settle the row with these fields. Return whether it was still ours."""
        return self._update(
            **_FREE,
            losses=F("losses") - 1,
            settled_at=Now(),
            **fields,
        )

    def release(self, *, not_before: timedelta) -> bool:
        """Give the row back, due again after that time: not its own fault."""
        return self._update(
            **_FREE,
            losses=F("losses") - 1,
            # Bounded: a smallint, and the backoff has long stopped growing.
            releases=Least(F("releases") + 1, Value(1000)),
            not_before=_now_and(not_before.total_seconds()),
            rung_at=None,
        )

    def crashed(self) -> bool:
        """Count a crash: retry after 2 s, then 10 s; the third quarantines.

        For work whose child process was killed, hung or left without an
        answer. Return whether the row was still ours.
        """
        crashes = self.row.crashes + 1
        counted: dict[str, Any] = {"losses": F("losses") - 1, "crashes": crashes}
        if crashes < conf.max_crashes():
            waits = conf.crash_retry_seconds()
            wait = waits[min(crashes, len(waits)) - 1]
            return self._update(
                **_FREE, **counted, not_before=_now_and(wait), rung_at=None
            )
        with transaction.atomic(using=self.using):
            held = self._update(**counted, **_quarantined(type(self.row)))
            if held:
                work_quarantined.send(sender=type(self.row), pk=self.row.pk)
        if held:
            logger.warning(
                "%s %s is quarantined after %s crashes",
                self.row._meta.label,
                self.row.pk,
                crashes,
            )
        return held

    def _update(self, **fields: Any) -> bool:
        # The token alone would do, as it is emptied whenever the row is freed;
        # the states are there for a row that a person changed by hand.
        mine = rows(type(self.row), self.using).open()
        return mine.filter(pk=self.row.pk, lease_token=self.token).update(**fields) == 1

    def _renew_until(self, stop: threading.Event) -> None:
        end = time.monotonic() + conf.max_kept_alive_seconds()
        try:
            while not stop.wait(conf.heartbeat_seconds()):
                if time.monotonic() > end or not self._renew_quietly():
                    break
        finally:
            # This thread's own connection.
            connections[self.using].close()

    def _renew_quietly(self) -> bool:
        try:
            return self.renew()
        except AnyDatabaseError:
            # The next beat may get through before the lease is over.
            logger.warning(
                "Could not renew the lease of %s %s",
                self.row._meta.label,
                self.row.pk,
                exc_info=True,
            )
            connections[self.using].close()
            return True


def claim(model: type[W], pk: object) -> Lease[W] | None:
    """Take a due row and count a loss in advance, or return None.

    None if it is gone, settled, quarantined, due later or held by another
    worker. A row that was lost too often is quarantined instead of claimed.
    Call it outside a transaction: the claim must be seen at once.
    """
    using = router.db_for_write(model)
    token = secrets.token_hex(16)
    row = rows(model, using).filter(pk=pk)
    claimed = (
        row.due()
        .filter(losses__lt=conf.max_losses())
        .update(
            lease_until=_now_and(conf.lease_seconds()),
            lease_token=token,
            losses=F("losses") + 1,
        )
    )
    if not claimed:
        quarantine_lost(model, pk=pk)
        return None
    # Someone may have taken it again already, were we that slow.
    mine = row.filter(lease_token=token).first()
    return None if mine is None else Lease(row=mine, token=token, using=using)


def backoff(work: Lease[W] | W) -> timedelta:
    """Return how long to wait before the next try, growing with each release.

    Doubles from ``OUTBOX_BACKOFF_SECONDS`` up to ``OUTBOX_MAX_BACKOFF_SECONDS``,
    with a fifth of jitter either way: after an outage not all come at once.
    """
    row = work.row if isinstance(work, Lease) else work
    # 2**20 first waits are beyond any sensible maximum.
    wait = conf.backoff_seconds() * 2 ** min(row.releases, 20)
    bounded = min(wait, conf.max_backoff_seconds())
    return timedelta(seconds=bounded * random.uniform(0.8, 1.2))  # noqa: S311


def retry(model: type[W], pk: object, **fields: Any) -> bool:
    """Take a row out of quarantine, due now, with its counters at zero.

    ``fields`` undo what ``quarantine_fields`` did. Return whether it was in
    quarantine. The sweeper rings for it.
    """
    return (
        rows(model)
        .filter(pk=pk, settled_at=None)
        .quarantined()
        .update(
            **_FREE,
            quarantined_at=None,
            losses=0,
            crashes=0,
            releases=0,
            not_before=Now(),
            rung_at=None,
            **fields,
        )
        == 1
    )


def quarantine_lost(model: type[W], *, pk: object = None) -> int:
    """Quarantine rows whose last allowed lease is over. Return how many were.

    All of the model, at most ``OUTBOX_SWEEP_LIMIT``, or the one with that key.
    """
    lost = rows(model).open().unleased().filter(losses__gte=conf.max_losses())
    if pk is not None:
        lost = lost.filter(pk=pk)
    keys = list(lost.values_list("pk", flat=True)[: conf.sweep_limit()])
    quarantined = 0
    for key in keys:
        with transaction.atomic(using=lost.db):
            # Conditional again: another worker may have been faster.
            if not lost.filter(pk=key).update(**_quarantined(model)):
                continue
            work_quarantined.send(sender=model, pk=key)
        quarantined += 1
        logger.warning(
            "%s %s is quarantined after %s lost leases",
            model._meta.label,
            key,
            conf.max_losses(),
        )
    return quarantined


def _quarantined(model: type[Work]) -> dict[str, Any]:
    return {**_FREE, "quarantined_at": Now(), **model.quarantine_fields}


def _now_and(seconds: float) -> Any:
    # Any: django-stubs know no type for the sum of Now() and a timedelta.
    return Now() + timedelta(seconds=seconds)
