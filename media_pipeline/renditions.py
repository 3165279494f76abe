"""Which derivatives a picture gets, and how they are encoded.

Runs in the sandbox's child. What carries pixels beside Pillow takes arrays and
opens no file: ``docs/decisions/encoders.md`` says why and what it gains.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import pyjpegli
from cykooz_resizer import FilterType, ResizeAlg, ResizeOptions, Resizer
from PIL import Image

FORMATS = ("avif", "jpeg")
WIDTHS = (320, 640, 960, 1280, 1920)  # px

# A portrait photo of 1,920 px width costs as much as two landscape ones, and no
# screen shows it whole: its renditions have at most the pixels of 1920 × 1440.
MAX_PORTRAIT_PIXELS = 1920 * 1440

MASTER_LONG_SIDE = 4096  # px
MASTER_QUALITY = 92
WORKING_LONG_SIDE = 1280  # px; what the steps look at

# Chosen 2026-11-22 so that a photo's files score in SSIMULACRA2, on average, no lower
# than Wagtail's at the settings that give about 75 (libaom speed 6 at 63, turbo at
# 80). By the widest that numbers are for; what is wider takes the last.
# Quality and whether quantisers look for the cheapest trellis: that is a seventh of the
# CPU, and 66 with it lies halfway between 66 and 67, which are a tenth of the bytes apart.
AVIF_BY_WIDTH = {320: (70, False), 640: (67, False), 1920: (66, True)}
AVIF_SPEED = 10
AVIF_WITHOUT_TRELLIS = {"disable-trellis-quant": "1"}
SMALL_AVIF_QUALITY = 64
SMALL_AVIF_SPEED = 8
JPEG_BY_WIDTH = {960: 84, 1920: 85}  # jpegli's numbers: about turbo's 82 and 83
# For JPEGs alone, which are made where time counts: turbo's number.
PLAIN_JPEG_QUALITY = 80

# How much larger a picture that was made before is than what is made of it, at least.
CASCADE_STEP = 1.5

QUEUE_WIDTHS = (320, 1280)  # px; what an editor sees before anything else is made

PLACEHOLDER_FORMAT = "webp"
PLACEHOLDER_LONG_SIDE = 16  # px
PLACEHOLDER_QUALITY = 40  # at most some 200 bytes

_Setting = TypeVar("_Setting")

_LANCZOS = ResizeOptions(resize_alg=ResizeAlg.convolution(FilterType.lanczos3))
_SCALED_BY_VECTORS = ("L", "RGB", "RGBA", "CMYK")
# Colours under transparency are weighed in a copy. Beyond this, pixels, it would not
# fit beside a decoder's own buffers into the child's memory: Pillow takes four times
# as long, but no copy.
_MOST_WEIGHED = 32 * 1024 * 1024


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

    Never larger than the picture. Portraits have at most ``MAX_PORTRAIT_PIXELS``:
    the first width beyond that is replaced by the widest that keeps it. A picture
    narrower than all widths gets its own.
    """
    sizes: list[Size] = []
    for width in sorted(widths):
        if width > size.width:
            break
        wanted = size.at_width(width)
        if size.height > size.width and wanted.pixels > MAX_PORTRAIT_PIXELS:
            shape = size.width / size.height
            capped = math.floor(math.sqrt(MAX_PORTRAIT_PIXELS * shape))
            # One that is hardly wider than the one before helps nobody.
            if not sizes or capped >= sizes[-1].width * 1.1:
                sizes.append(size.at_width(capped))
            break
        sizes.append(wanted)
    return sizes[::-1] or [size]


class Plan(StrEnum):
    """Which of a picture's renditions are made now."""

    ALL = "all"
    QUEUE = "queue"  # what is needed before the verdict: two JPEGs
    REST = "rest"  # all but those
    SMALL = "small"  # AVIFs again, with more effort and fewer bytes


def planned(
    plan: Plan, sizes: Sequence[Size], formats: Sequence[str] = FORMATS
) -> list[tuple[Size, list[str]]]:
    """Return the formats to make in each of these sizes; none without a format."""
    queue = {
        min(sizes, key=lambda size: abs(size.width - width)) for width in QUEUE_WIDTHS
    }

    def is_in(size: Size, format: str) -> bool:
        if plan is Plan.ALL:
            return True
        if plan is Plan.SMALL:
            return format == "avif"
        is_for_queue = format == "jpeg" and size in queue
        return is_for_queue is (plan is Plan.QUEUE)

    chosen = (
        (size, [format for format in formats if is_in(size, format)]) for size in sizes
    )
    return [(size, wanted) for size, wanted in chosen if wanted]


