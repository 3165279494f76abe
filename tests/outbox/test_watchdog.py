"""A worker that hears nothing connects anew."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from celery import signals
from celery.worker import state

from outbox.watchdog import Watchdog


class Consumer:
    """As much of Celery's consumer as the watchdog asks of it."""

    def __init__(self, hub=True) -> None:
        self.calls = []
        self.every = []
        self.cancelled = 0
        self.hub = SimpleNamespace(call_soon=self.calls.append) if hub else None
        self.timer = self

    def call_repeatedly(self, every, function, arguments):
        self.every.append(every)
        return self

    def cancel(self):
        self.cancelled += 1


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: now.seconds)
    return now


@pytest.fixture
def consumer(clock, settings):
    settings.OUTBOX_DEAF_SECONDS = 30
    consumer = Consumer()
    consumer.dog = Watchdog(consumer)
    consumer.dog.start(consumer)
    yield consumer
    consumer.dog.stop(consumer)
    assert consumer.cancelled == 1


def test_an_idle_worker_that_hears_nothing_connects_anew(consumer, clock):
    clock.seconds += 31

    consumer.dog.look(consumer)

    [lose_connection] = consumer.calls
    with pytest.raises(ConnectionResetError):
        lose_connection()


def test_it_looks_often_and_connects_anew_once_for_each_silence(consumer, clock):
    for _ in range(12):
        clock.seconds += 5
        consumer.dog.look(consumer)

    assert consumer.every == [5]
    assert len(consumer.calls) == 1


def test_a_worker_that_hears_sweeps_is_left_alone(consumer, clock):
    for _ in range(30):
        clock.seconds += 2
        signals.task_received.send(sender=consumer, request=None)
        consumer.dog.look(consumer)

    assert consumer.calls == []


def test_a_busy_worker_is_left_alone(consumer, clock, monkeypatch):
    monkeypatch.setattr(state, "reserved_requests", {"a photo"})
    clock.seconds += 31

    consumer.dog.look(consumer)

    assert consumer.calls == []


def test_without_an_event_loop_there_is_nothing_to_be_cut_off_from():
    consumer = Consumer(hub=False)

    Watchdog(consumer).start(consumer)

    assert consumer.every == []
