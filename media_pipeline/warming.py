"""Networks made ready when a worker's process starts, so that no photo waits for them.

Making the sessions and their first run take some 1.7 s of CPU. It happens in a thread
beside the process's work: starting a worker is not delayed, and a photo that comes
meanwhile waits for the session that is just being made instead of making its own.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from typing import Any

import numpy as np
from celery import current_app
from celery.signals import worker_process_init
from PIL import Image, ImageDraw

from . import conf
from .models import Asset
from .pipeline import Pipeline, build_pipeline, worker_step_names
from .pipeline_steps.products import Products
from .pipeline_steps.prompts import Prompts, Sought
from .registry import Step, WrongConfiguration
from .results import Frame
from .similarity import ProductIndex
from .text_checks import language_of

logger = logging.getLogger(__name__)

_SIZE = (640, 480)  # px; small, as only the networks' first run is wanted


def warm() -> bool:
    """Ask every step of a photo's run once; return whether all of them answered.

    Those that the configuration switches on are among them, services are not.

    Raises nothing: what is broken is logged here, and again with each photo.
    """
    try:
        result = _patient(build_pipeline(worker_step_names())).run(_frame())
        language_of("Words enough to tell from them which language they are in.")
    except WrongConfiguration as error:
        logger.warning("No networks are made ready: %s", error)
        return False
    except Exception:
        # Whatever it is, the process is to take photos all the same.
        logger.exception("The networks could not be made ready.")
        return False
    return all(step.has_answered for step in result.steps)


def warm_in_background(**_: Any) -> threading.Thread | None:
    """Start :func:`warm` in a process that will check photos; return its thread."""
    if not conf.warms_models() or not _checks_photos():
        return None
    thread = threading.Thread(target=warm, name="warm-models", daemon=True)
    thread.start()
    return thread


worker_process_init.connect(
    warm_in_background, weak=False, dispatch_uid="media_pipeline.warming"
)


def _checks_photos() -> bool:
    """Whether this worker takes checks: one for renditions alone needs no networks."""
    return Asset.work_queue in current_app.amqp.queues.consume_from


def _patient(pipeline: Pipeline) -> Pipeline:
    """Return it without its haste: loading on a busy machine takes what it takes.

    Without services, too: each question to one may cost money.
    """
    steps = tuple(
        _occupied(step)
        for step in pipeline.steps
        if not getattr(getattr(step, "engine", None), "is_remote", False)
    )
    return dataclasses.replace(
        pipeline, steps=steps, step_seconds=60.0, run_seconds=120.0
    )


def _occupied(step: Step) -> Step:
    """Return the step with something to search in or look for, or it asks nothing."""
    if isinstance(step, Products):
        nothing = np.zeros((1, step.engine.length), np.float32)
        index = ProductIndex(model=step.engine.name, keys=("",), vectors=nothing)
        return dataclasses.replace(step, index=index)
    if isinstance(step, Prompts):
        sentence = Sought(label="photo", text="a photo", shown_from=1.0)
        return dataclasses.replace(step, sought=(sentence,))
    return step


def _frame() -> Frame:
    """Return a drawn picture with some words, so that their reader runs as well."""
    picture = Image.new("RGB", _SIZE, (224, 216, 204))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((360, 120, 560, 400), fill=(120, 60, 40))
    draw.text((40, 60), "made ready", fill=(20, 20, 20), font_size=48)
    pixels = np.asarray(picture).copy()
    pixels.flags.writeable = False
    return Frame(pixels=pixels, size=_SIZE)
