"""Which derivatives a picture gets, and how they are encoded.

Runs in the sandbox's child: Pillow and nothing else.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

FORMATS = ("avif", "jpeg")
WIDTHS = (320, 640, 960, 1280, 1920)  # px

# A portrait photo of 1,920 px width costs as much as two landscape ones, and no
# screen shows it whole: renditions have at most the pixels of 1920 × 1440.
MAX_PIXELS = 1920 * 1440

MASTER_LONG_SIDE = 4096  # px
MASTER_QUALITY = 92
WORKING_LONG_SIDE = 1280  # px; what the steps look at

# libaom at speed 10 with quality 68 scores at least what Wagtail's AVIF (Pillow's
# speed 6, quality 63) scores in SSIMULACRA2, at a ninth of the CPU time: p12a,
# p12c, p12d at 1280 px, measured 2026-11-21.
AVIF_QUALITY = 68
AVIF_SPEED = 10
JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int

    @property
    def long_side(self) -> int:
        return max(self.width, self.height)

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def within(self, long_side: int) -> Size:
        """Return this size, scaled down if its long side is longer."""
        if self.long_side <= long_side:
            return self
        return self.scaled(long_side / self.long_side)

    def at_width(self, width: int) -> Size:
        return Size(width, max(1, round(self.height * width / self.width)))

    def scaled(self, factor: float) -> Size:
        return Size(
            max(1, round(self.width * factor)), max(1, round(self.height * factor))
        )


def rendition_sizes(size: Size, widths: Sequence[int] = WIDTHS) -> list[Size]:
    """Return the sizes that a picture of this size gets, widest first.

    Never larger than the picture, and of at most ``MAX_PIXELS``: the first width
    beyond that is replaced by the widest that keeps it. A picture narrower than
    all widths gets its own.
    """
    sizes: list[Size] = []
    for width in sorted(widths):
        if width > size.width:
            break
        wanted = size.at_width(width)
        if wanted.pixels > MAX_PIXELS:
            capped = math.floor(math.sqrt(MAX_PIXELS * size.width / size.height))
            # One that is hardly wider than the one before helps nobody.
            if not sizes or capped >= sizes[-1].width * 1.1:
                sizes.append(size.at_width(capped))
            break
        sizes.append(wanted)
    return sizes[::-1] or [size]


def cascade(picture: Image.Image, sizes: Sequence[Size]) -> Iterator[Image.Image]:
    """Yield the picture in these sizes, widest first, each made of the one before.

    Lanczos throughout: area averaging loses up to 20 points of SSIMULACRA2, the
    cascade itself nothing visible.
    """
    for size in sizes:
        if picture.size != (size.width, size.height):
            picture = picture.resize(
                (size.width, size.height), Image.Resampling.LANCZOS
            )
        yield picture


def encode(picture: Image.Image, format: str) -> bytes:
    """Return the file of a rendition: the pixels of an RGB picture, nothing else."""
    if format == "jpeg":
        # Neither progressive nor optimised: 3 % fewer bytes for 6 times the CPU time
        # (two photos at 1920 px, measured 2026-11-21).
        return _saved(picture, "JPEG", quality=JPEG_QUALITY)
    if format == "avif":
        return _saved(
            picture,
            "AVIF",
            quality=AVIF_QUALITY,
            speed=AVIF_SPEED,
            subsampling="4:2:0",
            max_threads=1,
        )
    raise ValueError(f"No rendition format {format!r}.")


def encode_master(picture: Image.Image) -> bytes:
    return _saved(picture, "JPEG", quality=MASTER_QUALITY)


def _saved(picture: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()
