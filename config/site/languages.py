"""The language of an address."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from wagtail.models import Page


class LanguageMiddleware(LocaleMiddleware):
    """Django's, which leads from ``/shop/`` to ``/en/shop/``; not from what is nowhere.

    Django asks whether the address with a language would fit a pattern, and Wagtail's
    fits any: what is not there would be looked for twice.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if (
            response.status_code != 404
            or translation.get_language_from_path(request.path_info)
            or _is_there_with_a_language(request)
        ):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


def _is_there_with_a_language(request: HttpRequest) -> bool:
    if request.resolver_match is not None:
        return False  # the address has a view, and that has said no
    address = f"/{translation.get_language()}{request.path_info}"
    if settings.APPEND_SLASH and not address.endswith("/"):
        return _leads_somewhere(request, address) or _leads_somewhere(
            request, f"{address}/"
        )
    return _leads_somewhere(request, address)


def _leads_somewhere(request: HttpRequest, address: str) -> bool:
    try:
        match = resolve(address)
    except Resolver404:
        return False
    if match.url_name != "wagtail_serve":
        return True
    return Page.route_for_request(request, *match.args) is not None
