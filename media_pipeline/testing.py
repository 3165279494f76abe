"""Pictures for tests, drawn in memory; hosts may use them too."""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image, ImageDraw


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
