"""Settings of this app, their units and defaults; read each time they are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from media_pipeline import conf as pipeline_conf


def catalogue() -> str:
    """UGC_CATALOGUE: dotted path of a class fitting ``ugc.catalogue.Catalogue``."""
    return str(getattr(settings, "UGC_CATALOGUE", "ugc.catalogue.NoCatalogue"))


def site_url() -> str:
    """UGC_SITE_URL: scheme and host in front of the links in mails, no slash."""
    return str(getattr(settings, "UGC_SITE_URL", "http://127.0.0.1:8000")).rstrip("/")


def min_age() -> int:
    """UGC_MIN_AGE: years; the age statement of the permission text. Default 16."""
    return int(getattr(settings, "UGC_MIN_AGE", 16))


def publish_inline() -> bool:
    """UGC_PUBLISH_INLINE: copy files in the approving request. Default True.

    Right where the public storage is a local folder; with a store behind the
    network leave it to the worker.
    """
    return bool(getattr(settings, "UGC_PUBLISH_INLINE", True))


def uploads_per_hour() -> int:
    """UGC_UPLOADS_PER_HOUR: photos one contributor may send. Default 30."""
    return int(getattr(settings, "UGC_UPLOADS_PER_HOUR", 30))


def uploads_per_hour_and_address() -> int:
    """UGC_UPLOADS_PER_HOUR_AND_ADDRESS: photos from one address. Default 120.

    Higher than the contributor's, since a household or a whole mobile network
    may share one address.
    """
    return int(getattr(settings, "UGC_UPLOADS_PER_HOUR_AND_ADDRESS", 120))


def client_address(request: HttpRequest) -> str:
    """UGC_CLIENT_ADDRESS: dotted path of a callable(request) -> address.

    Default: the peer's address. Behind a proxy set one that reads the header
    this proxy writes.
    """
    path = getattr(settings, "UGC_CLIENT_ADDRESS", None)
    if path is None:
        return str(request.META.get("REMOTE_ADDR", ""))
    return cast("Callable[[HttpRequest], str]", import_string(path))(request)


def photo_url(public_id: str) -> str:
    """UGC_PHOTO_URL: dotted path of a callable(public_id) -> the public page.

    Default "": there is none, and nothing links to it.
    """
    path = getattr(settings, "UGC_PHOTO_URL", "")
    if not path:
        return ""
    return cast("Callable[[str], str]", import_string(path))(public_id)


def credit_line() -> str:
    """UGC_CREDIT_LINE: written into each picture, as "{name} for Our Shop".

    This and the next three: "{name}" is the persona's, "{year}" the upload's,
    "{photo_url}" the photo's public page. Default "": nothing is said.
    """
    return str(getattr(settings, "UGC_CREDIT_LINE", ""))


def copyright() -> str:
    """UGC_COPYRIGHT: the copyright notice, as "© {year} {name}". Default ""."""
    return str(getattr(settings, "UGC_COPYRIGHT", ""))


def licence_url() -> str:
    """UGC_LICENCE_URL: where a licence can be had, as "{photo_url}". Default ""."""
    return str(getattr(settings, "UGC_LICENCE_URL", ""))


def web_statement() -> str:
    """UGC_WEB_STATEMENT: address of the page that states the rights. Default ""."""
    return str(getattr(settings, "UGC_WEB_STATEMENT", ""))


def cookie_secure() -> bool:
    """UGC_COOKIE_SECURE: send the cookie over HTTPS only.

    Default: as SESSION_COOKIE_SECURE.
    """
    return bool(getattr(settings, "UGC_COOKIE_SECURE", settings.SESSION_COOKIE_SECURE))


def tag_min_confidence() -> float:
    """UGC_TAG_MIN_CONFIDENCE: in [0, 1]; tags of less are not kept. Default 0.5."""
    return float(getattr(settings, "UGC_TAG_MIN_CONFIDENCE", 0.5))


def refuses_banned() -> bool:
    """UGC_REFUSE_BANNED: refuse what is for certain on the ban list. Default True.

    Without it a person decides, as on all else.
    """
    return bool(getattr(settings, "UGC_REFUSE_BANNED", True))


def max_upload_bytes() -> int:
    """What the pipeline takes, in bytes: MEDIA_PIPELINE_MAX_UPLOAD_BYTES."""
    return pipeline_conf.max_upload_bytes()
