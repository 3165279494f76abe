from __future__ import annotations

import sys
import threading
import weakref
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.utils import OperationalError

from outbox import conf, leases
from outbox.models import FilePurge, OutgoingMail
from outbox.signals import work_quarantined
from outbox.testing import WorkContract, crash, end_lease, lose, make_due, reread
from tests.servers import wait_until

pytestmark = pytest.mark.django_db


class TestOutgoingMail(WorkContract):
    def make_work(self):
        return OutgoingMail.objects.create(
            key="contract", to="a@example.org", subject="s", text="t"
        )


class TestFilePurge(WorkContract):
    def make_work(self):
        return FilePurge.objects.create(storage="default", names=["a"])


def seconds_left(row):
    """How long the row's lease lasts from now, by the database's clock."""
    rows = type(row).objects.filter(pk=row.pk)
    left = rows.annotate(now=Now()).values_list("lease_until", "now").get()
    return (left[0] - left[1]).total_seconds()


def test_a_claim_counts_a_loss_in_advance(make_mail):
    mail = make_mail()

    lease = leases.claim(OutgoingMail, mail.pk)

    assert lease.row.losses == 1
    assert reread(mail).losses == 1
    assert reread(mail).lease_token == lease.token


def test_a_claim_holds_for_the_lease(make_mail):
    mail = make_mail()

    leases.claim(OutgoingMail, mail.pk)

    assert 10 < seconds_left(mail) <= 30


def test_a_claim_is_one_update_and_one_read(make_mail, django_assert_num_queries):
    mail = make_mail()

    with django_assert_num_queries(2):
        leases.claim(OutgoingMail, mail.pk)


@pytest.mark.parametrize(
    "fields",
    [
        {"settled_at": Now()},
        {"quarantined_at": Now()},
        {"not_before": Now() + timedelta(hours=1)},
        {"lease_until": Now() + timedelta(hours=1), "lease_token": "x"},
    ],
    ids=["settled", "quarantined", "not yet due", "held"],
)
def test_a_row_that_is_not_due_is_not_claimed(make_mail, fields):
    mail = make_mail()
    OutgoingMail.objects.filter(pk=mail.pk).update(**fields)

    assert leases.claim(OutgoingMail, mail.pk) is None
    assert reread(mail).losses == 0


def test_a_row_that_is_gone_is_not_claimed():
    assert leases.claim(OutgoingMail, 4711) is None


def test_an_expired_lease_is_claimed_by_the_next_worker(make_mail):
    mail = make_mail()
    first = leases.claim(OutgoingMail, mail.pk)
    end_lease(mail)

    second = leases.claim(OutgoingMail, mail.pk)

    assert second.token != first.token
    assert second.row.losses == 2


def test_a_row_claimed_anew_behind_the_read_is_not_taken_for_ours(
    make_mail, monkeypatch
):
    mail = make_mail()
    tokens = iter(["a" * 32, "b" * 32])
    monkeypatch.setattr(leases.secrets, "token_hex", lambda size: next(tokens))
    real_first = leases.WorkQuerySet.first

    def first_after_another_claim(queryset):
        # Between our UPDATE and our SELECT the lease ran out and someone took it.
        monkeypatch.setattr(leases.WorkQuerySet, "first", real_first)
        end_lease(mail)
        assert leases.claim(OutgoingMail, mail.pk) is not None
        return real_first(queryset)

    monkeypatch.setattr(leases.WorkQuerySet, "first", first_after_another_claim)

    assert leases.claim(OutgoingMail, mail.pk) is None
    assert reread(mail).lease_token == "b" * 32


def test_finish_settles_with_the_fields_and_takes_the_loss_back(make_mail):
    mail = make_mail()
    lease = leases.claim(OutgoingMail, mail.pk)

    assert lease.finish(state=OutgoingMail.State.SENT, text="")

    row = reread(mail)
    assert (row.state, row.text, row.losses) == ("sent", "", 0)
    assert row.settled_at is not None
    assert (row.lease_until, row.lease_token) == (None, "")


def test_finish_after_the_lease_ended_counts_if_nobody_else_claimed(make_mail):
    mail = make_mail()
    lease = leases.claim(OutgoingMail, mail.pk)
    end_lease(mail)

    assert lease.finish()


def test_finish_rolls_back_with_the_callers_transaction(make_mail):
    mail = make_mail()
    lease = leases.claim(OutgoingMail, mail.pk)

    with transaction.atomic():
        lease.finish()
        transaction.set_rollback(True)

    assert reread(mail).settled_at is None
    assert reread(mail).lease_token == lease.token


