"""Secrets in cookies, forms and links; the database keeps only their hashes."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_ORDER_SALT = "storefront.tokens.order"
# Without the letters and digits that are taken for one another.
_NUMBER_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """Return the SHA-256 of a token; enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_order_number() -> str:
    """Return a number that people can read out and nobody can count with."""
    letters = "".join(secrets.choice(_NUMBER_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def order_token(number: str, checkout_hash: str, *, token_hash: str = "") -> str:
    """Return the token of an order's page.

    It is derived, not stored, so that the mail written after the payment can
    hold it although the row has only the hash. With ``token_hash`` earlier
    secret keys are tried as well, so that it survives their rotation.
    """
    value = f"{number}:{checkout_hash}"
    tokens = [
        salted_hmac(_ORDER_SALT, value, secret=key, algorithm="sha256").hexdigest()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    for token in tokens:
        if token_hash and constant_time_compare(hashed(token), token_hash):
            return token
    return tokens[0]
