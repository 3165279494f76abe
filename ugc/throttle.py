"""How many photos may come from one person and one address, counted in rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import conf
from .exceptions import TooManyUploads
from .models import Contributor, UploadTally

MAILS_PER_HOUR = 3  # secret links to one address


def origins(*, address: str, contributor: Contributor | None) -> list[tuple[str, int]]:
    """The (origin, limit) pairs an upload counts for.

    An address is hashed with the secret key and the day, so that the rows tell
    nothing of who it was, nor that two days' are the same.
    """
    day = timezone.now().date().isoformat()
    found = [
        (_hash("address", f"{day}:{address}"), conf.uploads_per_hour_and_address())
    ]
    if contributor is not None:
        found.append(
            (_hash("contributor", str(contributor.pk)), conf.uploads_per_hour())
        )
    return found


def count_upload(counted: Iterable[tuple[str, int]]) -> None:
    """Count one upload, or raise TooManyUploads and count none."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        for origin, limit in counted:
            _tally, is_new = UploadTally.objects.get_or_create(origin=origin, hour=hour)
            # Conditional: two requests at once cannot both take the last place.
            if not UploadTally.objects.filter(
                origin=origin, hour=hour, count__lt=limit
            ).update(count=F("count") + 1):
                raise TooManyUploads
            if is_new:
                UploadTally.objects.filter(hour__lt=hour - timedelta(days=1)).delete()


def may_write_to(email: str) -> bool:
    """Count a mail to an address that nobody has proved to be theirs.

    Return whether it is one of the few an hour that may go there: the shop is no
    relay for those who type in other people's addresses.
    """
    try:
        count_upload([(_hash("email", email.casefold()), MAILS_PER_HOUR)])
    except TooManyUploads:
        return False
    return True


def _hash(kind: str, value: str) -> str:
    return salted_hmac(f"ugc.throttle.{kind}", value, algorithm="sha256").hexdigest()