def resized(picture: Image.Image, size: Size) -> Image.Image:
    """Return a fresh picture of this size: Lanczos, nothing but pixels.

    For the modes L, LA, RGB, RGBA and CMYK.
    """
    to = (size.width, size.height)
    if picture.mode not in _SCALED_BY_VECTORS or (
        picture.mode == "RGBA" and picture.width * picture.height > _MOST_WEIGHED
    ):
        scaled = picture.resize(to, Image.Resampling.LANCZOS)
        scaled.info = {}
        return scaled
    target = Image.new(picture.mode, to, None)  # not filled: all is written over
    Resizer().resize_pil(picture, target, _LANCZOS)
    return target


def source_size(sizes: Sequence[Size]) -> Size:
    """Return what to scale a picture to before it is scaled to these sizes.

    Widest first. Two Lanczos one after the other show where the second hardly
    makes smaller: 7 points of SSIMULACRA2 at 1280 px made of 1440.
    """
    widest = sizes[0]
    if len(sizes) == 1:
        return widest
    return widest.scaled(max(1.0, CASCADE_STEP * sizes[1].width / widest.width))


def cascade(
    picture: Image.Image, sizes: Sequence[Size], known: Image.Image | None = None
) -> Iterator[Image.Image]:
    """Yield a picture in these sizes, widest first.

    Each is made of the smallest before it that is by ``CASCADE_STEP`` larger.
    Lanczos throughout: area averaging loses up to 20 points of SSIMULACRA2.
    ``known`` is the picture in a size that was made before.
    """
    made = [picture] if known is None else [picture, known]
    for size in sizes:
        wanted = (size.width, size.height)
        found = next((each for each in made if each.size == wanted), None)
        if found is None:
            larger = (each for each in made if each.width >= size.width * CASCADE_STEP)
            source = min(larger, key=lambda each: each.width, default=picture)
            found = resized(source, size)
            made.append(found)
        yield found


def encode(
    picture: Image.Image,
    format: str,
    xmp: bytes = b"",
    *,
    small: bool = False,
    thrifty: bool = False,
) -> bytes:
    """Return the file of an RGB picture: its pixels and, if given, this XMP packet.

    ``small`` spends more effort on an AVIF for fewer bytes, ``thrifty`` less on a
    JPEG for more.
    """
    if format == "jpeg":
        content = _thrifty_jpeg(picture) if thrifty else _jpeg(picture)
        return _with_xmp(content, xmp) if xmp else content
    if format == "avif":
        options: dict[str, object] = {"xmp": xmp} if xmp else {}
        quality, has_trellis = _for_width(AVIF_BY_WIDTH, picture)
        if small:
            quality, has_trellis = SMALL_AVIF_QUALITY, True
        if not has_trellis:
            options["advanced"] = AVIF_WITHOUT_TRELLIS
        return _saved(
            picture,
            "AVIF",
            quality=quality,
            speed=SMALL_AVIF_SPEED if small else AVIF_SPEED,
            subsampling="4:2:0",
            max_threads=1,
            **options,
        )
    raise ValueError(f"No rendition format {format!r}.")


def _for_width(settings: Mapping[int, _Setting], picture: Image.Image) -> _Setting:
    """Return what stands for the narrowest width that this picture does not exceed."""
    found = (settings[width] for width in settings if picture.width <= width)
    return next(found, settings[max(settings)])


def _jpeg(picture: Image.Image) -> bytes:
    quality = _for_width(JPEG_BY_WIDTH, picture)
    content: bytes = pyjpegli.encode(
        picture.tobytes(), picture.width, picture.height, quality
    )
    return content


def _thrifty_jpeg(picture: Image.Image) -> bytes:
    return _saved(picture, "JPEG", quality=PLAIN_JPEG_QUALITY)


def _with_xmp(jpeg: bytes, xmp: bytes) -> bytes:
    """Return the JPEG with an APP1 segment behind its start (XMP part 3, 1.1.3)."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + xmp
    return b"%b\xff\xe1%b%b%b" % (
        jpeg[:2],
        (len(body) + 2).to_bytes(2, "big"),
        body,
        jpeg[2:],
    )


def encode_placeholder(picture: Image.Image) -> bytes:
    """Return a tiny WebP to stand in for a rendition until that is there."""
    return _saved(picture, "WEBP", quality=PLACEHOLDER_QUALITY, method=4)


def encode_master(picture: Image.Image) -> bytes:
    return _saved(picture, "JPEG", quality=MASTER_QUALITY)


def _saved(picture: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()
