"""Customers' photos and all that is said about them."""

from __future__ import annotations

from .decisions import Decision
from .duties import Expiry, Publication
from .people import AccessToken, Consent, Contributor, Persona, UploadTally
from .permissions import Permission
from .photos import Photo, PhotoEvent, PhotoQuerySet
from .surfaces import EVERYWHERE, NOWHERE, Surface, public_q
from .tags import PhotoTag, ProductTag

__all__ = [
    "EVERYWHERE",
    "NOWHERE",
    "AccessToken",
    "Consent",
    "Contributor",
    "Decision",
    "Expiry",
    "Permission",
    "Persona",
    "Photo",
    "PhotoEvent",
    "PhotoQuerySet",
    "PhotoTag",
    "ProductTag",
    "Publication",
    "Surface",
    "UploadTally",
    "public_q",
]
