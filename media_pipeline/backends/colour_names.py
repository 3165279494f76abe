"""Nineteen colours with English and German names, and the nearest to a given one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Lab = npt.NDArray[np.float32]
"""(..., 3): CIELAB, D65: lightness 0-100, a (green to red), b (blue to yellow)."""

# English is the stable name. Several examples each: a name is a region, no point.
COLOURS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("black", "Schwarz", ("#000000", "#1c1c1c", "#241f1e")),
    ("dark grey", "Dunkelgrau", ("#3c3c3c", "#4d4d50")),
    ("grey", "Grau", ("#6e6e6e", "#8a8a8a", "#7b8087")),
    ("light grey", "Hellgrau", ("#adadad", "#c4c4c4", "#b9bec4")),
    ("white", "Weiß", ("#ffffff", "#ececec", "#f3f0ea")),
    ("beige", "Beige", ("#d9c7a8", "#e6d9c3", "#c8b08c", "#d8c3b0")),
    ("brown", "Braun", ("#6b4226", "#4a2f1d", "#8b5a2b", "#a0673d", "#7a5c46")),
    ("dark red", "Dunkelrot", ("#7a1420", "#5c1020", "#8e2430")),
    ("red", "Rot", ("#d01c1f", "#e53935", "#b71c1c")),
    ("pink", "Rosa", ("#f4a6c0", "#f8c8d4", "#e75480", "#e0409a", "#d98fa0")),
    ("orange", "Orange", ("#f57c00", "#ff9a3c", "#d9652b")),
    ("yellow", "Gelb", ("#f7d117", "#ffe75e", "#d9a514")),
    ("olive", "Oliv", ("#6b6b2a", "#85803f", "#4f5231")),
    (
        "green",
        "Grün",
        ("#2e8b3d", "#4caf50", "#1b5e20", "#8bc34a", "#6f9a6a", "#33523a"),
    ),
    ("turquoise", "Türkis", ("#1abc9c", "#40c9c9", "#0f8a8a", "#8fd6cf")),
    ("light blue", "Hellblau", ("#9fc9ea", "#7fb2e5", "#b9d7ea", "#8fb0cc")),
    ("blue", "Blau", ("#1e63c4", "#2f80ed", "#123fa8", "#4a74a8")),
    ("navy", "Marineblau", ("#14213d", "#1b2a4e", "#22304a", "#0b1f4b")),
    ("purple", "Lila", ("#7b2fa0", "#9b6fc4", "#52307c", "#b99ad6")),
)

_GERMAN = {name: german for name, german, _ in COLOURS}


def wording(name: str, language: str) -> str:
    """Return a colour's name in this language; the name itself if it is unknown."""
    return _GERMAN.get(name, name) if language.startswith("de") else name


def to_lab(rgb: npt.NDArray[Any]) -> Lab:
    """Return whole sRGB values 0-255, (..., 3), in CIELAB (IEC 61966-2-1, CIE 15)."""
    # einsum, not @: BLAS would wake a thread per core for this.
    xyz = np.einsum("...c,xc->...x", _LINEAR[rgb], _TO_XYZ) / _D65
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), -1).astype(np.float32)


_ENCODED = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(
    _ENCODED <= 0.04045, _ENCODED / 12.92, ((_ENCODED + 0.055) / 1.055) ** 2.4
).astype(np.float32)
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    np.float32,
)
_D65 = np.array([0.95047, 1.0, 1.08883], np.float32)


def difference(one: Lab, other: Lab) -> npt.NDArray[np.float64]:
    """Return CIEDE2000 between colours; 2 is just seen, 10 is another colour.

    Sharma, Wu, Dalal: The CIEDE2000 Color-Difference Formula, 2005.
    """
    l1, a1, b1 = np.moveaxis(np.asarray(one, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, np.float64), -1, 0)
    c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(c7 / (c7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)

    is_grey = c1 * c2 == 0
    turn = h2 - h1
    turn = np.where(turn > np.pi, turn - 2 * np.pi, turn)
    turn = np.where(turn < -np.pi, turn + 2 * np.pi, turn)
    turn = np.where(is_grey, 0, turn)
    hue = np.where(
        np.abs(h1 - h2) <= np.pi,
        (h1 + h2) / 2,
        ((h1 + h2 + 2 * np.pi) / 2) % (2 * np.pi),
    )
    hue = np.where(is_grey, h1 + h2, hue)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2

    t = (
        1
        - 0.17 * np.cos(hue - np.radians(30))
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.radians(6))
        - 0.20 * np.cos(4 * hue - np.radians(63))
    )
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    r_c = 2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    r_t = -r_c * np.sin(np.radians(60) * np.exp(-(((np.degrees(hue) - 275) / 25) ** 2)))
    d_l = (l2 - l1) / s_l
    d_c = (c2 - c1) / s_c
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / s_h
    return np.asarray(np.sqrt(d_l**2 + d_c**2 + d_h**2 + r_t * d_c * d_h))


def nearest_name(lab: Lab) -> str:
    """Return the name of the example that is least different."""
    return _NAMES[int(difference(lab[None], _EXAMPLES).argmin())]


def _rgb(code: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(code.removeprefix("#")))


_NAMES = tuple(name for name, _, codes in COLOURS for _ in codes)
_EXAMPLES = to_lab(np.array([_rgb(code) for _, _, codes in COLOURS for code in codes]))