def test_release_takes_the_loss_back_and_waits(make_mail):
    mail = make_mail()
    lease = leases.claim(OutgoingMail, mail.pk)

    assert lease.release(not_before=timedelta(seconds=60))

    row = reread(mail)
    assert (row.losses, row.crashes, row.releases) == (0, 0, 1)
    assert row.lease_token == ""
    assert leases.claim(OutgoingMail, mail.pk) is None
    assert leases.claim(OutgoingMail, make_due(mail).pk) is not None


def test_releases_never_quarantine(make_mail):
    mail = make_mail()

    for _ in range(conf.max_losses() + 5):
        lease = leases.claim(OutgoingMail, make_due(mail).pk)
        lease.release(not_before=timedelta(0))

    assert not reread(mail).is_quarantined


def test_releases_are_counted_within_a_smallint(make_mail):
    mail = make_mail()
    OutgoingMail.objects.update(releases=1000)

    leases.claim(OutgoingMail, mail.pk).release(not_before=timedelta(0))

    assert reread(mail).releases == 1000


@pytest.mark.parametrize(("crashes", "wait"), [(1, 200), (2, 1000)])
def test_a_crash_is_retried_later_each_time(make_mail, settings, crashes, wait):
    assert conf.crash_retry_seconds() == (2, 10)
    settings.OUTBOX_CRASH_RETRY_SECONDS = (200, 1000)  # no test takes so long
    mail = crash(make_mail(), times=crashes)

    left = OutgoingMail.objects.annotate(left=F("not_before") - Now()).get().left

    assert wait / 2 < left.total_seconds() <= wait
    assert (mail.crashes, mail.losses) == (crashes, 0)
    assert not mail.is_quarantined


def test_three_crashes_quarantine(make_mail):
    mail = crash(make_mail(), times=3)

    assert mail.is_quarantined
    assert mail.lease_token == ""
    assert leases.claim(OutgoingMail, mail.pk) is None


def test_quarantine_writes_the_fields_of_its_kind(make_mail, monkeypatch):
    monkeypatch.setattr(OutgoingMail, "quarantine_fields", {"reason": "quarantined"})

    assert crash(make_mail(), times=3).reason == "quarantined"


def test_a_failing_receiver_undoes_the_quarantine(make_mail):
    mail = crash(make_mail(), times=2)
    lease = leases.claim(OutgoingMail, make_due(mail).pk)

    def fail(**kwargs):
        raise RuntimeError

    work_quarantined.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            lease.crashed()
    finally:
        work_quarantined.disconnect(fail)

    assert not reread(mail).is_quarantined


def test_nine_lost_leases_are_forgiven(make_mail):
    mail = lose(make_mail(), times=9)

    assert leases.claim(OutgoingMail, mail.pk).finish()


def test_ten_lost_leases_quarantine_at_the_next_claim(make_mail, monkeypatch):
    monkeypatch.setattr(OutgoingMail, "quarantine_fields", {"reason": "quarantined"})
    heard = []
    mail = lose(make_mail(), times=10)

    def listen(sender, pk, **kwargs):
        heard.append((sender, pk))

    work_quarantined.connect(listen)
    try:
        assert leases.claim(OutgoingMail, mail.pk) is None
        assert leases.claim(OutgoingMail, mail.pk) is None
    finally:
        work_quarantined.disconnect(listen)

    assert reread(mail).is_quarantined
    assert reread(mail).reason == "quarantined"
    assert heard == [(OutgoingMail, mail.pk)]


def test_the_tenth_lease_is_not_quarantined_while_it_is_held(make_mail):
    mail = lose(make_mail(), times=9)
    lease = leases.claim(OutgoingMail, mail.pk)

    assert leases.quarantine_lost(OutgoingMail) == 0
    assert lease.finish()


def test_a_worker_that_comes_back_after_the_quarantine_changes_nothing(make_mail):
    mail = lose(make_mail(), times=9)
    lease = leases.claim(OutgoingMail, mail.pk)
    end_lease(mail)
    leases.quarantine_lost(OutgoingMail)

    assert not lease.finish()
    assert reread(mail).is_quarantined


def test_retry_clears_the_counters_and_writes_the_callers_fields(make_mail):
    mail = crash(make_mail(), times=3)

    assert leases.retry(OutgoingMail, mail.pk, reason="again")

    row = reread(mail)
    assert (row.crashes, row.losses, row.releases) == (0, 0, 0)
    assert (row.quarantined_at, row.reason) == (None, "again")


