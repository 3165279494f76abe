"""What the one proxy in front of the site says of a visitor."""

from __future__ import annotations

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that our own proxy saw: the last one of ``X-Forwarded-For``.

    Those before it are whatever the visitor wrote there.
    """
    forwarded: str = request.headers.get("X-Forwarded-For", "")
    last = forwarded.rpartition(",")[2].strip()
    return last or str(request.META.get("REMOTE_ADDR", ""))
