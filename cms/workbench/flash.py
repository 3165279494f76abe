"""What just happened, told once on the next page, with a way to undo it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from ugc.models import Decision

_KEY = "shoppable_workbench_flash"
_UNDO_KEY = "shoppable_workbench_undo"


def tell(
    request: HttpRequest,
    text: str,
    *,
    level: str = "success",
    undo: Sequence[Decision] = (),
) -> None:
    """Tell the editor on the next page; ``level`` is success, warning or error.

    ``undo``: the decisions that can be taken back from there.
    """
    flashes: list[dict[str, Any]] = request.session.setdefault(_KEY, [])
    flashes.append({"text": text, "level": level, "can_undo": bool(undo)})
    if undo:
        request.session[_UNDO_KEY] = [decision.pk for decision in undo]
    request.session.modified = True


def pop_told(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what there is to tell, oldest first, and forget it."""
    flashes: list[dict[str, Any]] = request.session.pop(_KEY, [])
    return flashes


def pop_undo(request: HttpRequest) -> list[int]:
    """Return the ids of the decisions made last, and forget them."""
    decisions: list[int] = request.session.pop(_UNDO_KEY, [])
    return decisions
