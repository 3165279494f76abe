"""Applies a recipe to pixels. Pillow only: it runs in the sandbox's child."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from media_pipeline.renditions import Size

from .cubes import CUBES, cube
from .filters import FILTERS, mixed
from .layers import overlaid, signed, textured, written
from .recipe import Adjustments, Filter, Recipe

# Rec. 709 weights: what counts as equally bright when colour is taken away.
_LUMA = (0.2126, 0.7152, 0.0722)


def apply_recipe(picture: Image.Image, recipe: Recipe) -> Image.Image:
    """Return a styled copy of an RGB picture."""
    styled = _framed(picture, recipe)
    styled = _adjusted(styled, recipe.adjustments)
    if recipe.filter is not None and recipe.filter.strength:
        styled = _filtered(styled, recipe.filter)
    if recipe.overlay is not None and recipe.overlay.strength:
        styled = overlaid(styled, recipe.overlay)
    if recipe.texture is not None and recipe.texture.strength:
        styled = textured(styled, recipe.texture)
    if recipe.text or recipe.signature is not None:
        # What is drawn upon must not be the caller's picture.
        styled = styled.copy() if styled is picture else styled
    if recipe.text:
        styled = written(styled, recipe.text)
    if recipe.signature is not None:
        styled = signed(styled, recipe.signature)
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
    light = 2.0**adjustments.exposure

    def tone(value: float) -> float:
        if adjustments.exposure:
            # In light, not in numbers: sRGB's curve is close to a power of 2.2.
            value = min(1.0, value**2.2 * light) ** (1 / 2.2)
        if adjustments.shadows or adjustments.highlights:
            # Each moves its half by at most 0.14; black and white stay, no tone turns.
            value += (
                0.945  # 0.14 where it is strongest, at a third
                * value
                * (1 - value)
                * (adjustments.shadows * (1 - value) + adjustments.highlights * value)
            )
        brighter = float(value**power)
        return 0.5 + (brighter - 0.5) * slope

    return tone


def _filtered(picture: Image.Image, filter: Filter) -> Image.Image:
    if filter.name in CUBES:
        return picture.filter(cube(filter.name, filter.strength))
    curves, strength = FILTERS[filter.name], filter.strength
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
