"""A worker that hears nothing any more connects anew, and one without a beat starts it.

When its broker dies, a Celery worker may go on with a connection on which nothing
ever arrives: it answers nothing, and a supervisor sees nothing wrong (celery#9054,
celery#10205; here a Redis that was killed while a message was being acknowledged).
The sweep rings every two seconds, so a worker that is idle and hears nothing for half
a minute is deaf, or one of so many that connecting anew costs nobody anything.

A beat embedded in a worker (``-B``) is a process of its own. Celery starts a killed pool
process again, but not the beat: nothing would ever be swept again, and nobody see it.

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
            return  # the filesystem broker: nothing to be cut off from
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


def _lose_connection() -> None:
    logger.warning("Nothing heard for long, connecting to the broker anew")
    raise ConnectionResetError("Nothing heard for long")
