"""ONNX sessions: made once per process, lazily, from bytes whose sum was checked."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from media_pipeline.exceptions import BackendUnavailable

from .model_files import AnyModel, read_verified

Array = npt.NDArray[np.float32]

_sessions: dict[str, Any] = {}
_lock = threading.Lock()


def run(
    model: AnyModel, outputs: list[str] | None, inputs: dict[str, Array]
) -> list[Array]:
    """Run the model. ``None`` for ``outputs`` means all, in the file's order.

    Raises ``BackendUnavailable`` if the file is missing or changed, onnxruntime is
    not installed, or the run fails.
    """
    session = session_of(model)
    try:
        return list(session.run(outputs, inputs))
    except Exception as error:  # onnxruntime's own classes derive from RuntimeError
        raise BackendUnavailable(f"{model.name} failed: {error}") from error


def forget() -> None:
    """Drop all sessions: after a fork they would hang, after a change they lie."""
    global _lock
    _lock = threading.Lock()  # a fork may have copied it locked
    _sessions.clear()


os.register_at_fork(after_in_child=forget)


def session_of(model: AnyModel) -> Any:
    """Return the model's session, made at the first call in this process.

    Raises ``BackendUnavailable`` if it can't be made.
    """
    with _lock:
        if model.name not in _sessions:
            _sessions[model.name] = open_session(model)
        return _sessions[model.name]


def open_session(model: AnyModel) -> Any:
    """Return a session that nobody keeps. Raises ``BackendUnavailable``."""
    try:
        import onnxruntime
    except ImportError as error:
        raise BackendUnavailable("onnxruntime is not installed.") from error
    options = onnxruntime.SessionOptions()
    # One thread: each of Celery's processes would start one per core otherwise.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    try:
        return onnxruntime.InferenceSession(
            read_verified(model), options, providers=["CPUExecutionProvider"]
        )
    except BackendUnavailable:
        raise
    except Exception as error:
        raise BackendUnavailable(f"{model.name} can't be loaded: {error}") from error
