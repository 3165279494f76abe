"""Which steps there are, and how they are made from settings."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from .exceptions import MediaPipelineError
from .results import Frame, StepResult


class WrongConfiguration(MediaPipelineError, ValueError):
    """The settings name something that is not there; the message says what is.

    Not Django's ``ImproperlyConfigured``, because the command runs without Django;
    in a site the system check ``media_pipeline.E010`` finds it first.
    """


class Step(Protocol):
    """One question of one frame. No database; the network only via a backend.

    Its options are its fields. It never changes the frame, and may raise
    ``BackendUnavailable``: then the photo waits for a person.
    """

    name: ClassVar[str]

    def inspect(self, frame: Frame) -> StepResult: ...


StepClass = TypeVar("StepClass", bound=type[Step])


class StepRegistry:
    """Step classes by name; ``MEDIA_PIPELINE_STEPS`` says which of them run."""

    def __init__(self) -> None:
        self._classes: dict[str, type[Step]] = {}

    def register(self, step_class: StepClass) -> StepClass:
        known = self._classes.get(step_class.name)
        if known is not None and not _is_same(known, step_class):
            raise WrongConfiguration(f"Two steps are named {step_class.name!r}.")
        self._classes[step_class.name] = step_class
        return step_class

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._classes))

    def build(self, name: str, options: Mapping[str, Any] | None = None) -> Step:
        """Return the step with its options, or say which of them is wrong."""
        if name not in self._classes:
            known = ", ".join(self.names())
            raise WrongConfiguration(f"No step {name!r}. Known steps: {known}.")
        try:
            return self._classes[name](**(options or {}))
        except WrongConfiguration:
            raise
        except (TypeError, ValueError) as error:
            raise WrongConfiguration(f"Step {name!r}: {error}") from error


def _is_same(one: type[Step], other: type[Step]) -> bool:
    # ``dataclass(slots=True)`` makes a new class; a module may be loaded again.
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)


registry = StepRegistry()


def discover() -> StepRegistry:
    """Import the built-in steps and those of installed apps; return the registry.

    An app takes part by a module ``pipeline_steps``. Django is asked only where it
    is already running; the command does without.
    """
    importlib.import_module("media_pipeline.pipeline_steps")
    django_apps = sys.modules.get("django.apps")
    if django_apps is not None and django_apps.apps.apps_ready:
        for app in django_apps.apps.get_app_configs():
            module = f"{app.name}.pipeline_steps"
            if importlib.util.find_spec(module) is not None:
                importlib.import_module(module)
    return registry
