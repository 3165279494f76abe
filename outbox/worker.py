"""What a Celery worker does for the outbox beside its tasks."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from typing import Any

from celery.signals import beat_embedded_init, worker_ready, worker_shutting_down

from . import broker

logger = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _sweep_at_start(**kwargs: Any) -> None:
    # Sent, not called: the worker's main process keeps no database connection
    # that its pool processes would inherit.
    from .tasks import sweep

    try:
        sweep.apply_async()
    except Exception:
        # The broker's own error; the beat's first sweep is near.
        logger.warning("The broker took no sweep at start", exc_info=True)


def _die_with_worker(**kwargs: Any) -> None:
    """Have the kernel end this beat when its worker ends, however that was.

    A beat that outlived its worker would fill the queue beside the next one's.
    """
    if not sys.platform.startswith("linux"):
        return
    worker = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    if os.getppid() != worker:
        # It was gone before the kernel knew.
        os.kill(os.getpid(), signal.SIGKILL)


def _wait_no_longer(**kwargs: Any) -> None:
    broker.Transport.is_ending = True


worker_ready.connect(_sweep_at_start, dispatch_uid="shoppable_outbox_sweep_at_start")
worker_shutting_down.connect(
    _wait_no_longer, dispatch_uid="shoppable_outbox_wait_no_longer"
)
beat_embedded_init.connect(
    _die_with_worker, dispatch_uid="shoppable_outbox_die_with_worker"
)
