"""What colours a file means that has no ICC profile: told by code points or numbers.

An ICC profile is made of what it says, so that all colours are converted alike.
"""

from __future__ import annotations

import io
import itertools
import struct
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageCms

from .av1 import read_coded
from .heif_items import Items, UnknownStructure, read_items
from .png_chunks import PngFile

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]  # rows

_D65 = (0.3127, 0.3290)
#: Chromaticities of red, green and blue (ITU-T H.273, table 2).
_PRIMARIES = {
    1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),  # BT.709, sRGB
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
#: Exponents of transfer functions (table 3), None for the curve of sRGB, which those
#: for standard television stand for, as they do in browsers.
_GAMMAS = {1: None, 4: 2.2, 5: 2.8, 6: None, 8: 1.0, 13: None, 14: None, 15: None}
_UNSPECIFIED = 2

_LEAST_GAMMA, _MOST_GAMMA = 0.2, 10.0
_USUAL_PNG_GAMMA = 45_455  # written for sRGB
_ROUNDING = 0.003  # of chromaticities
_SRGB_LEVELS = 2  # by which a profile may differ from sRGB and count as it

_D50: Vector = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = (
    (0.8951, 0.2664, -0.1614),
    (-0.7502, 1.7135, 0.0367),
    (0.0389, -0.0685, 1.0296),
)
# ICC.1:2022, 10.18: (a x + b)^g from d on, c x below.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


@dataclass(frozen=True, slots=True)
class Colours:
    """A colour space: x and y of its white and primaries, and its curve."""

    white: tuple[float, float]
    primaries: tuple[tuple[float, float], ...]  # red, green, blue
    gamma: float | None  # None is the curve of sRGB

    @property
    def is_srgb(self) -> bool:
        wanted = (_D65, *_PRIMARIES[1])
        return self.gamma is None and all(
            abs(one - other) <= _ROUNDING
            for point, same in zip((self.white, *self.primaries), wanted, strict=True)
            for one, other in zip(point, same, strict=True)
        )

    def profile(self, *, is_grey: bool) -> bytes | None:
        """Return an ICC profile, None for sRGB and for colours that can't be."""
        if self.is_srgb:
            return None
        if is_grey:
            return _icc(b"GRAY", {b"wtpt": _xyz(_D50), b"kTRC": self._curve()})
        try:
            red, green, blue = self._columns()
            return _icc(
                b"RGB ",
                {
                    b"wtpt": _xyz(_D50),
                    b"rXYZ": _xyz(red),
                    b"gXYZ": _xyz(green),
                    b"bXYZ": _xyz(blue),
                    **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), self._curve()),
                },
            )
        except (ArithmeticError, struct.error):
            return None  # no light has such colours

    def _columns(self) -> Matrix:
        """Return what full red, green and blue are in XYZ, under ICC's own white."""
        white = _light(*self.white)
        points = [_light(*point) for point in self.primaries]
        shares = _applied(_inverted(_transposed(points)), white)
        seen = _applied(_BRADFORD, white)
        target = _applied(_BRADFORD, _D50)
        back = _inverted(_BRADFORD)
        columns = []
        for point, share in zip(points, shares, strict=True):
            x, y, z = (share * value for value in point)
            cones = _applied(_BRADFORD, (x, y, z))
            x, y, z = (
                value * wanted / had
                for value, wanted, had in zip(cones, target, seen, strict=True)
            )
            columns.append(_applied(back, (x, y, z)))
        red, green, blue = columns
        return red, green, blue

    def _curve(self) -> bytes:
        if self.gamma is None:
            return b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed(*_SRGB_CURVE)
        return b"para" + struct.pack(">IHH", 0, 0, 0) + _fixed(self.gamma)


def of_code_points(primaries: int, transfer: int) -> Colours | None:
    """Return the colours that these code points mean, None if we don't know them."""
    known = _PRIMARIES.get(1 if primaries == _UNSPECIFIED else primaries)
    transfer = 13 if transfer == _UNSPECIFIED else transfer
    if known is None or transfer not in _GAMMAS:
        return None
    return Colours(_D65, known, _GAMMAS[transfer])


