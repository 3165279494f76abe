"""Hostile bytes in, one canonical picture out: the only opener of pictures.

Bounded before decoding, upright, sRGB, transparency on white, and in a fresh
image, so that nothing but pixels goes on.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pillow_heif

# The decoders that may ever run, loaded before any limit stands. Pillow has 43.
from PIL import (
    AvifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from media_pipeline.exceptions import RefusedFile
from media_pipeline.renditions import MASTER_LONG_SIDE, Size, resized
from media_pipeline.results import FileFacts

from . import colours, formats
from .coded_sizes import check_coded_sizes
from .file_facts import exif_orientation, read_facts
from .heif_items import check_items
from .jpeg_decoder import watch
from .png_chunks import PngFile, read_png
from .wholeness import WebpDoubt, check_png_rows, webp_doubt

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WHITE = (255, 255, 255)
_GREY_MODES = {"1", "L", "LA", "I", "I;16", "I;16B", "F"}

# What the decoders raise on broken files. Their memory errors are not among them.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is taken, as the worker's settings say; sent along with each picture."""

    max_pixels: int
    min_side: int
    max_side: int
    max_ratio: float
    max_jpeg_scans: int


def prepare() -> None:
    """Load what decoding needs, once, in the server; its children inherit it."""
    pillow_heif.register_heif_opener(thumbnails=False)
    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # Our own limit is asked before anything is decoded, and names its reason.
    Image.MAX_IMAGE_PIXELS = None
    Image._initialized = 2  # no search for further plugins, ever
    colours.load()


class Upload:
    """One file, opened as often as it takes; every answer is a fresh picture."""

    def __init__(self, data: bytes, rules: Rules) -> None:
        self.kind = formats.sniffed(data)
        self._data = data
        self._jpeg: formats.JpegFrame | None = None
        self._doubt: WebpDoubt | None = None
        self._png: PngFile | None = None
        self._check_frame(rules)
        with self._decoding():
            picture = self._open()
        self._check_size(picture.size, rules)
        if self.kind in (formats.WEBP, formats.AVIF) and _frames(picture) > 1:
            raise RefusedFile("animated")
        # libheif turns by the file's own boxes; its EXIF says it a second time.
        self._orientation = (
            1 if self.kind == formats.HEIF else exif_orientation(picture)
        )
        self._picture: ImageFile.ImageFile | None = picture
        self._facts: FileFacts | None = None
        self._source: Image.Image | None = None  # decoded whole, as stored
        self._whole: Image.Image | None = None
        self.native = self._turned(Size(*picture.size))  # upright
        self.master = self.native.within(MASTER_LONG_SIDE)

    @property
    def facts(self) -> FileFacts:
        """What the file says of itself; known once it was decoded."""
        return self._facts or FileFacts()

    def pixels(self, at_least: Size, *, thrifty: bool = False) -> Image.Image:
        """Return the picture upright, at this size but at most the master's.

        A JPEG is decoded whole or, if ``thrifty``, at the DCT scale that is just
        enough; others once. Turning and colours come after the scaling: fewer
        pixels to work on.
        """
        if self._whole is not None:
            return self._whole
        wanted = self._wanted(at_least)
        picture = self._stored(wanted if thrifty else self.native)
        result = self._canonical(_scaled(picture, self._turned(wanted)))
        if wanted == self.master:
            self._whole = result
        return result

    def master_pixels(self) -> Image.Image:
        """Return the picture upright, at exactly the master's size."""
        return self.pixels(self.master)

    def _wanted(self, at_least: Size) -> Size:
        factor = max(
            at_least.width / self.native.width, at_least.height / self.native.height
        )
        wanted = self.native.scaled(min(1.0, factor))
        return wanted if wanted.pixels < self.master.pixels else self.master

    def _stored(self, at_least: Size) -> Image.Image:
        """Return the picture as it is stored; a JPEG's may be of this size only."""
        if self.kind == formats.JPEG:
            return self._decoded(self._turned(at_least))
        if self._source is None:
            self._source = self._decoded(self._turned(self.native))
        return self._source

    # -- opening ---------------------------------------------------------------

    def _check_frame(self, rules: Rules) -> None:
        data = self._data
        if self.kind == formats.JPEG:
            self._jpeg = formats.jpeg_frame(data, max_scans=rules.max_jpeg_scans)
        elif self.kind == formats.PNG:
            if data[12:16] == b"IHDR" and len(data) >= 24:
                self._check_pixels(struct.unpack_from(">II", data, 16), rules)
            self._png = read_png(data)
        elif self.kind == formats.WEBP:
            formats.check_webp(data)
            self._doubt = webp_doubt(data)
        else:
            self._check_pixels(formats.largest_box_size(data), rules)
            formats.check_boxes(data)
            check_items(data)
            if self.kind == formats.AVIF:
                check_coded_sizes(data, rules.max_pixels)

    def _open(self) -> ImageFile.ImageFile:
        png = self._png
        data = self._data if png is None else png.picture
        picture = Image.open(io.BytesIO(data), formats=(self.kind,))
        info, is_grey = picture.info, picture.mode in _GREY_MODES
        if png is not None:
            # Pillow would decode to look for EXIF where there is none, and conceal it
            # if that fails.
            info["exif"], info["xmp"] = png.exif, png.xmp
            info["icc_profile"] = colours.of_png(png, is_grey=is_grey)
            if png.transparent_grey is not None and picture.mode == "L":
                info["transparency"] = png.transparent_grey
        elif self.kind in (formats.AVIF, formats.HEIF) and not info.get("icc_profile"):
            info["icc_profile"] = colours.of_boxes(self._data, is_grey=is_grey)
        return picture

    def _check_pixels(self, size: tuple[int, int], rules: Rules) -> None:
        if size[0] * size[1] > rules.max_pixels:
            raise RefusedFile("too_many_pixels")

    def _check_size(self, size: tuple[int, int], rules: Rules) -> None:
        self._check_pixels(size, rules)
        short, long = sorted(size)
        if short < rules.min_side:
            raise RefusedFile("too_small")
        if long > rules.max_side:
            raise RefusedFile("side_too_long")
        if long > short * rules.max_ratio:
            raise RefusedFile("odd_shape")

    def _turned(self, size: Size) -> Size:
        """Return the size as stored for one that is upright, and the reverse."""
        if self._orientation >= 5:
            return Size(size.height, size.width)
        return size

    @contextlib.contextmanager
    def _decoding(self) -> Iterator[None]:
        """Give what a decoder raises a reason that its owner can use."""
        try:
            yield
        except (RefusedFile, MemoryError):
            raise
        except Image.DecompressionBombError as error:
            raise RefusedFile("too_many_pixels") from error
        except _DECODER_ERRORS as error:
            text = str(error).lower()
            if "alloc" in text:  # libheif's and libavif's way to say it
                raise MemoryError from error
            is_cut = (
                "truncated" in text
                or isinstance(error, EOFError)
                or (self._jpeg is not None and self._jpeg.end is None)
                or (self._doubt is not None and self._doubt.code == "truncated")
            )
            raise RefusedFile("truncated" if is_cut else "damaged") from error

    # -- decoding --------------------------------------------------------------

    def _decoded(self, at_least: Size) -> Image.Image:
        if self._doubt is not None:
            self._check_doubt(self._doubt)
        with self._decoding():
            picture = self._picture or self._open()
            self._picture = None  # its pixels are taken once
            if self._jpeg is not None:
                picture.draft(picture.mode, (at_least.width, at_least.height))
                # All at once: libjpeg begins a row anew where its data ends.
                picture.decodermaxblock = len(self._data)
                if self._jpeg.end is not None:
                    watch(picture, self._jpeg.segments)
            picture.load()
        if self._facts is None:
            self._facts = read_facts(picture, self._data, self.kind)
        if self.kind == formats.PNG and _ends_black(picture):
            # Rows that never came are black; so are honest nights.
            check_png_rows(self._data)
        return picture

    def _check_doubt(self, doubt: WebpDoubt) -> None:
        """Refuse a WebP that needs nothing of how its data ends."""
        self._picture = None  # opened anew: two decoders at once would be large
        try:
            shorter = io.BytesIO(doubt.shorter)
            with Image.open(shorter, formats=(self.kind,)) as picture:
                picture.load()
        except _DECODER_ERRORS:
            return  # every byte of it is needed
        raise RefusedFile(doubt.code)

    # -- one canonical picture ---------------------------------------------------

    def _canonical(self, picture: Image.Image) -> Image.Image:
        with self._decoding():
            rgb = _on_white(_eight_bit(picture))
        turn = _TURNS.get(self._orientation)
        if turn is not None:
            rgb = rgb.transpose(turn)
        if type(rgb) is Image.Image and not rgb.info:
            return rgb  # made of pixels alone
        fresh = Image.new("RGB", rgb.size, None)  # not filled: all is pasted over
        fresh.paste(rgb)
        return fresh


