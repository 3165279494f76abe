"""Forms on pages that anyone may cache: no cookie, no token, own pages only."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

P = ParamSpec("P")


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages sent the request.

    By Sec-Fetch-Site (Fetch Metadata, W3C), which no page can forge, and by
    Origin (RFC 6454). Either may be missing, in older browsers or behind
    privacy settings, but not both, and none may speak against it.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    # "null" is what a page sends whose referrer policy hides its origin.
    origin = request.headers.get("Origin", "").removesuffix("/")
    origin = "" if origin == "null" else origin
    if not site and not origin:
        return False
    # "none": typed or reloaded by the person, not sent by another page.
    if site and site not in ("same-origin", "none"):
        return False
    if origin:
        here = f"{request.scheme}://{request.get_host()}"
        return origin == here or origin in settings.CSRF_TRUSTED_ORIGINS
    return True


def same_origin_post(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let only POSTs from our own pages pass, in place of the CSRF cookie.

    Others get a page that says what happened and what to do.
    """

    @functools.wraps(view)
    def checked(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if is_from_here(request):
            return view(request, *args, **kwargs)
        return TemplateResponse(request, "shoppable_store/403.html", {}, status=403)

    return csrf_exempt(require_POST(checked))
