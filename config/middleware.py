"""What the complete site refuses before anything reads it."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase


class RefuseNullBytes:
    """Answer 400 to a null byte in an address: PostgreSQL takes none in a text.

    Forms refuse them by themselves; this is for what views and Wagtail's admin
    read from the address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("A null byte in the address.")
        return self.get_response(request)
