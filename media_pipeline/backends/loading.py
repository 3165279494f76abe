"""Backends by dotted path and options."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from media_pipeline.registry import WrongConfiguration


def build_backend(path: str, options: Mapping[str, Any], *, method: str) -> Any:
    """Return the backend's class at this path, made with these options.

    ``method`` is what the step will call; a class without it is refused at once.
    Raises ``WrongConfiguration``. The result is Any because the path is a setting.
    """
    module_name, _, name = path.rpartition(".")
    try:
        backend_class = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise WrongConfiguration(f"No backend {path!r}: {error}") from error
    if not callable(getattr(backend_class, method, None)):
        raise WrongConfiguration(f"Backend {path!r} has no method {method!r}.")
    try:
        return backend_class(**options)
    except (TypeError, ValueError) as error:
        raise WrongConfiguration(f"Backend {path!r}: {error}") from error