def _frames(picture: Image.Image) -> int:
    return int(getattr(picture, "n_frames", 1))


def _ends_black(picture: Image.Image) -> bool:
    """Whether one of its last two rows is empty: of interlaced rows, the last come."""
    width, height = picture.size
    return any(
        picture.crop((0, row, width, row + 1)).getbbox(alpha_only=False) is None
        for row in range(max(0, height - 2), height)
    )


def _scaled(picture: Image.Image, size: Size) -> Image.Image:
    """Return it at this size as stored, its profile still to be applied."""
    if picture.size == (size.width, size.height):
        return picture
    profile = picture.info.get("icc_profile")
    smaller = resized(_resizable(picture), size)
    if profile is not None:
        smaller.info["icc_profile"] = profile
    return smaller


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Return 16-bit grey as 8-bit grey, all else as it is."""
    if picture.mode.startswith("I") or picture.mode == "F":
        profile = picture.info.get("icc_profile")
        grey = (
            picture.convert("I")
            .point(lambda value: value * (1 / 257) + 0.5)
            .convert("L")
        )
        if profile is not None:
            grey.info["icc_profile"] = profile
        return grey
    return picture


def _resizable(picture: Image.Image) -> Image.Image:
    """Return it in a mode that Lanczos can work on, transparency kept."""
    picture = _eight_bit(picture)
    if picture.has_transparency_data:
        # Grey stays grey: its profile knows no colours.
        return picture.convert("LA" if picture.mode in ("L", "LA", "La") else "RGBA")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    """Return it as RGB in sRGB, transparency on white."""
    profile = picture.info.get("icc_profile")
    if not picture.has_transparency_data:
        return _in_srgb(picture, profile)
    grey = picture.mode == "LA" or (picture.mode == "L")
    layered = picture.convert("RGBA")
    colours: Image.Image = layered.convert("L") if grey else layered.convert("RGB")
    canvas = Image.new("RGB", layered.size, _WHITE)
    canvas.paste(_in_srgb(colours, profile), mask=layered.getchannel("A"))
    return canvas


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if picture.mode not in ("L", "RGB", "CMYK"):
        picture = picture.convert("RGB")
    converted = _converted(picture, profile) if profile else None
    if converted is not None:
        return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _converted(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the picture converted to sRGB, None if the profile is of no use."""
    try:
        if picture.mode == "RGB" and colours.is_srgb(profile):
            return picture
        return colours.to_srgb(picture, profile)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None  # a broken profile counts as sRGB
