"""A worker that hears nothing any more connects anew, and one without a beat starts it.

When its broker dies, a Celery worker may go on with a connection on which nothing
ever arrives: it answers nothing, and a supervisor sees nothing wrong (celery#9054,
celery#10205; here a Redis that was killed while a message was being acknowledged).
The sweep rings every two seconds, so a worker that is idle and hears nothing for half
a minute is deaf, or one of so many that connecting anew costs nobody anything.

A beat embedded in a worker (``-B``) is a process of its own. Celery starts a killed pool
process again, but not the beat: nothing would ever be swept again, and nobody see it.

Without an event loop, as on the filesystem broker, the pool's processes take turns at
one queue by a lock. One that is killed while it waits for work takes the lock with it,
and its successors wait for ever (billiard's ``SimpleQueue.get_payload``).

The site adds it: ``app.steps["consumer"].add(Watchdog)``.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import bootsteps, signals
from celery.worker import state

from . import conf

logger = logging.getLogger(__name__)


class Watchdog(bootsteps.StartStopStep):
    """Lives in the worker's main process, in its event loop."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        # Any: Celery's own classes are untyped.
        self._heard_at = time.monotonic()
        self._timers: list[Any] = []
        super().__init__(parent, **options)

    def start(self, parent: Any) -> None:
        repeat = parent.timer.call_repeatedly
        every = conf.sweep_seconds()
        self._timers = [repeat(every, revive_beat, (parent.controller,))]
        if parent.hub is None:
            # The filesystem broker: nothing to be cut off from.
            self._timers.append(repeat(every, free_queue, (parent.pool,)))
            return
        self._heard_at = time.monotonic()
        signals.task_received.connect(self._hear)
        self._timers.append(repeat(conf.deaf_seconds() / 6, self.look, (parent,)))

    def stop(self, parent: Any) -> None:
        signals.task_received.disconnect(self._hear)
        while self._timers:
            self._timers.pop().cancel()

    def look(self, parent: Any) -> None:
        """Have the consumer connect anew if it is idle and has long heard nothing."""
        if state.reserved_requests:
            self._heard_at = time.monotonic()
        elif time.monotonic() - self._heard_at > conf.deaf_seconds():
            self._heard_at = time.monotonic()
            # Not raised here: a timer's error is only logged.
            parent.hub.call_soon(_lose_connection)

    def _hear(self, **_: Any) -> None:
        self._heard_at = time.monotonic()


def revive_beat(worker: Any) -> None:
    """Start another beat in place of one that was killed, if this worker had one."""
    killed = worker.beat
    if killed is None or killed.is_alive() or worker.blueprint.state != bootsteps.RUN:
        return
    logger.warning("The beat has ended, starting another one")
    for step in worker.steps:
        # The step that will stop it with the worker.
        if getattr(step, "obj", None) is killed:
            step.obj = step.create(worker)
            step.obj.start()


#: Longest wait for the queue's lock, which a living process holds for microseconds
#: while there is something to read. Seconds.
_LOCK_SECONDS = 2.0


def free_queue(pool: Any) -> None:
    """Take the lock of a pool's queue away from a process that died with it."""
    queue = getattr(getattr(pool, "_pool", None), "_inqueue", None)
    lock = getattr(queue, "_rlock", None)
    if queue is None or lock is None or not queue._reader.poll(0):
        return  # another kind of pool, or nothing lies there unread
    if not lock.acquire(True, _LOCK_SECONDS):
        if not queue._reader.poll(0):
            return
        logger.warning("A process has died with the queue's lock, freeing it")
    lock.release()


def _lose_connection() -> None:
    logger.warning("Nothing heard for long, connecting to the broker anew")
    raise ConnectionResetError("Nothing heard for long")
