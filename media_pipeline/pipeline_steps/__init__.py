"""The built-in steps. They enter by the same door as anyone's: importing registers.

Their order here means nothing; ``pipeline.DEFAULT_STEPS`` says which of them run.
"""

from . import (
    categories,
    clothing,
    codes,
    colours,
    duplicates,
    faces,
    hashes,
    moderation,
    objects,
    own_labels,
    products,
    prompts,
    provenance,
    quality,
    resolution,
    tags,
    text,
)

__all__ = [
    "categories",
    "clothing",
    "codes",
    "colours",
    "duplicates",
    "faces",
    "hashes",
    "moderation",
    "objects",
    "own_labels",
    "products",
    "prompts",
    "provenance",
    "quality",
    "resolution",
    "tags",
    "text",
]
