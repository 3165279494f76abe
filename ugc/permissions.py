"""What permissions add up to: the last answer per surface, while it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .models import NOWHERE, Permission, Surface

#: Of the words a person reads beside each switch. Change it with them; the old
#: ones stay in the repository's history under their version.
TEXT_VERSION = "2026-11"


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds now: the surfaces allowed, and the earliest end of one of them."""

    surfaces: Surface
    ends_at: datetime | None


def latest(records: Iterable[Permission]) -> dict[Surface, Permission]:
    """The record that holds for each surface; the later in order wins."""
    return {Surface(record.surface): record for record in records}


def standing(records: Iterable[Permission], *, now: datetime) -> Standing:
    """What these records, in their order, allow at that time."""
    allowed = {
        surface: record
        for surface, record in latest(records).items()
        if record.is_allowed and (record.ends_at is None or record.ends_at > now)
    }
    surfaces = NOWHERE
    for surface in allowed:
        surfaces |= surface
    ends = [record.ends_at for record in allowed.values() if record.ends_at is not None]
    return Standing(surfaces=surfaces, ends_at=min(ends, default=None))
