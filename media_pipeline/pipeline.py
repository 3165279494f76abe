"""The configured steps over one frame."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import conf
from .editions import edition_of, models_of
from .exceptions import BackendUnavailable
from .registry import Step, discover
from .results import Frame, PipelineResult, StepResult
from .step_answers import checked

logger = logging.getLogger(__name__)

DEFAULT_STEPS = (
    "hashes",
    "resolution",
    "provenance",
    "quality",
    "colours",
    "moderation",
    "tags",
    "clothing",
    "faces",
    "codes",
    "text",
)
"""Cheap ones first: what a photo has when time runs out is then the most."""

OWN_NETWORKS = ("own_labels", "objects", "prompts")
"""Steps by networks of the shop's own: options that name their files switch them on."""


def default_step_names() -> tuple[str, ...]:
    """Return the steps of a photo where nobody names others: command and worker alike.

    Those that the configuration switches on come after ``DEFAULT_STEPS``.
    """
    options = conf.step_options()
    return (
        *DEFAULT_STEPS,
        *(name for name in OWN_NETWORKS if options.get(name)),
        *(("categories",) if conf.category_head() else ()),
    )


def worker_step_names(profile: str = "photo") -> tuple[str, ...]:
    """Return the names of the steps that a worker runs over this profile's pictures.

    Beside the defaults it compares photos with each other and, where a catalogue is
    set, searches them for products. Asks no database.
    """
    chosen = conf.steps(profile)
    if chosen is not None:
        return tuple(chosen)
    products = ("products",) if conf.catalogue() else ()
    return (*default_step_names(), *products, "duplicates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Runs its steps in order. A step that fails never fails the picture."""

    steps: tuple[Step, ...]
    step_seconds: float = field(default_factory=conf.step_seconds)
    run_seconds: float = field(default_factory=conf.run_seconds)

    def run(self, frame: Frame) -> PipelineResult:
        """Ask every step once; a failed or slow one leaves a call for review."""
        results: list[StepResult] = []
        timings: dict[str, float] = {}
        models: dict[str, tuple[str, ...]] = {}
        editions: dict[str, str] = {}
        deadline = time.monotonic() + self.run_seconds
        with _Helper() as helper:
            for step in self.steps:
                start = time.perf_counter()
                patience = min(self.step_seconds, deadline - time.monotonic())
                answer = _answer_of(step, frame, helper, patience)
                results.append(answer.result)
                timings[step.name] = (time.perf_counter() - start) * 1000
                if answer.edition:
                    editions[step.name] = answer.edition
                if answer.models:
                    models[step.name] = answer.models
        return PipelineResult(
            steps=tuple(results), timings_ms=timings, models=models, editions=editions
        )

    @property
    def editions(self) -> dict[str, str]:
        """What an answer of each step would come from now; see ``editions``."""
        return {step.name: edition_of(step) for step in self.steps}


def build_pipeline(
    steps: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
    profile: str = "photo",
    *,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Pipeline:
    """Return the pipeline with these steps, by default those of the profile.

    ``steps`` are names in order, or a mapping from names to options, as
    ``MEDIA_PIPELINE_STEPS`` may be. ``options`` by step name come on top of the
    settings'. Raises ``WrongConfiguration`` for unknown names and options.
    """
    # As the setting stands, not conf.steps(): a mapping brings its options along.
    configured = conf.setting("STEPS", None)
    chosen: Any = steps
    if chosen is None:
        chosen = configured if profile == "photo" else conf.steps(profile)
    if chosen is None:
        chosen = default_step_names()
    known = discover()
    all_options: dict[str, dict[str, Any]] = {}
    for source in (conf.step_options(), configured, steps, options):
        if isinstance(source, Mapping):
            for name, values in source.items():
                all_options.setdefault(name, {}).update(values)
    return Pipeline(
        steps=tuple(known.build(name, all_options.get(name)) for name in chosen)
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    result: StepResult
    models: tuple[str, ...] = ()
    edition: str = ""  # empty: it gave no answer


def _answer_of(step: Step, frame: Frame, helper: _Helper, patience: float) -> _Answer:
    def ask() -> _Answer:
        # All that is anyone's code, under one guard.
        result = checked(step.name, step.inspect(frame))
        # What the answer names knows more: a service's version, say.
        named = () if result.said is None else result.said.models
        return _Answer(result, named or models_of(step), edition_of(step))

    try:
        return helper.call(ask, patience)
    except BackendUnavailable as error:
        logger.warning("Step %s is unavailable: %s", step.name, error)
    except TimeoutError:
        logger.warning("Step %s gave no answer within %.1f s.", step.name, patience)
    except Exception:
        # Anyone's step may fail on anything; the photo then waits for a person.
        logger.exception("Step %s failed.", step.name)
    return _Answer(StepResult.unavailable(step.name))


class _Helper:
    """A thread that runs one call after another, left behind when it hangs.

    A hanging call can't be ended in Python; its thread is a daemon and ends with
    its call. Whoever waits goes on with a new thread.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call | None] | None = None

    def __enter__(self) -> _Helper:
        return self

    def __exit__(self, *_: object) -> None:
        if self._calls is not None:
            self._calls.put(None)

    def call(self, function: Callable[[], _Answer], seconds: float) -> _Answer:
        """Return the function's result; ``TimeoutError`` if it takes longer."""
        if seconds <= 0:
            raise TimeoutError
        if self._calls is None:
            self._calls = queue.SimpleQueue()
            threading.Thread(
                target=_work, args=(self._calls,), name="pipeline-steps", daemon=True
            ).start()
        call = _Call(function)
        self._calls.put(call)
        if not call.done.wait(seconds):
            self._calls.put(None)  # ends should the call ever return
            self._calls = None
            raise TimeoutError
        if call.error is not None:
            raise call.error
        assert call.result is not None  # noqa: S101 - set together with done
        return call.result


class _Call:
    def __init__(self, function: Callable[[], _Answer]) -> None:
        self.function = function
        self.done = threading.Event()
        self.result: _Answer | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.result = self.function()
        except Exception as error:
            self.error = error
        except BaseException as error:
            # A step that wants the whole process to exit has only failed.
            self.error = RuntimeError(f"It raised {type(error).__name__}.")
            self.error.__cause__ = error
        finally:
            self.done.set()


def _work(calls: queue.SimpleQueue[_Call | None]) -> None:
    while (call := calls.get()) is not None:
        call.run()