def test_retry_leaves_alone_what_is_not_in_quarantine(make_mail):
    mail = make_mail()
    lease = leases.claim(OutgoingMail, mail.pk)

    assert not leases.retry(OutgoingMail, mail.pk)
    assert lease.finish()


def test_backoff_doubles_up_to_its_limit_with_a_fifth_of_jitter(make_mail):
    mail = make_mail()

    for releases, wait in [(0, 5), (1, 10), (4, 80), (20, 900), (1000, 900)]:
        mail.releases = releases
        waits = {leases.backoff(mail).total_seconds() for _ in range(20)}
        assert all(wait * 0.8 <= one <= wait * 1.2 for one in waits)
        assert len(waits) > 1


# --- the heartbeat: its thread has a connection of its own ---------------------


def renewals(monkeypatch, answers):
    """List the heartbeat's renewals, answering each with the next answer."""
    given = []

    def renew(lease):
        answer = answers[len(given)] if len(given) < len(answers) else True
        given.append(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(leases.Lease, "renew", renew)
    return given


def test_renewing_moves_the_end_of_the_lease(make_mail):
    lease = leases.claim(OutgoingMail, make_mail().pk)
    OutgoingMail.objects.update(lease_until=Now() + timedelta(seconds=1))

    assert lease.renew()

    assert seconds_left(lease.row) > 10


def test_a_lost_lease_is_not_renewed(make_mail):
    mail = make_mail()
    lost = leases.claim(OutgoingMail, mail.pk)
    end_lease(mail)
    leases.claim(OutgoingMail, mail.pk)

    assert not lost.renew()


def hearts() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("lease-")]


def test_the_heartbeat_renews_while_the_work_runs_and_then_stops(
    make_mail, settings, monkeypatch
):
    settings.OUTBOX_HEARTBEAT_SECONDS = 0.02
    renewed = renewals(monkeypatch, [])
    lease = leases.claim(OutgoingMail, make_mail().pk)

    with lease.kept_alive():
        wait_until(lambda: len(renewed) >= 3, within=60)

    wait_until(lambda: not hearts(), within=60)


def test_the_heartbeat_gives_hanging_work_up(make_mail, settings, monkeypatch):
    settings.OUTBOX_HEARTBEAT_SECONDS = 0.02
    settings.OUTBOX_MAX_KEPT_ALIVE_SECONDS = 0.1
    renewals(monkeypatch, [])
    lease = leases.claim(OutgoingMail, make_mail().pk)

    with lease.kept_alive():
        wait_until(lambda: not hearts(), within=60)


def test_the_heartbeat_survives_a_database_that_is_away(
    make_mail, settings, monkeypatch
):
    settings.OUTBOX_HEARTBEAT_SECONDS = 0.02
    answers = [OperationalError("away"), True, False, True]
    renewed = renewals(monkeypatch, answers)
    lease = leases.claim(OutgoingMail, make_mail().pk)

    with lease.kept_alive():
        wait_until(lambda: not hearts(), within=60)

    # The third answer said that the lease is lost.
    assert renewed == answers[:3]


def test_the_works_own_error_passes_through_the_heartbeat(make_mail):
    lease = leases.claim(OutgoingMail, make_mail().pk)

    with pytest.raises(ZeroDivisionError), lease.kept_alive():
        _ = 1 / 0


def test_a_worker_that_never_heard_its_soft_limit_cannot_settle_what_another_took(
    make_mail, monkeypatch
):
    mail = make_mail()
    deaf = leases.claim(OutgoingMail, mail.pk)
    lost: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda each: lost.append(each.exc_type))

    def at_the_limit(_reference):
        raise SoftTimeLimitExceeded

    # Python drops what is raised while a weak reference is told of its end, and so
    # what Celery's signal raises there.
    thing = set()
    reference = weakref.ref(thing, at_the_limit)
    del thing
    assert (reference(), lost) == (None, [SoftTimeLimitExceeded])

    end_lease(mail)
    other = leases.claim(OutgoingMail, mail.pk)

    assert not deaf.renew()
    assert not deaf.finish(state=OutgoingMail.State.SENT)
    assert reread(mail).state == OutgoingMail.State.WAITING
    assert other.finish(state=OutgoingMail.State.SENT)
    assert reread(mail).losses == 1
