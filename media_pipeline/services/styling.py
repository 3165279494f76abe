"""How an asset's renditions look and what is written into them, as its row keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from ..sandbox.notes import RenditionNotes, strongest_source_type

if TYPE_CHECKING:
    from ..models import Asset
    from ..recipes import Recipe


def as_recipe(recipe: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a row keeps; None for an empty one. Raises ``WrongRecipe``."""
    if not recipe:
        return None
    # Here, not above: most uploads have none, and a renderer comes with it.
    from ..recipes import Recipe

    return Recipe.from_json(dict(recipe)).as_json()


def as_notes(notes: Mapping[str, str] | None) -> dict[str, str]:
    """Return what a row keeps: what is said. Raises ``TypeError`` for other notes."""
    said = asdict(RenditionNotes(**(notes or {})))
    return {name: value for name, value in said.items() if value}


def recipe_of(asset: Asset) -> Recipe | None:
    """Return the recipe to render with. Raises ``WrongRecipe``."""
    if asset.recipe is None:
        return None
    from ..recipes import Recipe

    return Recipe.from_json(asset.recipe)


def notes_of(asset: Asset) -> RenditionNotes:
    """Return the notes to write.

    The upload's source type is among them: a master doesn't tell of it any more.
    """
    notes = RenditionNotes(**asset.notes)
    stated = asset.result.get("facts", {}).get("source_type")
    return replace(notes, source_type=strongest_source_type(stated, notes.source_type))
