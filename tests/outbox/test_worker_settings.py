"""The relations that keep two workers off one row."""

from __future__ import annotations

import pytest
from celery import current_app
from django.core import checks
from django.test import override_settings

from config.settings import celery_settings
from outbox import conf
from outbox.checks import check_lease, check_sqlite, check_work_models
from outbox.exceptions import OutOfMemory
from outbox.models import OutgoingMail
from outbox.tasks import Doorbell


def test_a_lease_outlives_two_missed_heartbeats():
    assert conf.heartbeat_seconds() * 3 <= conf.lease_seconds()


def test_a_task_is_killed_before_anybody_else_may_take_its_row():
    longest_lease = conf.max_kept_alive_seconds() + conf.lease_seconds()

    assert conf.max_kept_alive_seconds() >= celery_settings.CELERY_TASK_TIME_LIMIT
    assert longest_lease > celery_settings.CELERY_TASK_TIME_LIMIT
    assert (
        celery_settings.CELERY_TASK_SOFT_TIME_LIMIT
        < celery_settings.CELERY_TASK_TIME_LIMIT
    )


def test_redis_delivers_nothing_twice_while_it_may_be_worked_on():
    options = celery_settings.REDIS_BROKER_TRANSPORT_OPTIONS

    assert options["visibility_timeout"] > (
        conf.max_kept_alive_seconds() + conf.lease_seconds()
    )


def test_sweeps_come_as_often_as_the_outbox_says_and_do_not_pile_up():
    sweep = celery_settings.CELERY_BEAT_SCHEDULE["sweep"]

    assert sweep["schedule"] == conf.sweep_seconds()
    assert sweep["options"]["expires"] == 2


def test_every_task_that_beat_rings_exists(settings):
    current_app.loader.import_default_modules()

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("accept_content", ["json"]),
        ("task_serializer", "json"),
        ("task_acks_late", False),
        ("task_reject_on_worker_lost", False),
        ("worker_prefetch_multiplier", 1),
        ("worker_enable_remote_control", False),
        ("beat_scheduler", "celery.beat:Scheduler"),
        ("task_time_limit", 60),
    ],
)
def test_the_site_runs_celery_as_the_outbox_needs_it(setting, value):
    assert getattr(current_app.conf, setting) == value


def test_sweeps_and_work_wait_in_queues_that_share_nothing():
    work, sweeps = current_app.conf.task_queues

    assert current_app.conf.task_default_queue == work.name
    assert current_app.conf.task_routes["outbox.sweep"] == {"queue": sweeps.name}
    assert {work.exchange.name, work.routing_key} == {work.name}
    assert {sweeps.exchange.name, sweeps.routing_key} == {sweeps.name}


def test_no_memory_error_leaves_a_task():
    @current_app.task(name="tests.greedy", shared=False)
    def greedy():
        raise MemoryError

    assert isinstance(greedy, Doorbell)
    with pytest.raises(OutOfMemory, match=r"tests\.greedy"):
        greedy()


# --- system checks -------------------------------------------------------------


def ids(messages: list[checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_the_defaults_pass_the_checks():
    assert check_lease(None) == []
    assert check_sqlite(None) == []
    assert check_work_models(None) == []


def test_work_without_a_task_is_an_error(monkeypatch):
    monkeypatch.setattr(OutgoingMail, "work_task", "")

    assert ids(check_work_models(None)) == ["outbox.E001"]


@override_settings(OUTBOX_HEARTBEAT_SECONDS=15)
def test_a_heartbeat_as_slow_as_half_the_lease_is_an_error():
    assert ids(check_lease(None)) == ["outbox.E002"]


@pytest.fixture
def with_workers():
    """As if tasks were not run at once."""
    current_app.conf.task_always_eager = False
    yield current_app.conf
    current_app.conf.task_always_eager = True


@pytest.mark.parametrize("limit", [None, 90])
def test_a_task_without_a_short_limit_is_warned_of(with_workers, limit):
    known = with_workers.task_time_limit
    with_workers.task_time_limit = limit
    try:
        assert ids(check_lease(None)) == ["outbox.W001"]
    finally:
        with_workers.task_time_limit = known


def test_sqlite_with_djangos_defaults_is_warned_of(with_workers, monkeypatch):
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("This is of SQLite only.")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})

    assert ids(check_sqlite(None)) == ["outbox.W002"]
