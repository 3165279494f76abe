"""Work that survives crashes: one row per duty, the row is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .queues import WORK

W_co = TypeVar("W_co", bound="Work", covariant=True)


class WorkQuerySet(models.QuerySet[W_co]):
    """Rows of work. All times are the database's, so that hosts may disagree."""

    def open(self) -> Self:
        """Work that is neither settled nor quarantined."""
        return self.filter(settled_at=None, quarantined_at=None)

    def unleased(self) -> Self:
        """Work that nobody holds now."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))

    def due(self) -> Self:
        """Open work that somebody should do now and nobody does."""
        return self.open().unleased().filter(not_before__lte=Now())

    def quarantined(self) -> Self:
        """Work that only a person takes up again."""
        return self.filter(quarantined_at__isnull=False)


class Work(models.Model):
    """A duty that is done at least once, and takes effect exactly once.

    Subclasses name the Celery task that does it; the task takes the row's id
    and claims the row by :mod:`outbox.leases`, which is the only writer of
    these columns.
    """

    #: Name of the Celery task; it takes the primary key.
    work_task: ClassVar[str]
    #: Name of the queue that rings and sweeps send to, where the site declares it.
    work_queue: ClassVar[str] = WORK
    #: Written by the same UPDATE that quarantines.
    quarantine_fields: ClassVar[Mapping[str, Any]] = {}
    #: Whether a row means nothing any more once it has been settled for long;
    #: then it is deleted (``OUTBOX_KEEP_SETTLED_SECONDS``).
    is_forgotten: ClassVar[bool] = False
    #: Rows that are done when there is time: however long they wait, nothing is late.
    may_wait: ClassVar[Q] = Q(pk__in=())

    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Of 32 hex digits; a new one with each claim, empty when nobody holds it.
    lease_token = models.CharField(
        max_length=32, blank=True, default="", editable=False
    )
    not_before = models.DateTimeField(db_default=Now(), editable=False)
    rung_at = models.DateTimeField(null=True, blank=True, editable=False)
    losses = models.PositiveSmallIntegerField(default=0, editable=False)
    crashes = models.PositiveSmallIntegerField(default=0, editable=False)
    # How often in a row it was given back because the world was not ready.
    releases = models.PositiveSmallIntegerField(default=0, editable=False)
    quarantined_at = models.DateTimeField(null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    @property
    def is_quarantined(self) -> bool:
        return self.quarantined_at is not None


def work_indexes(prefix: str) -> list[models.Index]:
    """Return the indexes that a subclass of :class:`Work` needs.

    ``prefix`` is app and model (``"media_asset"``), at most 18 characters. Both
    indexes are partial: they hold the rows that wait, not those that are done.
    """
    return [
        models.Index(
            fields=["created_at"],
            name=f"{prefix}_open",
            condition=Q(settled_at=None, quarantined_at=None),
        ),
        models.Index(
            fields=["quarantined_at"],
            name=f"{prefix}_quarantined",
            condition=Q(quarantined_at__isnull=False),
        ),
    ]


class OutgoingMail(Work):
    """One mail to one address. Written with what it speaks of, sent after commit."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    work_task = "outbox.deliver_mail"
    is_forgotten = True

    key = models.CharField(
        max_length=200,
        unique=True,
        help_text=_("What the mail is for; a second one with the same key isn't sent."),
    )
    to = models.EmailField()
    subject = models.CharField(max_length=400)
    # Both are emptied once the mail is sent: it may carry secret links.
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING
    )
    # Why it failed: "refused", "malformed" or "gave_up".
    reason = models.CharField(max_length=20, blank=True, default="")
    # The mail server's last answer (RFC 5321), null if there was none.
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        indexes = [*work_indexes("outbox_mail")]

    def __str__(self) -> str:
        return self.key


class FilePurge(Work):
    """Files that must be gone from a storage; repeated until that is confirmed."""

    work_task = "outbox.purge_files"
    is_forgotten = True

    storage = models.CharField(
        max_length=100, help_text=_("Alias in the STORAGES setting.")
    )
    names = models.JSONField(default=list)

    class Meta:
        verbose_name = _("file purge")
        verbose_name_plural = _("file purges")
        indexes = [*work_indexes("outbox_purge")]

    def __str__(self) -> str:
        return f"{self.storage}: {len(self.names)}"
