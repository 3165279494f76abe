"""Ringing, sweeping, and the duties every package shares: mails and purges."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from importlib import import_module
from itertools import chain, islice, zip_longest
from typing import Any

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import storages
from django.core.mail import EmailMultiAlternatives
from django.db import router, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from . import conf, leases
from .exceptions import PurgeUnconfirmed
from .leases import W
from .models import FilePurge, OutgoingMail, Work, WorkQuerySet

logger = logging.getLogger(__name__)

#: Of the rows that one sweep rings for, each fifth is the oldest one left: new
#: uploads go first after an outage, and yet nobody waits for ever.
OLDEST_SHARE = 5


def work_models() -> list[type[Work]]:
    """Return every installed kind of work."""
    return [model for model in apps.get_models() if issubclass(model, Work)]


# --- ringing -----------------------------------------------------------------


def ring_on_commit(work: Work, *, may_wait: bool = False) -> None:
    """Have a worker do this work once the current transaction has committed.

    A failing broker is only logged: the row is saved, the sweeper finds it. What may
    wait comes after the rest of its queue, with what sweeps find.
    """
    using = work._state.db or router.db_for_write(type(work))
    # The sweeper waits a moment from now on; it is for lost rings only.
    leases.rows(type(work), using).filter(pk=work.pk).update(rung_at=Now())

    def send() -> None:
        ring(type(work), work.pk, is_new=not may_wait)

    # Robust: a broker that is down must not fail the request.
    # Not a partial: Django logs a robust callback's failure by __qualname__.
    transaction.on_commit(send, using=using, robust=True)


def ring(
    model: type[Work], pk: object, *, expires: float | None = None, is_new: bool = False
) -> None:
    """Send the model's task for one row; raises what the broker raises.

    ``expires``: seconds after which a worker throws the message away unread.
    ``is_new``: whether somebody has just made the row; what a sweep found comes later,
    with brokers that know priorities (``OUTBOX_RING_PRIORITIES``).
    """
    # Through the registry, not by send_task, so that eager tests run them.
    load_tasks(model)
    options: dict[str, Any] = {"args": [pk], "expires": expires}
    # A site that declares no queue of that name reads only its default one.
    if model.work_queue in current_app.amqp.queues:
        options["queue"] = model.work_queue
    priorities = conf.ring_priorities()
    if priorities is not None:
        options["priority"] = priorities[0 if is_new else 1]
    current_app.tasks[model.work_task].apply_async(**options)


def load_tasks(model: type[Work]) -> None:
    """Import the tasks of the model's app; a web process may not have done so."""
    if model.work_task not in current_app.tasks:
        import_module(f"{apps.get_app_config(model._meta.app_label).name}.tasks")


