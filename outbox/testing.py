"""For tests of anybody's own kind of work.

:class:`WorkContract` is the suite that every subclass of :class:`outbox.models.Work`
passes; the functions put a row where a test needs it, on the database's clock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from celery import current_app
from django.db.models.functions import Now

from . import conf, leases, services
from .models import Work
from .signals import work_quarantined

W = TypeVar("W", bound=Work)


def end_lease(work: W) -> W:
    """Let the lease of this row be over, as if its worker had been killed."""
    return _changed(work, lease_until=Now() - timedelta(hours=1))


def make_due(work: W) -> W:
    """Let this row be due now and unheard of, as if its wait were over."""
    return _changed(work, not_before=Now() - timedelta(seconds=1), rung_at=None)


def lose(work: W, *, times: int) -> W:
    """Claim this row so often and never come back."""
    for _ in range(times):
        assert leases.claim(type(work), work.pk) is not None, "it can't be claimed"
        end_lease(work)
    return reread(work)


def crash(work: W, *, times: int) -> W:
    """Claim this row so often and report a crash each time."""
    for _ in range(times):
        lease = leases.claim(type(work), make_due(work).pk)
        assert lease is not None, "it can't be claimed"
        assert lease.crashed()
    return reread(work)


def reread(work: W) -> W:
    """Return the row as it stands in the database now."""
    return leases.rows(type(work)).get(pk=work.pk)


def _changed(work: W, **fields: Any) -> W:
    leases.rows(type(work)).filter(pk=work.pk).update(**fields)
    return reread(work)


class WorkContract:
    """What must hold for a kind of work. Subclass it and say how to make a row.

    For pytest, with a database::

        @pytest.mark.django_db
        class TestParcel(WorkContract):
            def make_work(self):
                return Parcel.objects.create(...)
    """

    def make_work(self) -> Work:
        """Return a new row that is due."""
        raise NotImplementedError

    def test_its_task_exists(self) -> None:
        model = type(self.make_work())
        services.load_tasks(model)

        assert model.work_task in current_app.tasks

    def test_it_is_swept(self) -> None:
        assert type(self.make_work()) in services.work_models()

    def test_its_open_rows_are_indexed(self) -> None:
        meta = type(self.make_work())._meta

        assert any(
            index.fields == ["created_at"] and index.condition is not None
            for index in meta.indexes
        ), "add work_indexes() to Meta.indexes"

    def test_only_one_claim_holds(self) -> None:
        work = self.make_work()

        first = leases.claim(type(work), work.pk)
        second = leases.claim(type(work), work.pk)

        assert first is not None
        assert second is None

    def test_a_lost_lease_changes_nothing(self) -> None:
        work = self.make_work()
        lost = leases.claim(type(work), work.pk)
        end_lease(work)
        held = leases.claim(type(work), work.pk)
        assert lost is not None
        assert held is not None

        answers = [
            lost.finish(),
            lost.release(not_before=timedelta(0)),
            lost.crashed(),
        ]

        assert answers == [False, False, False]
        assert reread(work).lease_token == held.token

    def test_settled_work_is_not_claimed_again(self) -> None:
        work = self.make_work()
        lease = leases.claim(type(work), work.pk)
        assert lease is not None

        assert lease.finish()
        assert not lease.finish()
        assert leases.claim(type(work), work.pk) is None

    def test_crashes_quarantine_it_with_its_fields_and_its_signal(self) -> None:
        work = self.make_work()
        heard: list[object] = []

        def listen(sender: object, pk: object, **kwargs: Any) -> None:
            heard.append((sender, pk))

        work_quarantined.connect(listen)
        try:
            quarantined = crash(work, times=conf.max_crashes())
        finally:
            work_quarantined.disconnect(listen)

        assert quarantined.is_quarantined
        assert heard == [(type(work), work.pk)]
        for name, value in type(work).quarantine_fields.items():
            assert getattr(quarantined, name) == value

    def test_retry_takes_it_out_of_quarantine(self) -> None:
        work = crash(self.make_work(), times=conf.max_crashes())

        assert leases.retry(type(work), work.pk)
        assert not leases.retry(type(work), work.pk)

        assert leases.claim(type(work), work.pk) is not None
