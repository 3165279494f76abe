"""The trust boundary: hostile bytes in, a frame and clean files out.

``opened`` and ``rendered`` are all that the rest of the package uses. The worker never decodes.
"""

from __future__ import annotations

from .answers import EncodedFile
from .client import OpenedPicture, Rendered, close, opened, rendered
from .notes import RenditionNotes

__all__ = [
    "EncodedFile",
    "OpenedPicture",
    "Rendered",
    "RenditionNotes",
    "close",
    "opened",
    "rendered",
]
