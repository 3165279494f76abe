from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from celery import current_app
from django.core.management import call_command
from django.db.models import F
from django.db.models.functions import Now

from outbox import conf, leases, services
from outbox.models import FilePurge, OutgoingMail
from outbox.testing import crash, end_lease, lose, make_due, reread

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patience(settings):
    """Not the usual 4 s, which a test may take on a slow machine."""
    settings.OUTBOX_RERING_SECONDS = 3600


@pytest.fixture
def rings(monkeypatch):
    """The rings sent, instead of doing their work: (task, key, expires)."""
    sent = []
    for name in ("outbox.deliver_mail", "outbox.purge_files"):
        services.load_tasks(OutgoingMail)

        def apply_async(args, expires, queue, priority, name=name):
            sent.append((name, args[0], expires))

        monkeypatch.setattr(current_app.tasks[name], "apply_async", apply_async)
    return sent


def keys(rings):
    return [key for _name, key, _expires in rings]


def age(mail, **delta):
    OutgoingMail.objects.filter(pk=mail.pk).update(
        created_at=Now() - timedelta(**delta)
    )


def test_a_due_row_is_rung_for_and_marked(make_mail, rings):
    mail = make_mail()

    assert services.sweep() == 1

    assert keys(rings) == [mail.pk]
    assert reread(mail).rung_at is not None


def test_rung_rows_are_left_alone_for_a_while(make_mail, rings):
    make_mail()
    services.sweep()

    assert services.sweep() == 0

    OutgoingMail.objects.update(rung_at=F("rung_at") - timedelta(seconds=3605))
    assert services.sweep() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"settled_at": Now()},
        {"quarantined_at": Now()},
        {"not_before": Now() + timedelta(hours=1)},
        {"lease_until": Now() + timedelta(hours=1)},
        {"rung_at": Now() - timedelta(minutes=30)},
    ],
    ids=["settled", "quarantined", "later", "held", "just rung"],
)
def test_what_is_not_due_is_not_rung_for(make_mail, rings, fields):
    make_mail()
    OutgoingMail.objects.update(**fields)

    assert services.sweep() == 0
    assert rings == []


def test_a_lost_row_is_found_again(make_mail, rings):
    mail = lose(make_mail(), times=1)

    services.sweep()

    assert keys(rings) == [mail.pk]


def test_a_crashed_row_is_found_when_its_wait_is_over(make_mail, rings):
    mail = crash(make_mail(), times=1)

    services.sweep()
    assert rings == []

    services_after_wait = make_due(mail)
    services.sweep()
    assert keys(rings) == [services_after_wait.pk]


def test_rows_that_lost_too_many_leases_are_quarantined_on_the_way(make_mail, rings):
    mail = lose(make_mail(), times=10)

    assert services.sweep() == 0

    assert reread(mail).is_quarantined
    assert rings == []


def test_rings_expire_when_their_row_would_be_rung_for_again(make_mail, rings):
    make_mail()

    services.sweep()

    assert rings[0][2] == conf.rering_seconds() + conf.sweep_seconds()


def test_the_newest_go_first_with_a_share_for_the_oldest(make_mail, rings):
    mails = [make_mail() for _ in range(100)]
    for position, mail in enumerate(mails):
        age(mail, minutes=position)

    assert services.sweep() == 50

    newest = [mail.pk for mail in mails]
    assert keys(rings)[:6] == [*newest[:4], newest[-1], newest[4]]
    assert set(keys(rings)) == {*newest[:40], *newest[-10:]}


def test_repeated_sweeps_reach_every_row(make_mail, rings):
    mails = [make_mail() for _ in range(120)]

    counts = []
    for _ in range(4):
        counts.append(services.sweep())
        # Heard, and held.
        OutgoingMail.objects.filter(pk__in=keys(rings)).update(
            lease_until=Now() + timedelta(seconds=30)
        )

    assert counts == [50, 50, 20, 0]
    assert sorted(keys(rings)) == sorted(mail.pk for mail in mails)


def test_workers_that_do_not_keep_up_are_rung_for_less(make_mail, rings):
    for _ in range(200):
        make_mail()

    # Nobody takes any; some are sent all the same, as those before may be lost.
    assert [services.sweep() for _ in range(3)] == [50, 10, 10]

    OutgoingMail.objects.filter(pk__in=keys(rings)[:45]).update(settled_at=Now())
    assert services.sweep() == 25  # of 70 rings 25 are not answered yet


def test_ten_thousand_rows_drain_after_an_outage_and_no_new_one_waits(make_mail, rings):
    outage = 10_000
    FilePurge.objects.bulk_create(
        FilePurge(storage="public", names=[], created_at=Now() - timedelta(hours=1))
        for _ in range(outage)
    )
    backlog = set(FilePurge.objects.values_list("pk", flat=True))
    oldest = sorted(backlog)[:20]
    waited = []

    # A worker that keeps up with the sweeps; each tick somebody new comes.
    for tick in range(30):
        new = FilePurge.objects.create(storage="public", names=[])
        rings.clear()
        assert services.sweep() == conf.sweep_limit()
        waited.append(new.pk in keys(rings))
        FilePurge.objects.filter(pk__in=keys(rings)).update(settled_at=Now())
        if tick == 1:
            done = FilePurge.objects.filter(pk__in=oldest, settled_at=None)
            # Each fifth ring is for the oldest one left: 20 in two sweeps.
            assert not done.exists()

    assert all(waited)
    left = FilePurge.objects.filter(settled_at=None).count()
    assert left == outage + 30 - 30 * conf.sweep_limit()


