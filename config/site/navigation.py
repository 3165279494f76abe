"""The pages in head and foot, and the same page in the other languages."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language, get_language_info
from wagtail.models import Page, Site

from .models import ShopTextPage


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Navigation:
    """What the editors put below the home page of one language."""

    home_url: str
    menu: tuple[Link, ...]  # pages shown in menus
    foot: tuple[Link, ...]  # imprint, privacy and their like


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same page in one language; ``url`` is a path."""

    language: str
    name: str  # the language's own name for itself
    url: str
    is_current: bool
    is_translation: bool  # False: leads to that language's home page only


def navigation(request: HttpRequest) -> Navigation:
    """Return the links of the active language, in one query."""
    language = _language()
    home_url = f"/{language}/"
    root_path = _root_path(language)
    if not root_path:
        return Navigation(home_url, (), ())
    # Wagtail keeps the tree's root and its home pages on depths 1 and 2.
    pages = (
        Page.objects.live()
        .filter(url_path__startswith=root_path, depth=3)
        .select_related("content_type")
        .order_by("path")
    )
    menu: list[Link] = []
    foot: list[Link] = []
    for page in pages:
        url = home_url + page.url_path.removeprefix(root_path)
        link = Link(page.title, url, is_current=request.path.startswith(url))
        if page.show_in_menus:
            menu.append(link)
        elif page.cached_content_type.model_class() is ShopTextPage:
            foot.append(link)
    return Navigation(home_url, tuple(menu), tuple(foot))


def legal_links() -> list[tuple[str, str]]:
    """Return label and address of the legal texts (``STOREFRONT_LEGAL_LINKS``).

    In the active language, in one query.
    """
    language = _language()
    root_path = _root_path(language)
    if not root_path:
        return []
    pages = ShopTextPage.objects.live().filter(
        url_path__startswith=root_path, is_legal=True
    )
    return [
        (page.title, f"/{language}/{page.url_path.removeprefix(root_path)}")
        for page in pages.order_by("path")
    ]


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _root_path(language: str) -> str:
    """Return where in Wagtail's tree that language's home page lies, or ""."""
    return next(
        (
            each.root_path
            for each in Site.get_site_root_paths()
            if each.language_code == language
        ),
        "",
    )


def alternates(request: HttpRequest, page: Page | None) -> list[Alternate]:
    """Return the page of this request in every language of the site."""
    active = _language()
    paths = (
        _wagtail_paths(request, page)
        if page is not None and page.pk is not None
        else {code: translate_url(request.path, code) for code, _ in settings.LANGUAGES}
    )
    found = []
    for code, _name in settings.LANGUAGES:
        path = request.path if code == active else paths.get(code, "")
        found.append(
            Alternate(
                language=code,
                name=get_language_info(code)["name_local"].capitalize(),
                url=path or f"/{code}/",
                is_current=code == active,
                is_translation=bool(path),
            )
        )
    return found


def _wagtail_paths(request: HttpRequest, page: Page) -> dict[str, str]:
    """Return path by language of the live translations, one or two queries.

    What a routable page adds to its own address (a product below the shop) is
    added to its translations too: keys are the same in every language. An
    editor's product page without a translation falls back to the shop's
    default weaving of that product, which lives at the same address below the
    parent.
    """
    own = page.get_url(request) or ""
    rest = request.path[len(own) :] if own and request.path.startswith(own) else ""
    paths = _live_translations(request, page, rest)
    if len(paths) + 1 < len(settings.LANGUAGES):
        parent = page.get_parent()
        if parent is not None and getattr(
            parent.specific_class, "serves_missing_children", False
        ):
            for code, path in _live_translations(
                request, parent, f"{page.slug}/{rest}"
            ).items():
                paths.setdefault(code, path)
    return paths


def _live_translations(request: HttpRequest, page: Page, rest: str) -> dict[str, str]:
    return {
        each.locale.language_code: url + rest
        for each in page.get_translations().live().select_related("locale")
        if (url := each.get_url(request))
    }
