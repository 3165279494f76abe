"""Random keys for addresses and secret links."""

from __future__ import annotations

import secrets


def random_key() -> str:
    """A name nobody can guess: 128 random bits in 22 characters."""
    return secrets.token_urlsafe(16)
