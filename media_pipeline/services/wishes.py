"""What is wished of the second stage: which renditions, how soon, or none at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from outbox import leases
from outbox.services import ring_on_commit

from ..models import Asset, Rendering, Rendition
from .styling import as_notes, as_recipe

Kind = Rendering.Kind

#: The wish for more wins.
_IN_ORDER = (Kind.SMALL, Kind.REST, Kind.ALL)

_UNCHANGED: Final[Any] = object()


def wish(
    asset_id: int, kind: Kind, *, is_restyling: bool = False, may_wait: bool = True
) -> Rendering:
    """Return the asset's one open rendering, which now includes this wish.

    In the caller's transaction, which has locked the asset or just changed it. One
    in quarantine comes out of it by a wish for everything anew. One that may wait is
    taken up by a worker that has nothing else to do.
    """
    rendering, is_new = Rendering.objects.get_or_create(
        asset_id=asset_id,
        settled_at=None,
        defaults={"kind": kind, "is_restyling": is_restyling},
    )
    if not is_new:
        rendering.kind = max(Kind(rendering.kind), kind, key=_IN_ORDER.index)
        rendering.is_restyling |= is_restyling
        rendering.save(update_fields=["kind", "is_restyling"])
        if kind == Kind.ALL:
            leases.retry(Rendering, rendering.pk)
    ring_on_commit(rendering, may_wait=may_wait)
    return rendering


@transaction.atomic
def want_renditions(asset_id: int) -> bool:
    """Have the rest of an asset's renditions made soon: somebody will look at it.

    Return whether there is anything to make. One in quarantine stays there.
    """
    asset = _locked(asset_id)
    if asset is None or asset.state != Asset.State.PROCESSED:
        return False
    rendering = Rendering.objects.filter(asset_id=asset_id, settled_at=None).first()
    if rendering is None or rendering.kind == Kind.SMALL:
        if _is_complete(asset_id):
            return False
    elif rendering.is_quarantined:
        return False
    wish(asset_id, Kind.REST, may_wait=False)
    return True


@transaction.atomic
def want_no_renditions(asset_id: int) -> bool:
    """Take back what is still to be made: nobody will look at it.

    Return whether there was anything. A worker that is just at it leaves nothing.
    All anew stays wished: nobody else remembers that a recipe or the notes in the
    files are out of date.
    """
    _locked(asset_id)
    unwanted = (
        Rendering.objects.open()
        .filter(asset_id=asset_id, is_restyling=False)
        .exclude(kind=Kind.ALL)
    )
    return unwanted.delete()[0] > 0


def want_small(asset_ids: Iterable[int]) -> int:
    """Have better AVIFs made of public pictures that are looked at.

    Return how many were newly wished. One query and no transaction if there are none,
    so that a page may ask; the sweeper rings. Those that have them, those for which something is
    to be made, and those whose last try is in quarantine are left out.
    """
    unsettled = Rendering.objects.filter(asset_id=OuterRef("asset_id"), settled_at=None)
    wanted = Rendition.objects.filter(
        ~Q(public_name=""),
        ~Exists(unsettled),
        asset_id__in=list(asset_ids),
        format=Rendition.Format.AVIF,
        effort=Rendition.Effort.FAST,
    )
    ids = list(wanted.order_by().values_list("asset_id", flat=True).distinct())
    if not ids:
        return 0
    with transaction.atomic():
        Rendering.objects.bulk_create(
            [Rendering(asset_id=asset_id, kind=Kind.SMALL) for asset_id in ids],
            ignore_conflicts=True,  # somebody else's page has just asked
        )
    return len(ids)


@transaction.atomic
def restyle_asset(
    asset_id: int,
    *,
    recipe: Mapping[str, Any] | None = _UNCHANGED,
    notes: Mapping[str, str] | None = _UNCHANGED,
) -> bool:
    """Give an asset another recipe or other notes; its renditions are made anew.

    Return whether that changes anything. Until they are made, ``is_restyling`` keeps
    what shows the old recipe from being published. What is public already stays so:
    the caller has taken it down if it must not. Raises ``WrongRecipe``, ``TypeError``.
    """
    asset = _locked(asset_id)
    if asset is None or asset.state == Asset.State.REFUSED_FILE:
        return False
    before = (asset.recipe, asset.notes)
    if recipe is not _UNCHANGED:
        asset.recipe = as_recipe(recipe)
    if notes is not _UNCHANGED:
        asset.notes = as_notes(notes)
    if (asset.recipe, asset.notes) == before:
        return False
    asset.save(update_fields=["recipe", "notes"])
    if asset.state == Asset.State.PROCESSED:
        is_restyling = asset.recipe != before[0]
        wish(asset_id, Kind.ALL, is_restyling=is_restyling, may_wait=False)
    return True


def is_restyling(asset_id: int) -> bool:
    """Whether the renditions there are show a recipe that no longer holds."""
    return Rendering.objects.filter(
        asset_id=asset_id, settled_at=None, is_restyling=True
    ).exists()


@transaction.atomic
def render_anew(asset_id: int) -> Rendering | None:
    """Have all renditions of a processed asset encoded anew; None if it is none.

    A worker does it when it has nothing else to do, or the caller at once.
    """
    asset = _locked(asset_id)
    if asset is None or asset.state != Asset.State.PROCESSED:
        return None
    return wish(asset_id, Kind.ALL)


def _locked(asset_id: int) -> Asset | None:
    # As at the end of a rendering: it sees this wish, or we see that it is done.
    return Asset.objects.select_for_update().filter(pk=asset_id).first()


def _is_complete(asset_id: int) -> bool:
    # The first stage makes no AVIF, the second one always does.
    return Rendition.objects.filter(
        asset_id=asset_id, format=Rendition.Format.AVIF
    ).exists()
