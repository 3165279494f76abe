"""The ban list, for callers that should not load the engines behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models import Asset

if TYPE_CHECKING:
    from ..models import BannedPicture


def ban_picture(asset_id: int, *, reason: str, by: str = "") -> BannedPicture:
    """Put a picture on the ban list; see ``duplicates.ban_picture``."""
    # Here, not above: a web process that takes uploads needs no engines.
    from .. import duplicates

    return duplicates.ban_picture(asset_id, reason=reason, by=by)


def take_likeness(asset_id: int) -> None:
    """Have what a photo looks like known, so that banning it reads no file.

    Raises ``LookupError`` and what ``duplicates.likeness_of`` does.
    """
    from .. import duplicates

    asset = Asset.objects.filter(pk=asset_id, state=Asset.State.PROCESSED).first()
    if asset is None:
        raise LookupError(f"No processed asset {asset_id}.")
    duplicates.likeness_of(asset)


def lift_ban(public_id: str, *, by: str = "") -> bool:
    """Take a picture off the ban list. Return whether it was on it."""
    from .. import duplicates

    return duplicates.lift_ban(public_id, by=by)
