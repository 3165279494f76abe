"""What can go wrong, split by what the caller should do."""

from __future__ import annotations


class UgcError(Exception):
    """Something about customers' photos did not work."""


class NotPossible(UgcError):
    """The photo's state does not allow it; ask for the photo again."""


class ChangedMeanwhile(NotPossible):
    """The author has changed it since it was seen; look at it again."""


class TooManyUploads(UgcError):
    """This origin has uploaded enough for this hour; try later."""


class UnknownProduct(UgcError):
    """The catalogue knows no product with this key."""


class UnknownReason(UgcError):
    """No such reason code."""
