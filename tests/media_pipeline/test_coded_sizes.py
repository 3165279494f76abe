"""A file is as large as its coded data says, whatever its boxes state."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline import sandbox
from media_pipeline.exceptions import RefusedFile
from media_pipeline.testing import drawn

from . import boxes
from .boxes import Item

pytestmark = pytest.mark.slow


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedFile) as refused, sandbox.opened(data):
        pass
    return refused.value.code


def pixels(data: bytes) -> np.ndarray:
    with sandbox.opened(data) as picture:
        return picture.frame.pixels


def looping_heic(count: int) -> bytes:
    """Return a HEIC whose grids are all made of each other."""
    everyone = tuple(range(1, count + 1))
    return boxes.file_of(
        [Item(b"", (), b"grid", made_of=everyone)] * count, brand=b"heic"
    )


def nested_heic(count: int, depth: int) -> bytes:
    """Return a HEIC of grids made of grids, each of the next ones so many times."""
    items = [
        Item(b"", (), b"grid", made_of=(number + 1,) * count)
        for number in range(1, depth)
    ]
    return boxes.file_of([*items, boxes.coded(drawn(), "HEIF")], brand=b"heic")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(looping_heic(120), id="made of each other"),
        pytest.param(looping_heic(1), id="made of itself"),
        pytest.param(nested_heic(100, 7), id="many times many"),
        pytest.param(nested_heic(1, 100), id="deep"),
    ],
)
def test_a_picture_made_of_itself_is_refused_and_soon(data, settings):
    settings.MEDIA_PIPELINE_SANDBOX_CPU_SECONDS = 3

    assert refusal(data) == "damaged"