def sweep() -> int:
    """Ring for due rows that nobody heard of; return for how many.

    Rows without a live lease and not rung for ``OUTBOX_RERING_SECONDS``, newest
    first with a share for the oldest, at most ``OUTBOX_SWEEP_LIMIT`` over all
    kinds of work, each kind getting its turn; fewer while earlier rings wait to be
    heard. Rows that lost too many leases are quarantined on the way.
    """
    limit = conf.sweep_limit()
    unanswered = 0
    waiting: list[list[tuple[type[Work], object]]] = []
    for model in work_models():
        leases.quarantine_lost(model)
        unanswered += _just_rung(model).count()
        waiting.append([(model, pk) for pk in _unheard(model)])
    # Workers that don't keep up would be busy with throwing expired rings away. Some
    # are sent all the same: those before may be lost, or their queue be another.
    wanted = max(limit - unanswered, limit // OLDEST_SHARE, 1)
    turns = chain.from_iterable(zip_longest(*waiting))
    chosen = list(islice((turn for turn in turns if turn), wanted))
    for model in work_models():
        keys = [pk for kind, pk in chosen if kind is model]
        if keys:
            leases.rows(model).filter(pk__in=keys).update(rung_at=Now())
    return _ring_all(chosen)


def _ring_may_wait() -> Any:
    # Any: django-stubs know no type for the difference of Now() and a timedelta.
    return Now() - timedelta(seconds=conf.rering_seconds())


def _just_rung(model: type[W]) -> WorkQuerySet[W]:
    """Return the due rows whose last ring may still be heard."""
    return leases.rows(model).due().filter(rung_at__gte=_ring_may_wait())


def _unheard(model: type[Work]) -> list[object]:
    """Return the keys to ring for, in the order of their turns: two queries."""
    unheard = (
        leases.rows(model)
        .due()
        .filter(Q(rung_at=None) | Q(rung_at__lt=_ring_may_wait()))
    )
    limit = conf.sweep_limit()
    newest = list(
        unheard.order_by("-created_at", "-pk").values_list("pk", flat=True)[:limit]
    )
    if len(newest) < limit:
        return newest
    oldest = unheard.order_by("created_at", "pk").values_list("pk", flat=True)[:limit]
    return list(islice(_with_a_share(newest, list(oldest)), limit))


def _with_a_share(newest: list[object], oldest: list[object]) -> Iterator[object]:
    """Yield each key once: mostly the newest, each fifth from the oldest."""
    seen: set[object] = set()
    sources = (iter(newest), iter(oldest))
    turn = 0
    while True:
        turn += 1
        source = sources[1 if turn % OLDEST_SHARE == 0 else 0]
        key = next((key for key in source if key not in seen), None)
        if key is None:
            return
        seen.add(key)
        yield key


def _ring_all(chosen: Sequence[tuple[type[Work], object]]) -> int:
    # Thrown away when the row will have been rung for again: so the queue never
    # holds more than some sweeps' worth, and a new upload waits no longer.
    expires = conf.rering_seconds() + conf.sweep_seconds()
    for rung, (model, pk) in enumerate(chosen):
        try:
            ring(model, pk, expires=expires)
        except Exception:
            # Whatever the broker raises: they are due again in a moment, and
            # one that is down need not be asked for each of them.
            logger.warning("The broker took no ring", exc_info=True)
            return rung
    return len(chosen)


# --- mails -------------------------------------------------------------------


def send_mail_later(
    *, key: str, to: str, subject: str, text: str, html: str = ""
) -> OutgoingMail:
    """Write a mail in the caller's transaction; a worker sends it after commit.

    A second call with the same key changes nothing and returns the first mail.
    """
    mail, is_new = OutgoingMail.objects.get_or_create(
        key=key,
        defaults={
            "to": to,
            # A header is one line, whatever a product's name holds.
            "subject": " ".join(subject.split())[:400],
            "text": text,
            "html": html,
        },
    )
    if is_new:
        ring_on_commit(mail)
    return mail


def deliver_mail(mail_id: int) -> bool:
    """Hand a due mail to the mail server. Return whether this call settled it.

    A refusal for good (5xx to the recipient or the message) settles it as
    failed with the server's code; all else is tried again, for three days.
    A worker killed between the server's answer and ours sends it twice, with
    the same Message-ID.
    """
    lease = leases.claim(OutgoingMail, mail_id)
    if lease is None:
        return False
    mail = lease.row
    message = _message(mail)
    try:
        # Apart from sending, where a ValueError may be the server's nonsense.
        message.message()
    except ValueError:
        return _mail_failed(lease, "malformed", None)
    try:
        with lease.kept_alive():
            message.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        code = max((code for code, _text in refusal.recipients.values()), default=0)
        return _mail_refused(lease, code)
    except smtplib.SMTPDataError as refusal:
        return _mail_refused(lease, refusal.smtp_code)
    except smtplib.SMTPResponseException as refusal:
        # To our greeting, login or sender: a setting of ours, not the mail.
        return _try_mail_again(lease, refusal.smtp_code)
    except Exception as error:
        # Connection, time-out, or whatever a site's own mail backend raises.
        # Even out of memory: the next try may have more.
        logger.warning("Mail %s was not sent: %s", mail.pk, type(error).__name__)
        return _try_mail_again(lease, None)
    return lease.finish(state=OutgoingMail.State.SENT, text="", html="", smtp_code=250)


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    stamp = f"{mail.created_at:%Y%m%d%H%M%S%f}"
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[mail.to],
        # The same at each try and on each host, so that a repeat can be told.
        headers={"Message-ID": f"<{stamp}.{mail.pk}@{domain or 'localhost'}>"},
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _mail_refused(lease: leases.Lease[OutgoingMail], code: int) -> bool:
    if 500 <= code <= 599:
        return _mail_failed(lease, "refused", code)
    return _try_mail_again(lease, code)


def _try_mail_again(lease: leases.Lease[OutgoingMail], code: int | None) -> bool:
    age = timezone.now() - lease.row.created_at
    if age.total_seconds() > conf.mail_give_up_seconds():
        return _mail_failed(lease, "gave_up", code)
    lease.release(not_before=leases.backoff(lease))
    return False


def _mail_failed(
    lease: leases.Lease[OutgoingMail], reason: str, code: int | None
) -> bool:
    logger.warning("Mail %s failed: %s, code %s", lease.row.pk, reason, code)
    return lease.finish(state=OutgoingMail.State.FAILED, reason=reason, smtp_code=code)


# --- purges ------------------------------------------------------------------


def purge_later(
    *, storage: str, names: Sequence[str], after: timedelta | None = None
) -> FilePurge:
    """Write, in the caller's transaction, that these files must go.

    They are deleted right after the commit, or ``after`` that time; what fails then,
    the outbox repeats until the storage confirms it. ``storage`` is an alias in
    ``STORAGES``.
    """
    storages[storage]  # a wrong alias fails the caller, not the worker
    using = router.db_for_write(FilePurge)
    purges = FilePurge.objects.using(using)
    names = list(dict.fromkeys(names))
    if after is not None:
        return purges.create(storage=storage, names=names, not_before=Now() + after)
    purge = purges.create(storage=storage, names=names)

    def run() -> None:
        run_purge(purge.pk)

    transaction.on_commit(run, using=using, robust=True)
    return purge


def purge_unless_kept(
    *, storage: str, names: Sequence[str], after: timedelta
) -> FilePurge:
    """Write, at once, that these files must go after that time, unless kept.

    For files that are about to be written: whoever writes them calls
    :func:`keep_files` in the transaction that names them. A process killed in
    between leaves files that nobody names, but none that nobody deletes. Not
    inside a transaction: the row must stand before the first file does.
    """
    storages[storage]
    using = router.db_for_write(FilePurge)
    with transaction.atomic(using=using, durable=True):
        return FilePurge.objects.using(using).create(
            storage=storage,
            names=list(dict.fromkeys(names)),
            not_before=Now() + after,
        )


def keep_files(purge_id: int) -> bool:
    """Take back a purge, in the transaction that names its files.

    Return whether the files are still there: not if the purge was ever begun.
    """
    untouched = (
        leases.rows(FilePurge)
        .open()
        .filter(pk=purge_id, lease_token="", losses=0, crashes=0, releases=0)
    )
    return untouched.delete()[0] > 0


def purge_now(purge_id: int) -> None:
    """Have a purge done once the current transaction has committed.

    Anew, if it is done or somebody is just at it: for files that may have been written
    after that. Nothing happens to files that were kept.
    """
    rows = leases.rows(FilePurge)
    with transaction.atomic(using=rows.db):
        waiting = rows.open().unleased().filter(pk=purge_id)
        if not waiting.update(not_before=Now()):
            begun = rows.filter(pk=purge_id).first()
            if begun is not None:
                purge_later(storage=begun.storage, names=begun.names)
            return

    def run() -> None:
        run_purge(purge_id)

    transaction.on_commit(run, using=rows.db, robust=True)


def run_purge(purge_id: int) -> bool:
    """Delete a due purge's files. Return whether this call settled it."""
    lease = leases.claim(FilePurge, purge_id)
    if lease is None:
        return False
    purge = lease.row
    storage = storages[purge.storage]
    try:
        with lease.kept_alive():
            for name in purge.names:
                storage.delete(name)
                if storage.exists(name):
                    raise PurgeUnconfirmed(purge.pk)
    except SuspiciousOperation:
        # No repetition helps a name that the storage won't touch: ends in
        # quarantine, where a person sees it.
        logger.exception("Purge %s names a file outside its storage", purge.pk)
        lease.crashed()
        return False
    except Exception as error:
        # Storages raise what their client raises.
        logger.warning("Purge %s waits: %s", purge.pk, type(error).__name__)
        lease.release(not_before=leases.backoff(lease))
        return False
    return lease.finish()


# --- looking after it ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Backlog:
    """How one kind of work stands."""

    label: str
    queue: str
    open: int
    due: int
    oldest_due_seconds: float  # 0 if nothing is due that may not wait
    quarantined: int


def backlog() -> list[Backlog]:
    """Return how each kind of work stands: four queries for each.

    An oldest due row of more than two minutes means that no worker runs; rows that
    may wait (``Work.may_wait``) are not asked.
    """
    return [_backlog(model) for model in work_models()]


def _backlog(model: type[Work]) -> Backlog:
    rows = leases.rows(model)
    oldest = (
        rows.due()
        .exclude(model.may_wait)
        .order_by("not_before")
        .annotate(_now=Now())
        .values_list("not_before", "_now")
        .first()
    )
    return Backlog(
        label=model._meta.label,
        queue=model.work_queue,
        open=rows.open().count(),
        due=rows.due().count(),
        oldest_due_seconds=(oldest[1] - oldest[0]).total_seconds() if oldest else 0.0,
        quarantined=rows.quarantined().count(),
    )


# --- tidying -----------------------------------------------------------------


def forget_settled() -> int:
    """Delete work settled long ago; return how many rows went.

    "Long" is ``OUTBOX_KEEP_SETTLED_SECONDS``. Only of models that say so
    (``Work.is_forgotten``): an asset, say, is more than its duty.
    """
    before = Now() - timedelta(seconds=conf.keep_settled_seconds())
    gone = 0
    for model in work_models():
        if model.is_forgotten:
            gone += leases.rows(model).filter(settled_at__lt=before).delete()[0]
    return gone
