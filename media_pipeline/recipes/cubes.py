"""Our own filters that treat colours by their hue: 3-D look-up tables, made here.

Seventeen points a side: with the trilinear mixing between them no tone is more
than two steps from what the function says.
"""

from __future__ import annotations

import colorsys
import functools
from collections.abc import Callable

from PIL import ImageFilter

POINTS = 17

Colour = tuple[float, float, float]  # red, green, blue in [0, 1]


def _near(hue: float, middle: float, width: float) -> float:
    """Return 1 at this hue, falling smoothly to 0 at this distance on the circle."""
    distance = abs((hue - middle + 0.5) % 1 - 0.5)
    if distance >= width:
        return 0.0
    share = 1 - distance / width
    return share * share * (3 - 2 * share)


def _lagoon(red: float, green: float, blue: float) -> Colour:
    """Teal shadows, amber lights."""
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    high, low = light * light, (1 - light) ** 2
    return (
        red + 0.07 * high - 0.05 * low,
        green + 0.02 * low,
        blue - 0.07 * high + 0.07 * low,
    )


def _petal(red: float, green: float, blue: float) -> Colour:
    """Reds towards rose and lighter, greens quiet."""
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    rose, leaf = _near(hue, 0.98, 0.14), _near(hue, 0.33, 0.17)
    # What has no colour has no hue either.
    value += 0.08 * rose * saturation * (1 - value)
    return colorsys.hsv_to_rgb(
        (hue - 0.02 * rose) % 1, saturation * (1 - 0.5 * leaf), value
    )


def _orchard(red: float, green: float, blue: float) -> Colour:
    """Deep warm greens, calm blues."""
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    leaf, sky = _near(hue, 0.28, 0.15), _near(hue, 0.6, 0.13)
    return colorsys.hsv_to_rgb(
        (hue - 0.02 * leaf) % 1,
        min(1.0, saturation * (1 + 0.25 * leaf - 0.35 * sky)),
        value * (1 - 0.12 * leaf * saturation),
    )


def _ember(red: float, green: float, blue: float) -> Colour:
    """Only what is warm keeps its colour."""
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    return colorsys.hsv_to_rgb(
        hue, saturation * (0.12 + 0.88 * _near(hue, 0.05, 0.15)), value
    )


CUBES: dict[str, Callable[[float, float, float], Colour]] = {
    "lagoon": _lagoon,
    "petal": _petal,
    "orchard": _orchard,
    "ember": _ember,
}


@functools.lru_cache(maxsize=8)
def cube(name: str, strength: float) -> ImageFilter.Color3DLUT:
    """Return the table of a filter, nearer to no change the weaker it is."""
    change = CUBES[name]

    def mixed(red: float, green: float, blue: float) -> Colour:
        before = (red, green, blue)
        after = change(red, green, blue)
        r, g, b = (
            max(0.0, min(1.0, old + (new - old) * strength))
            for old, new in zip(before, after, strict=True)
        )
        return r, g, b

    return ImageFilter.Color3DLUT.generate(POINTS, mixed)
