"""By which models and options a step answers, to know when an answer is out of date."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .exceptions import BackendUnavailable
from .registry import Step

logger = logging.getLogger(__name__)

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
        if models is not None:
            return tuple(str(model) for model in models)
        if files is not None:
            return tuple(file.label for file in files)
        name = getattr(engine, "name", None)
    except BackendUnavailable:
        return ("unavailable",)
    except Exception:
        # Anyone's engine; to say of which models it is must not cost its answer.
        logger.exception("The engine of step %s can't name its models.", step.name)
        return ("unavailable",)
    return (str(name),) if name else (_path_of(type(engine)),)


def edition_of(step: Step) -> str:
    """Return a short sum of what the step's answers rest on; equal ones answer alike.

    That is its class, its models and options, its engine's, and what either names by
    ``rests_on``: a mapping of what else decides, such as word lists of the settings
    or the version of a package with rules. What computes the same in each version but
    for rounding (NumPy, Pillow, onnxruntime) is not named: else each update of it
    would make every photo out of date.
    """
    engine = getattr(step, "engine", None)
    said = {
        "step": _path_of(type(step)),
        "models": models_of(step),
        "options": _options_of(step),
        "engine": _options_of(engine),
    }
    for name, value in (("rests_on", step), ("engine_rests_on", engine)):
        more = getattr(value, "rests_on", None)
        if more:
            said[name] = more
    plain = json.dumps(_plain(said), sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def installed(package: str) -> str:
    """Return a package's name with its version, as ``rests_on`` says it."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} missing"


def _options_of(value: Any) -> dict[str, Any]:
    if not dataclasses.is_dataclass(value):
        return {}
    return {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if field.init and not field.metadata.get("is_apart")
    }


def _plain(value: Any) -> Any:
    """Return what JSON has words for; other things are told apart by their class."""
    if value is None or isinstance(value, str | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(_options_of(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return _path_of(type(value))


def _path_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
