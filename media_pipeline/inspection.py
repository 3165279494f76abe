"""The pipeline as a worker runs it: with what the database knows.

Steps see pixels alone. What they are to search in is read before they run, and what
they found of a picture is compared after.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import DatabaseError

from .duplicates import Evidence, compare
from .models import Asset
from .pipeline import Pipeline, build_pipeline
from .pipeline import worker_step_names as worker_step_names
from .pipeline_steps.duplicates import Duplicates
from .pipeline_steps.products import Products
from .pipeline_steps.prompts import Prompts
from .product_search import with_index
from .prompts import sought
from .registry import Step
from .results import Frame, PipelineResult, StepResult
from .similarity import Appearance, Embedder

logger = logging.getLogger(__name__)

MAX_MODEL = 120  # signs of an embedder's name; a column holds it


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Inspection:
    """What the steps found, and what is kept to know the picture again."""

    result: PipelineResult
    appearance: Appearance | None = None
    evidence: tuple[Evidence, ...] | None = None  # None: nobody looked


def inspect(asset: Asset, frame: Frame, *, sha256: str) -> Inspection:
    """Run the steps of this asset's profile over a frame. Reads the database."""
    pipeline = worker_pipeline(asset.profile, asked=asset.context_keys)
    result = pipeline.run(frame)
    step = next((s for s in pipeline.steps if isinstance(s, Duplicates)), None)
    seen = next((r for r in result.steps if r.step == Duplicates.name), None)
    if step is None or seen is None or not isinstance(seen.facts, Appearance):
        return Inspection(result=result)
    if not _can_be_compared(seen.facts, step.engine):
        logger.warning("Step %s gave vectors of another shape.", step.name)
        return Inspection(result=_without_an_answer(result, step.name))
    start = time.perf_counter()
    advice, evidence = compare(seen.facts, step, sha256=sha256, asset_id=asset.pk)
    spent = (time.perf_counter() - start) * 1000
    return Inspection(
        result=_with(result, advice, spent), appearance=seen.facts, evidence=evidence
    )


def worker_pipeline(profile: str, *, asked: Collection[str] = ()) -> Pipeline:
    """Return the profile's steps; photos are by default compared and searched too.

    ``asked`` are the keys of the products that the photo was sent for.
    """
    pipeline = build_pipeline(worker_step_names(profile))
    return dataclasses.replace(
        pipeline,
        steps=tuple(_informed(step, asked) for step in pipeline.steps),
    )


def _informed(step: Step, asked: Collection[str]) -> Step:
    """Return the step with what it searches in or looks for."""
    if isinstance(step, Products):
        try:
            return with_index(step, asked=asked)
        except DatabaseError:
            raise  # ours, which the whole run needs: the worker tries again
        except Exception:
            # A setting may name anyone's index. Without one the step says that it
            # is unavailable, and a person looks.
            logger.exception("The index of the catalogue can't be had.")
            return step
    if isinstance(step, Prompts) and step.engine is not None:
        return dataclasses.replace(step, sought=(*step.sought, *sought()))
    return step


def _can_be_compared(appearance: Appearance, engine: Embedder) -> bool:
    """Whether its vectors are what the engine promised: they are compared unseen."""
    vectors, kept = appearance.vectors, appearance.fingerprint.vector
    name = appearance.fingerprint.model
    return (
        isinstance(name, str)
        and 0 < len(name) <= MAX_MODEL
        and all(
            isinstance(each, np.ndarray)
            and each.dtype.kind == "f"
            and bool(np.isfinite(each).all())
            for each in (vectors, kept)
        )
        and vectors.ndim == 2
        and kept is not None
        and vectors.shape[1:] == kept.shape == (getattr(engine, "length", None),)
    )


def _without_an_answer(result: PipelineResult, name: str) -> PipelineResult:
    return dataclasses.replace(
        _with(result, StepResult.unavailable(name), 0.0),
        models={step: kept for step, kept in result.models.items() if step != name},
        editions={s: kept for s, kept in result.editions.items() if s != name},
    )


def _with(result: PipelineResult, advice: StepResult, spent: float) -> PipelineResult:
    """Return the result with what the comparison says in its step's place."""
    timings: dict[str, Any] = dict(result.timings_ms)
    timings[advice.step] = timings.get(advice.step, 0.0) + spent
    return dataclasses.replace(
        result,
        steps=tuple(advice if s.step == advice.step else s for s in result.steps),
        timings_ms=timings,
    )
