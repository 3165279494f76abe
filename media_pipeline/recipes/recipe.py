"""A recipe: an author's styling as data. The master never changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from media_pipeline.exceptions import WrongRecipe
from media_pipeline.renditions import Size
from media_pipeline.results import Box

from . import schema

#: A crop leaves at least this share of either side.
SMALLEST_CROP = 0.05

#: Of all strokes together; a recipe must fit into one message to the sandbox.
MAX_SIGNATURE_POINTS = 1000

_WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Adjustments:
    """Each in [-1, 1]; 0 changes nothing."""

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    warmth: float = 0.0
    exposure: float = 0.0  # stops
    shadows: float = 0.0
    highlights: float = 0.0


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    strength: float = 1.0  # in [0, 1]


@dataclass(frozen=True, slots=True)
class Layer:
    """An overlay or a texture, by its name."""

    name: str
    strength: float = 0.5  # in [0, 1]


@dataclass(frozen=True, slots=True)
class Text:
    """One line about its middle (x, y), in [0, 1] of what is shown."""

    text: str
    x: float
    y: float
    size: float = 0.08  # share of the shorter side
    colour: str = "#ffffff"


Stroke = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Strokes of a pen; their points in [0, 1] of the signature's width."""

    strokes: tuple[Stroke, ...]
    x: float = 0.7  # its top left corner, in [0, 1] of what is shown
    y: float = 0.85
    width: float = 0.25  # share of what is shown
    pen: float = 0.015  # thickness, share of the signature's width
    colour: str = "#ffffff"

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        # Four digits are more than any screen shows.
        strokes = tuple(
            tuple((round(x, 4), round(y, 4)) for x, y in stroke)
            for stroke in value["strokes"]
        )
        if sum(map(len, strokes)) > MAX_SIGNATURE_POINTS:
            raise WrongRecipe(
                "recipe.signature.strokes must have"
                f" at most {MAX_SIGNATURE_POINTS} points."
            )
        return cls(**{**value, "strokes": strokes})


@dataclass(frozen=True, slots=True)
class Recipe:
    crop: Box = _WHOLE
    straighten: float = 0.0  # degrees clockwise
    adjustments: Adjustments = Adjustments()
    filter: Filter | None = None
    overlay: Layer | None = None
    texture: Layer | None = None
    text: tuple[Text, ...] = ()
    signature: Signature | None = None

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the recipe; raise ``WrongRecipe`` naming what breaks the schema."""
        schema.check(value)
        assert isinstance(value, dict)  # noqa: S101 - checked by the schema
        x, y, width, height = value.get("crop", _WHOLE)
        if width < SMALLEST_CROP or height < SMALLEST_CROP:
            raise WrongRecipe(
                f"recipe.crop must leave at least {SMALLEST_CROP} of either side."
            )
        # A browser's sums of decimals may end a hair beyond the edge.
        if x + width > 1.000001 or y + height > 1.000001:
            raise WrongRecipe("recipe.crop must not reach past the picture.")
        return cls(
            crop=(x, y, min(width, 1 - x), min(height, 1 - y)),
            straighten=float(value.get("straighten", 0)),
            adjustments=Adjustments(**value.get("adjustments", {})),
            filter=Filter(**value["filter"]) if "filter" in value else None,
            overlay=Layer(**value["overlay"]) if "overlay" in value else None,
            texture=Layer(**value["texture"]) if "texture" in value else None,
            text=tuple(Text(**line) for line in value.get("text", ())),
            signature=(
                Signature.from_json(value["signature"])
                if "signature" in value
                else None
            ),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the shortest JSON object that gives this recipe."""
        recipe: dict[str, Any] = {"version": 1}
        if self.crop != _WHOLE:
            recipe["crop"] = list(self.crop)
        if self.straighten:
            recipe["straighten"] = self.straighten
        adjustments = {
            name: value for name, value in asdict(self.adjustments).items() if value
        }
        if adjustments:
            recipe["adjustments"] = adjustments
        for name in ("filter", "overlay", "texture", "signature"):
            part = getattr(self, name)
            if part is not None:
                recipe[name] = asdict(part)
        if self.text:
            recipe["text"] = [asdict(line) for line in self.text]
        if self.signature is not None:
            recipe["signature"]["strokes"] = [
                [list(point) for point in stroke] for stroke in self.signature.strokes
            ]
        return recipe

    def shown_size(self, size: Size) -> Size:
        """Return how large the crop of a picture of this size is, px."""
        shown = self._shown(size)
        return Size(max(1, round(shown[2])), max(1, round(shown[3])))

    def corner_map(self, size: Size) -> tuple[float, float, float, float, float, float]:
        """Return (a, b, c, d, e, f): shown px (x, y) lie at
        (a x + b y + c, d x + e y + f) of a picture of this size.
        """
        centre_x, centre_y, width, height = self._shown(size)
        # What turns clockwise is the picture; so we look along the other way.
        angle = math.radians(-self.straighten)
        cos, sin = math.cos(angle), math.sin(angle)
        return (
            cos,
            -sin,
            centre_x - cos * width / 2 + sin * height / 2,
            sin,
            cos,
            centre_y - sin * width / 2 - cos * height / 2,
        )

    def shown_point(self, x: float, y: float, size: Size) -> tuple[float, float] | None:
        """Map a point in [0, 1] of the master to the styled picture.

        None if the crop leaves it out. ``size`` is the master's.
        """
        a, b, c, d, e, f = self.corner_map(size)
        dx, dy = x * size.width - c, y * size.height - f
        # A turn's inverse is its transpose.
        shown = self._shown(size)
        at = (a * dx + d * dy) / shown[2], (b * dx + e * dy) / shown[3]
        if all(0 <= part <= 1 for part in at):
            return at
        return None

    def _shown(self, size: Size) -> tuple[float, float, float, float]:
        """Return centre x, centre y, width and height of what is shown, px.

        Shrunk about its centre as far as the turned rectangle needs to stay in.
        """
        x, y, width, height = self.crop
        half_width = width * size.width / 2
        half_height = height * size.height / 2
        centre_x = x * size.width + half_width
        centre_y = y * size.height + half_height
        angle = math.radians(abs(self.straighten))
        reach_x = half_width * math.cos(angle) + half_height * math.sin(angle)
        reach_y = half_width * math.sin(angle) + half_height * math.cos(angle)
        factor = min(
            1.0,
            centre_x / reach_x,
            (size.width - centre_x) / reach_x,
            centre_y / reach_y,
            (size.height - centre_y) / reach_y,
        )
        return centre_x, centre_y, half_width * 2 * factor, half_height * 2 * factor


def recipe_from(value: Mapping[str, Any] | None) -> Recipe | None:
    """Return the recipe of a row's JSON, None for an empty one."""
    return Recipe.from_json(dict(value)) if value else None
