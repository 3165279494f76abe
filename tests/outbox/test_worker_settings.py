"""The relations that keep two workers off one row."""

from __future__ import annotations

import pytest
from celery import current_app
from django.core import checks
from django.test import override_settings
from kombu import Connection
from kombu.utils.imports import symbol_by_name

from config.settings import celery_settings
from outbox import conf
from outbox.checks import check_lease, check_sqlite, check_work_models
from outbox.exceptions import OutOfMemory
from outbox.models import OutgoingMail
from outbox.queues import MOST_URGENT_FIRST, SWEEPS, WORK, MostUrgentFirst
from outbox.services import work_models
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


@pytest.mark.parametrize(
    "declared",
    [
        celery_settings.CELERY_TASK_QUEUES,
        celery_settings.RABBITMQ_TASK_QUEUES,
    ],
    ids=["usual", "rabbitmq"],
)
def test_each_kind_of_work_waits_in_a_queue_that_shares_nothing(declared):
    assert [queue.name for queue in declared] == list(MOST_URGENT_FIRST)
    for queue in declared:
        assert {queue.exchange.name, queue.routing_key} == {queue.name}


def test_sweeps_have_their_queue_and_all_else_has_one_by_default():
    assert current_app.conf.task_routes["outbox.sweep"] == {"queue": SWEEPS}
    assert current_app.conf.task_default_queue == WORK
    assert {model.work_queue for model in work_models()} <= set(MOST_URGENT_FIRST)


def test_rabbitmq_knows_the_priorities_it_is_sent():
    new, found = celery_settings.RABBITMQ_RING_PRIORITIES

    assert new > found
    for queue in celery_settings.RABBITMQ_TASK_QUEUES:
        assert queue.max_priority == new


def test_redis_keeps_the_order_of_queues_and_the_priorities_apart():
    options = celery_settings.REDIS_BROKER_TRANSPORT_OPTIONS
    with Connection("redis://127.0.0.1:1", transport_options=options) as connection:
        channel_class = connection.transport.Channel
        assert channel_class.queue_order_strategy  # it still has that option

    assert symbol_by_name(options["queue_order_strategy"]) is MostUrgentFirst
    assert options["priority_steps"] == list(celery_settings.OUTBOX_RING_PRIORITIES)


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
