"""For tests, yours too: drawn pictures, and the suites that a port's other side passes.

The suites (``…Contract``) are loaded when they are asked for. Importing this needs
neither Django's settings nor pytest.
"""

from __future__ import annotations

import importlib
import io
import random
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from .backends.contract import (
        CodeBackendContract,
        EmbedderContract,
        FaceBackendContract,
        ModerationBackendContract,
        ObjectBackendContract,
        PromptBackendContract,
        StepContract,
        TaggingBackendContract,
        TextBackendContract,
    )
    from .backends.search_contract import (
        ListedPicturesContract,
        ProductIndexContract,
    )

__all__ = [
    "CodeBackendContract",
    "EmbedderContract",
    "FaceBackendContract",
    "ListedPicturesContract",
    "ModerationBackendContract",
    "ObjectBackendContract",
    "ProductIndexContract",
    "PromptBackendContract",
    "StepContract",
    "TaggingBackendContract",
    "TextBackendContract",
    "drawn",
    "picture_bytes",
]

_SEARCHING = ("ListedPicturesContract", "ProductIndexContract")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "search_contract" if name in _SEARCHING else "contract"
    return getattr(importlib.import_module(f"{__package__}.backends.{module}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def drawn(
    width: int = 800, height: int = 600, *, seed: int = 0, mode: str = "RGB"
) -> Image.Image:
    """Return a picture that is different for each seed, and along all four edges.

    Its top left corner is red, its top right green, its bottom left blue, its
    bottom right white; so a turned or mirrored copy is told from it.
    """
    pick = random.Random(seed)  # noqa: S311 - the same for the same seed
    picture = Image.new("RGB", (width, height), _colour(pick))
    draw = ImageDraw.Draw(picture)
    for _ in range(24):
        x, y = pick.randrange(width), pick.randrange(height)
        reach = pick.randrange(min(width, height) // 4) + 4
        box = (x - reach, y - reach, x + reach, y + reach)
        (draw.ellipse if pick.random() < 0.5 else draw.rectangle)(box, _colour(pick))
    side = max(8, min(width, height) // 8)
    right, bottom = width - side, height - side
    draw.rectangle((0, 0, side, side), (220, 20, 20))
    draw.rectangle((right, 0, width, side), (20, 200, 20))
    draw.rectangle((0, bottom, side, height), (20, 20, 220))
    draw.rectangle((right, bottom, width, height), (250, 250, 250))
    return picture if mode == "RGB" else picture.convert(mode)


def picture_bytes(
    width: int = 800,
    height: int = 600,
    *,
    format: str = "JPEG",
    seed: int = 0,
    **options: Any,
) -> bytes:
    """Return a drawn picture as a file. ``options`` go to Pillow's ``save``."""
    file = io.BytesIO()
    drawn(width, height, seed=seed).save(file, format, **options)
    return file.getvalue()


def _colour(pick: random.Random) -> tuple[int, int, int]:
    return pick.randrange(256), pick.randrange(256), pick.randrange(256)
