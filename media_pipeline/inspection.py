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
from .similarity import Appearance

logger = logging.getLogger(__name__)


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
        return with_index(step, asked=asked)
    if isinstance(step, Prompts) and step.engine is not None:
        return dataclasses.replace(step, sought=(*step.sought, *sought()))
    return step


def _with(result: PipelineResult, advice: StepResult, spent: float) -> PipelineResult:
    """Return the result with what the comparison says in its step's place."""
    timings: dict[str, Any] = dict(result.timings_ms)
    timings[advice.step] = timings.get(advice.step, 0.0) + spent
    return dataclasses.replace(
        result,
        steps=tuple(advice if s.step == advice.step else s for s in result.steps),
        timings_ms=timings,
    )
