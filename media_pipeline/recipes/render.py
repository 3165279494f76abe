"""Applies a recipe to pixels. Pillow only: it runs in the sandbox's child."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from media_pipeline.renditions import Size

from .filters import FILTERS, Curves, mixed
from .recipe import Adjustments, Recipe

# Rec. 709 weights: what counts as equally bright when colour is taken away.
_LUMA = (0.2126, 0.7152, 0.0722)


def apply_recipe(picture: Image.Image, recipe: Recipe) -> Image.Image:
    """Return a styled copy of an RGB picture."""
    styled = _framed(picture, recipe)
    styled = _adjusted(styled, recipe.adjustments)
    if recipe.filter is not None and recipe.filter.strength:
        curves = FILTERS[recipe.filter.name]
        styled = _filtered(styled, curves, recipe.filter.strength)
    return styled


def _framed(picture: Image.Image, recipe: Recipe) -> Image.Image:
    size = Size(*picture.size)
    shown = recipe.shown_size(size)
    if not recipe.straighten:
        left = round(recipe.crop[0] * size.width)
        top = round(recipe.crop[1] * size.height)
        left = min(left, size.width - shown.width)
        top = min(top, size.height - shown.height)
        return picture.crop((left, top, left + shown.width, top + shown.height))
    return picture.transform(
        (shown.width, shown.height),
        Image.Transform.AFFINE,
        recipe.corner_map(size),
        resample=Image.Resampling.BICUBIC,
    )


def _adjusted(picture: Image.Image, adjustments: Adjustments) -> Image.Image:
    if adjustments.saturation:
        picture = _saturated(picture, 1 + adjustments.saturation)
    tones = _tones(adjustments)
    if adjustments == Adjustments(saturation=adjustments.saturation):
        return picture
    warm = adjustments.warmth * 0.12
    return picture.point(
        [
            _byte(tones(step / 255) * factor)
            for factor in (1 + warm, 1.0, 1 - warm)
            for step in range(256)
        ]
    )


def _tones(adjustments: Adjustments) -> Callable[[float], float]:
    # A power keeps black and white where they are; a slope about the middle.
    power = 2.0**-adjustments.brightness
    slope = 1 + adjustments.contrast * (0.8 if adjustments.contrast > 0 else 0.6)

    def tone(value: float) -> float:
        brighter = float(value**power)
        return 0.5 + (brighter - 0.5) * slope

    return tone


def _filtered(picture: Image.Image, curves: Curves, strength: float) -> Image.Image:
    if curves.saturation != 1:
        picture = _saturated(picture, 1 + (curves.saturation - 1) * strength)
    return picture.point(
        [_byte(value) for table in curves.tables() for value in mixed(table, strength)]
    )


def _saturated(picture: Image.Image, factor: float) -> Image.Image:
    red, green, blue = ((1 - factor) * weight for weight in _LUMA)
    matrix = (
        *(red + factor, green, blue, 0.0),
        *(red, green + factor, blue, 0.0),
        *(red, green, blue + factor, 0.0),
    )
    return picture.convert("RGB", matrix)


def _byte(value: float) -> int:
    return max(0, min(255, round(value * 255)))