def test_each_kind_of_work_gets_its_turn(make_mail, rings):
    for _ in range(80):
        make_mail()
    for _ in range(10):
        FilePurge.objects.create(storage="default", names=[])

    services.sweep()

    names = [name for name, _key, _expires in rings]
    assert names.count("outbox.purge_files") == 10
    assert names.count("outbox.deliver_mail") == 40


def test_a_broker_that_is_down_is_asked_once_a_sweep(make_mail, rings, monkeypatch):
    asked = []

    def refuse(args, **options):
        asked.append(args)
        raise ConnectionRefusedError

    monkeypatch.setattr(current_app.tasks["outbox.deliver_mail"], "apply_async", refuse)
    make_mail()
    make_mail()

    assert services.sweep() == 0
    assert len(asked) == 1


def test_ringing_after_commit_survives_a_broker_that_is_down(
    make_mail, monkeypatch, django_capture_on_commit_callbacks, caplog
):
    services.load_tasks(OutgoingMail)

    def refuse(args, **options):
        raise ConnectionRefusedError

    monkeypatch.setattr(current_app.tasks["outbox.deliver_mail"], "apply_async", refuse)

    with django_capture_on_commit_callbacks(execute=True):
        services.ring_on_commit(make_mail())

    assert "ring_on_commit" in caplog.text


def test_ringing_after_commit_holds_the_sweeper_off(make_mail, rings):
    services.ring_on_commit(make_mail())

    assert services.sweep() == 0


def test_a_ring_after_commit_never_expires(
    make_mail, rings, django_capture_on_commit_callbacks
):
    mail = make_mail()

    with django_capture_on_commit_callbacks(execute=True):
        services.ring_on_commit(mail)

    assert rings == [("outbox.deliver_mail", mail.pk, None)]


@pytest.fixture
def options(monkeypatch):
    """The options of the rings sent for mails."""
    sent = []
    services.load_tasks(OutgoingMail)
    monkeypatch.setattr(
        current_app.tasks["outbox.deliver_mail"],
        "apply_async",
        lambda **options: sent.append(options),
    )
    return sent


def test_rings_and_sweeps_send_to_the_queue_of_their_kind_of_work(
    make_mail, options, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(OutgoingMail, "work_queue", "checks")

    with django_capture_on_commit_callbacks(execute=True):
        services.ring_on_commit(make_mail())
    make_mail()
    services.sweep()

    assert [each["queue"] for each in options] == ["checks", "checks"]


def test_new_work_is_rung_for_before_what_a_sweep_found(
    make_mail, options, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        services.ring_on_commit(make_mail())
    make_mail()
    services.sweep()

    assert [each["priority"] for each in options] == [0, 9]


def test_a_site_with_queues_of_its_own_is_rung_in_its_default_one(
    make_mail, options, monkeypatch, settings
):
    monkeypatch.setattr(OutgoingMail, "work_queue", "nowhere")
    settings.OUTBOX_RING_PRIORITIES = None
    make_mail()

    services.sweep()

    assert [sorted(each) for each in options] == [["args", "expires"]]


def test_the_command_sweeps(make_mail, rings):
    mail = make_mail()
    out = StringIO()

    call_command("sweep", stdout=out)

    assert out.getvalue() == "Rang for 1.\n"
    assert keys(rings) == [mail.pk]


def test_the_status_counts_what_waits(make_mail):
    waiting, later = make_mail(), make_mail()
    make_due(waiting)
    OutgoingMail.objects.filter(pk=waiting.pk).update(
        not_before=Now() - timedelta(minutes=3)
    )
    leases.claim(OutgoingMail, later.pk).release(not_before=timedelta(hours=1))
    crash(make_mail(), times=3)
    out = StringIO()

    call_command("outbox_status", stdout=out)

    said = re.search(
        r"shoppable_outbox\.OutgoingMail \(work\): 2 open, 1 due,"
        r" oldest (\d+) s, 1 in quarantine",
        out.getvalue(),
    )
    assert said, out.getvalue()
    assert 180 <= int(said[1]) < 3600
    assert (
        "shoppable_outbox.FilePurge (work): 0 open, 0 due, oldest 0 s, 0 in quarantine"
    ) in out.getvalue()


def test_long_settled_rows_are_forgotten(make_mail):
    kept, forgotten, waiting = make_mail(), make_mail(), make_mail()
    for mail in (kept, forgotten):
        leases.claim(OutgoingMail, mail.pk).finish()
    OutgoingMail.objects.filter(pk=forgotten.pk).update(
        settled_at=Now() - timedelta(days=31)
    )
    end_lease(waiting)

    assert services.forget_settled() == 1

    assert set(OutgoingMail.objects.all()) == {kept, waiting}
