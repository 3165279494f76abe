"""Permissions that end by themselves."""

from __future__ import annotations

from django.utils import timezone

from outbox import leases
from ugc.models import Expiry

from .authorship import apply_permissions


def end_permissions(expiry_id: int) -> bool:
    """Take down what is no longer allowed. Return whether this call settled it."""
    lease = leases.claim(Expiry, expiry_id)
    if lease is None:
        return False
    with lease.kept_alive():
        # The database says it is due; our own clock may be behind it.
        now = max(timezone.now(), lease.row.not_before)
        apply_permissions(lease.row.photo_id, now=now)
    return lease.finish()
