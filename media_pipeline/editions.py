"""By which models and options a step answers, to know when an answer is out of date."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .exceptions import BackendUnavailable
from .registry import Step

APART = {"is_apart": True}
"""Metadata of a step's field that differs from photo to photo: no option of it."""


def models_of(step: Step) -> tuple[str, ...]:
    """Return name, version and sum of each network the step asks; () without one.

    A backend says them by ``models``, by the ``files`` it reads or, as embedders do,
    by ``name``; one that says nothing counts by its class.
    """
    engine = getattr(step, "engine", None)
    if engine is None:
        return ()
    try:
        models = getattr(engine, "models", None)
        files = getattr(engine, "files", None)
    except BackendUnavailable:
        return ("unavailable",)
    if models is not None:
        return tuple(str(model) for model in models)
    if files is not None:
        return tuple(file.label for file in files)
    name = getattr(engine, "name", None)
    return (str(name),) if name else (_path_of(type(engine)),)


def edition_of(step: Step) -> str:
    """Return a short sum of the step's models and options; equal ones answer alike."""
    said = {
        "step": _path_of(type(step)),
        "models": models_of(step),
        "options": _options_of(step),
        "engine": _options_of(getattr(step, "engine", None)),
    }
    plain = json.dumps(said, sort_keys=True, default=_plain)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _options_of(value: Any) -> dict[str, Any]:
    if not dataclasses.is_dataclass(value):
        return {}
    return {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if field.init and not field.metadata.get("is_apart")
    }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _options_of(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return _path_of(type(value))  # what has no value of its own


def _path_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
