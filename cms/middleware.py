"""A policy of their own for the editors' pages."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse


class EditorPolicyMiddleware:
    """Replace the content security policy below the editors' address.

    Wagtail's page editor needs inline scripts and styles, and its preview is a
    frame of the same site. ``CONTENT_SECURITY_POLICY_EDITORS`` holds the
    directives; the shoppers' pages keep the strict policy. Stands right below
    ``csp.middleware.CSPMiddleware``, which writes the header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        policy = getattr(settings, "CONTENT_SECURITY_POLICY_EDITORS", None)
        if policy and _is_editors(request):
            # A page's preview has been through all middleware under the page's
            # own address and brings the shoppers' policy along.
            del response["Content-Security-Policy"]
            # django-csp reads the policy of one response from this attribute.
            response._csp_config = policy  # type: ignore[attr-defined]
            response["X-Frame-Options"] = "SAMEORIGIN"
        return response


def _is_editors(request: HttpRequest) -> bool:
    try:
        home = reverse("wagtailadmin_home")
    except NoReverseMatch:
        return False
    return request.path.startswith(home)
