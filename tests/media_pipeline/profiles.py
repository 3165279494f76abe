"""ICC profiles made by hand: the wide ones of cameras, a grey one, one of a press."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable

import numpy as np

#: Primaries and white (x, y), and the power of the tone curve.
RGB_SPACES = {
    "Display P3": (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), (0.3127, 0.329), 2.2),
    "Adobe RGB": (((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), (0.3127, 0.329), 2.2),
    "ProPhoto": (
        ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)),
        (0.3457, 0.3585),
        1.8,
    ),
}
_SRGB = (((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), (0.3127, 0.329), 2.2)
_D50 = np.array((0.9642, 1.0, 0.8249))
_BRADFORD = np.array(
    ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
)


def _xyz(x: float, y: float) -> np.ndarray:
    return np.array((x / y, 1.0, (1 - x - y) / y))


def to_d50(name: str) -> np.ndarray:
    """Return the matrix from linear RGB of this space to XYZ under D50."""
    primaries, white, _power = RGB_SPACES.get(name, _SRGB)
    columns = np.array([_xyz(*each) for each in primaries]).T
    source = _xyz(*white)
    matrix = columns * np.linalg.solve(columns, source)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ source))
    return np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ matrix


def in_srgb(name: str, colour: tuple[int, int, int]) -> np.ndarray:
    """Return what this colour of the space is in sRGB, cut where it can't show it."""
    linear = (np.array(colour) / 255) ** RGB_SPACES[name][2]
    shown = np.clip(np.linalg.solve(to_d50("sRGB"), to_d50(name) @ linear), 0, 1)
    curved = np.where(
        shown <= 0.0031308, shown * 12.92, 1.055 * shown ** (1 / 2.4) - 0.055
    )
    return curved * 255


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _profile(
    colours: bytes, kind: bytes, space: bytes, tags: dict[bytes, bytes]
) -> bytes:
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"made\0" + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(_fixed, _D50)),
        **tags,
    }
    at = 128 + 4 + 12 * len(tags)
    table, contents = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, at + len(contents), len(content))
        contents += padded
    head = (
        struct.pack(">I4sI", at + len(contents), bytes(4), 0x02400000)
        + kind
        + colours
        + space
        + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
        + b"acsp"
        + bytes(28)
        + b"".join(map(_fixed, _D50))
    )
    return head.ljust(128, b"\0") + table + contents


def _power(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def rgb(name: str) -> bytes:
    """Return the profile of one of ``RGB_SPACES``."""
    matrix = to_d50(name)
    tags = {
        letter + b"XYZ": b"XYZ \0\0\0\0" + b"".join(map(_fixed, matrix[:, at]))
        for at, letter in enumerate((b"r", b"g", b"b"))
    }
    curve = _power(RGB_SPACES[name][2])
    return _profile(
        b"RGB ",
        b"mntr",
        b"XYZ ",
        {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve},
    )


def grey(power: float) -> bytes:
    return _profile(b"GRAY", b"mntr", b"XYZ ", {b"kTRC": _power(power)})


def press(
    lab: Callable[[float, float, float, float], tuple[float, float, float]],
) -> bytes:
    """Return a CMYK profile that shows these inks, each in [0, 1], as this Lab."""
    steps = bytes(range(256))
    grid = bytearray()
    for inks in itertools.product((0.0, 1.0), repeat=4):
        light, a, b = lab(*inks)
        grid += bytes((round(light * 2.55), round(a + 128), round(b + 128)))
    unit = b"".join(_fixed(float(row == at)) for row in range(3) for at in range(3))
    table = (
        b"mft1\0\0\0\0"
        + bytes((4, 3, 2, 0))
        + unit
        + steps * 4
        + bytes(grid)
        + steps * 3
    )
    return _profile(b"CMYK", b"prtr", b"Lab ", {b"A2B0": table})
