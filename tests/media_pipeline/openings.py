"""What the sandbox says of a file."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline import sandbox
from media_pipeline.exceptions import RefusedFile
from media_pipeline.results import FileFacts


def refusal(data: bytes) -> str:
    """The code of its refusal; fails if the file is taken."""
    with pytest.raises(RefusedFile) as refused, sandbox.opened(data):
        pass
    return refused.value.code


def pixels(data: bytes) -> np.ndarray:
    """What the steps look at: height × width × 3, 0–255."""
    with sandbox.opened(data) as picture:
        return picture.frame.pixels


def facts(data: bytes) -> FileFacts:
    with sandbox.opened(data) as picture:
        return picture.frame.facts
