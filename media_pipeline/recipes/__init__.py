"""An author's styling: its schema, its geometry, its renderer."""

from __future__ import annotations

from .cubes import CUBES
from .filters import FILTERS
from .recipe import Adjustments, Filter, Recipe, recipe_from
from .render import apply_recipe
from .schema import schema

__all__ = [
    "CUBES",
    "FILTERS",
    "Adjustments",
    "Filter",
    "Recipe",
    "apply_recipe",
    "recipe_from",
    "schema",
]
