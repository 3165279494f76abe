"""What the one proxy in front of the site says of a visitor."""

from __future__ import annotations

from django.http import HttpRequest

from storefront.networks import without_port


def client_address(request: HttpRequest) -> str:
    """The address that our own proxy saw: the last one of ``X-Forwarded-For``.

    Those before it are whatever the visitor wrote there. Some proxies add the port.
    """
    forwarded: str = request.headers.get("X-Forwarded-For", "")
    last = without_port(forwarded.rpartition(",")[2])
    return last or str(request.META.get("REMOTE_ADDR", ""))
