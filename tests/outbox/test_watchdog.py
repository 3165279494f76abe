"""A worker that hears nothing connects anew, and a killed beat is replaced."""

from __future__ import annotations

import time
from types import SimpleNamespace

import billiard
import pytest
from celery import bootsteps, signals
from celery.worker import state

from outbox import watchdog
from outbox.watchdog import Watchdog, free_queue, revive_beat


class Consumer:
    """As much of Celery's consumer as the watchdog asks of it."""

    def __init__(self, hub=True) -> None:
        self.calls = []
        self.every = []
        self.cancelled = 0
        self.hub = SimpleNamespace(call_soon=self.calls.append) if hub else None
        self.timer = self
        self.controller = SimpleNamespace(beat=None)
        self.pool = None

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
    assert consumer.cancelled == 2


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

    assert consumer.every == [2, 5]
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

    assert consumer.every == [2, 2]  # the beat is looked after, and the pool's queue


@pytest.fixture
def queue():
    queue = billiard.get_context("fork").SimpleQueue()
    yield queue
    queue._reader.close()
    queue._writer.close()


def pool_of(queue):
    return SimpleNamespace(_pool=SimpleNamespace(_inqueue=queue))


def test_a_lock_that_died_with_its_process_is_freed_once_something_waits(
    queue, monkeypatch
):
    monkeypatch.setattr(watchdog, "_LOCK_SECONDS", 0.01)
    queue._rlock.acquire()

    free_queue(pool_of(queue))
    assert not queue._rlock.acquire(False), "an idle process waits with the lock"

    queue.put("a job")
    free_queue(pool_of(queue))
    assert queue.get() == "a job"


def test_a_free_lock_stays_free_and_other_pools_are_left_alone(queue):
    queue.put("a job")

    free_queue(pool_of(queue))
    free_queue(None)
    free_queue(SimpleNamespace(_pool=SimpleNamespace(_inqueue=None)))

    assert queue.get() == "a job"


class Beat:
    def __init__(self, is_running):
        self.is_running = is_running

    def is_alive(self):
        return self.is_running

    def start(self):
        self.is_running = True


class Step:
    """As Celery's step of the embedded beat."""

    def __init__(self, beat):
        self.obj = beat

    def create(self, worker):
        worker.beat = Beat(is_running=False)
        return worker.beat


def worker_with(beat, state=bootsteps.RUN):
    return SimpleNamespace(
        beat=beat,
        blueprint=SimpleNamespace(state=state),
        steps=[SimpleNamespace(), Step(beat)],
    )


def test_a_killed_beat_is_replaced_by_one_that_ends_with_the_worker(caplog):
    killed = Beat(is_running=False)
    worker = worker_with(killed)

    revive_beat(worker)

    assert worker.beat is not killed
    assert worker.beat.is_alive()
    assert worker.steps[1].obj is worker.beat
    assert "beat has ended" in caplog.text


@pytest.mark.parametrize(
    "worker",
    [
        worker_with(None),
        worker_with(Beat(is_running=True)),
        worker_with(Beat(is_running=False), state=bootsteps.CLOSE),
    ],
    ids=["none", "alive", "worker ends"],
)
def test_no_other_beat_is_started(worker):
    beat = worker.beat

    revive_beat(worker)

    assert worker.beat is beat
