"""Who may see a photo's own page: secret tokens, and the cookie that holds them.

The cookie holds tokens, the first one perhaps a contributor's, others of single
photos whose secret link was opened here. Opening a link never replaces the
contributor this browser is: else somebody could send their own link round and
have strangers' uploads land in their account.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from . import conf
from .models import AccessToken, Contributor, Photo, PhotoQuerySet

COOKIE = "shoppable_contributor"
COOKIE_AGE = 365 * 24 * 3600  # seconds
MODERATE = "shoppable_ugc.moderate_photo"

# A cookie of 12 tokens of 64 characters stays far below 4 KB.
_MAX_TOKENS = 12


def hash_token(token: str) -> str:
    """What is stored of a token. No salt: it has 256 random bits itself."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(contributor: Contributor) -> str:
    """Make a token for all of a contributor's photos; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    AccessToken.objects.create(contributor=contributor, token_hash=hash_token(token))
    return token


def photo_token(photo: Photo) -> str:
    """The token of a photo's secret link, made when first asked for.

    Derived from the secret key, so that it can be shown again although only
    its hash is stored.
    """
    token = salted_hmac(
        "ugc.access.photo_token",
        f"{photo.pk}:{photo.public_id}",
        algorithm="sha256",
    ).hexdigest()
    AccessToken.objects.get_or_create(
        token_hash=hash_token(token),
        defaults={"contributor_id": photo.contributor_id, "photo": photo},
    )
    return token


@dataclass(frozen=True, slots=True)
class Holder:
    """What the sender of a request holds: hashes of tokens, and rights."""

    hashes: tuple[str, ...]

    def photos(self) -> PhotoQuerySet:
        """The photos they may see and change; their own, in any state."""
        if not self.hashes:
            return Photo.objects.none()
        tokens = AccessToken.objects.filter(
            Q(photo=None) | Q(photo=OuterRef("pk")),
            contributor=OuterRef("contributor"),
            token_hash__in=self.hashes,
        )
        return Photo.objects.filter(Exists(tokens))

    def contributor(self) -> Contributor | None:
        """The contributor this browser uploads as; a photo's link is not enough."""
        if not self.hashes:
            return None
        tokens = AccessToken.objects.filter(
            token_hash__in=self.hashes, photo=None
        ).select_related("contributor")
        own = {token.token_hash: token.contributor for token in tokens}
        # In the cookie's order: what was there first stays.
        return next((own[each] for each in self.hashes if each in own), None)


def holder_of(request: HttpRequest) -> Holder:
    """What the request's cookie holds. No query."""
    return Holder(hashes=tuple(hash_token(token) for token in _tokens(request)))


def may_moderate(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the user may see every photo."""
    return bool(getattr(user, "is_active", False) and user.has_perm(MODERATE))  # type: ignore[union-attr]  # hosts' users have permissions


def open_token(token: str) -> AccessToken | None:
    """The row of a secret link's token, its use noted; None if there is none.

    Links are of single photos. A contributor's token only ever lies in a cookie:
    as a link, it would have strangers upload into whoever sent it round.
    """
    row = (
        AccessToken.objects.filter(token_hash=hash_token(token), photo__isnull=False)
        .select_related("photo")
        .first()
    )
    if row is None or not constant_time_compare(row.token_hash, hash_token(token)):
        return None
    AccessToken.objects.filter(pk=row.pk).update(last_used_at=Now())
    return row


def remember(
    request: HttpRequest, response: HttpResponse, token: str, *, first: bool = False
) -> None:
    """Add a token to the cookie; ``first`` for a contributor's own.

    When the cookie is full the oldest token of a single photo gives way.
    """
    held = [other for other in _tokens(request) if other != token]
    tokens = [token, *held] if first else [*held[:1], token, *held[1:]]
    response.set_cookie(
        COOKIE,
        ".".join(tokens[:_MAX_TOKENS]),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=conf.cookie_secure(),
    )


def _tokens(request: HttpRequest) -> Sequence[str]:
    raw = request.COOKIES.get(COOKIE, "")
    return [token for token in raw.split(".") if 20 <= len(token) <= 100][:_MAX_TOKENS]