def of_png(png: PngFile, *, is_grey: bool) -> bytes | None:
    """Return the ICC profile that counts for a PNG, None for sRGB.

    Code points come first, then a profile, then sRGB by name, then numbers (PNG, 3rd
    edition, 4.3).
    """
    if png.code_points is not None:
        colours = of_code_points(*png.code_points)
        if colours is not None:
            return colours.profile(is_grey=is_grey)
    if png.profile is not None:
        return png.profile
    if png.is_srgb or (png.gamma is None and png.chromaticities is None):
        return None
    gamma = None
    if png.gamma and abs(png.gamma - _USUAL_PNG_GAMMA) > 1000:
        gamma = 100_000 / png.gamma
        if not _LEAST_GAMMA <= gamma <= _MOST_GAMMA:
            return None
    white, primaries = _D65, _PRIMARIES[1]
    if png.chromaticities is not None:
        x = [value / 100_000 for value in png.chromaticities]
        white, primaries = (x[0], x[1]), ((x[2], x[3]), (x[4], x[5]), (x[6], x[7]))
    return Colours(white, primaries, gamma).profile(is_grey=is_grey)


def of_boxes(data: bytes, *, is_grey: bool) -> bytes | None:
    """Return the ICC profile that an AVIF's or HEIF's code points mean, None for sRGB.

    Code points of the boxes come before those of AV1 data.
    """
    try:
        items = read_items(data)
    except (UnknownStructure, IndexError):
        return None
    first = [items.primary, *items.parts.get(items.primary, [])[:1]]
    points = [_code_points(items, item, data) for item in first]
    known = next((each for each in points if each is not None), None)
    colours = None if known is None else of_code_points(*known)
    return None if colours is None else colours.profile(is_grey=is_grey)


def _code_points(items: Items, item: int, data: bytes) -> tuple[int, int] | None:
    for kind, body in items.properties.get(item, ()):
        if kind == b"colr" and body.startswith(b"nclx") and len(body) >= 8:
            primaries, transfer = struct.unpack_from(">HH", body, 4)
            return primaries, transfer
    if items.kinds.get(item) == b"av01":
        # Few bytes: its sequence header is the first that there is.
        coded = read_coded(items.content(item, data)[:4096], itertools.count())
        if coded.sequence is not None:
            return coded.sequence.primaries, coded.sequence.transfer
    return None


@lru_cache(maxsize=4)
def is_srgb(profile: bytes) -> bool:
    """Whether an ICC profile converts colours as sRGB does, whatever its name is.

    Raises what ``ImageCms`` raises on broken profiles.
    """
    steps = (0, 24, 64, 128, 192, 255)
    probe = Image.new("RGB", (len(steps) ** 2, len(steps)))
    probe.putdata([(r, g, b) for r in steps for g in steps for b in steps])
    shown = to_srgb(probe, profile)
    pairs = zip(probe.tobytes(), shown.tobytes(), strict=True)
    return all(abs(one - other) <= _SRGB_LEVELS for one, other in pairs)


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Return an "L", "RGB" or "CMYK" picture with this ICC profile as sRGB."""
    converted = ImageCms.profileToProfile(
        picture,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        _srgb(),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if converted is None:
        raise ImageCms.PyCMSError("the picture was converted in place")
    return converted


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def load() -> None:
    """Make the profile that all is converted to, once."""
    _srgb()


# --- ICC.1 ----------------------------------------------------------------------------


def _icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    start = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(content), len(value))
        content += value + bytes(-len(value) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x",
        start + len(content),
        b"",
        0x04300000,
        b"mntr",
        space,
        b"XYZ ",
        b"acsp",
    )
    return (head + _fixed(*_D50)).ljust(128, b"\0") + table + content


def _xyz(value: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*value)


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


# --- matrices -------------------------------------------------------------------------


def _light(x: float, y: float) -> Vector:
    return x / y, 1.0, (1 - x - y) / y


def _applied(matrix: Matrix, vector: Vector) -> Vector:
    one, two, three = (
        sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix
    )
    return one, two, three


def _transposed(rows: list[Vector]) -> Matrix:
    one, two, three = zip(*rows, strict=True)
    return one, two, three


def _inverted(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    by = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / by, (c * h - b * i) / by, (b * f - c * e) / by),
        ((f * g - d * i) / by, (a * i - c * g) / by, (c * d - a * f) / by),
        ((d * h - e * g) / by, (b * g - a * h) / by, (a * e - b * d) / by),
    )
