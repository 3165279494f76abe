"""The demo shop's pages, in English and German, as an editor would build them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import override
from wagtail.models import GroupPagePermission, Locale, Page, Site

from cms.pages.models import (
    ShoppableGalleryPage,
    ShoppableProductPage,
    ShoppableShopPage,
)
from ugc.models import Surface

from . import demo_texts as texts
from .demo_files import DemoPhoto
from .models import SeededPhoto, ShopHomePage, ShopTextPage

LANGUAGES = ("en", "de")
# Any: a block's value is whatever JSON its type stores.
Story = list[tuple[str, Any]]

# Files of the window and of stories; what is not public leaves no gap.
WINDOW = (
    "coffee-mugs-circle",
    "succulents-from-above",
    "suits-and-hats",
    "leather-sofa-loft",
    "throw-on-armchair",
)
CARDS = (
    "stoneware-cup",
    "leather-sofa",
    "small-house-plant",
    "reflex-camera",
    "wool-blazer",
    "reading-armchair",
    "white-leather-trainer",
    "woven-cushion",
)


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """One page in every language; ``key`` says which it is, ``parent`` below which."""

    key: str
    parent: str
    page_class: type[Page]
    in_menu: bool = False
    # Per language: the model's fields.
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)


def build_pages(photos: Sequence[DemoPhoto]) -> Iterator[tuple[int, str]]:
    """Make the pages that are missing; yield number of all and the title of each.

    A page that is there stays as it is: an editor may have changed it.
    """
    plans = _plans(_PhotoIds(photos))
    total = len(plans) * len(LANGUAGES)
    made: dict[tuple[str, str], Page] = {}
    for plan in plans:
        for language in LANGUAGES:
            with transaction.atomic(), override(language):
                parent = (
                    made[plan.parent, language]
                    if plan.parent
                    else Page.get_first_root_node()
                )
                page = _ensure(plan, language, parent, made.get((plan.key, "en")))
                made[plan.key, language] = page
            yield total, page.title
        if not plan.parent:
            _open_site([made[plan.key, language] for language in LANGUAGES])


def _ensure(
    plan: PlannedPage, language: str, parent: Page, original: Page | None
) -> Page:
    fields = dict(plan.fields[language])
    slug = fields.pop("slug")
    there = parent.get_children().filter(slug=slug).first()
    if there is not None:
        return there.specific
    page = plan.page_class(
        slug=slug,
        locale=Locale.objects.get(language_code=language),
        show_in_menus=plan.in_menu,
        **fields,
    )
    if original is not None:
        page.translation_key = original.translation_key
    parent.add_child(instance=page)
    page.save_revision().publish()
    return page


def _open_site(homes: list[Page]) -> None:
    """Make the first home the site's root, and let the editors work below all."""
    with transaction.atomic():
        site = Site.objects.filter(is_default_site=True).first() or Site(
            is_default_site=True, hostname="127.0.0.1", port=8000
        )
        before = site.root_page if site.pk else None
        site.root_page = homes[0]
        site.site_name = "Schaufenster"
        site.save()
        # Wagtail's own greeting, which nobody wrote.
        if before is not None and before.specific_class is Page:
            before.delete()
        group = Group.objects.filter(name=texts.EDITORS_GROUP).first()
        if group is None:
            return
        for codename in ("add_page", "change_page", "publish_page"):
            permission = Permission.objects.get(
                content_type__app_label="wagtailcore", codename=codename
            )
            for home in homes:
                GroupPagePermission.objects.get_or_create(
                    group=group, page=home, permission=permission
                )


class _PhotoIds:
    """Primary keys by file name, of photos that may stand in galleries."""

    def __init__(self, photos: Sequence[DemoPhoto]) -> None:
        names = {photo.file: photo.file.rsplit("/", 1)[-1] for photo in photos}
        public = SeededPhoto.objects.filter(
            photo__public_surfaces__gt=0, file__in=names
        ).select_related("photo")
        self._ids = {
            names[row.file].removesuffix(".jpg"): row.photo_id
            for row in public
            if Surface.GALLERIES in row.photo.public
        }

    def of(self, *names: str) -> list[int]:
        return [self._ids[name] for name in names if name in self._ids]


# --- the plan --------------------------------------------------------------------


def _plans(ids: _PhotoIds) -> list[PlannedPage]:
    """Return the pages, parents before children."""
    plans = [
        PlannedPage(
            "home",
            "",
            ShopHomePage,
            fields={
                language: {
                    **texts.HOME[language],
                    "hero": _stream([("photos", {"photos": ids.of(*WINDOW)})]),
                    "story": _stream(_home_story(language, ids)),
                }
                for language in LANGUAGES
            },
        ),
        PlannedPage("shop", "home", ShoppableShopPage, in_menu=True, fields=texts.SHOP),
        PlannedPage(
            "galleries",
            "home",
            ShoppableGalleryPage,
            in_menu=True,
            fields={
                language: {
                    **texts.GALLERIES[language],
                    "story": _stream(_galleries_story(language)),
                }
                for language in LANGUAGES
            },
        ),
        PlannedPage(
            "green",
            "galleries",
            ShoppableGalleryPage,
            fields={
                language: {
                    **texts.GREEN[language],
                    "story": _stream(_green_story(language, ids)),
                }
                for language in LANGUAGES
            },
        ),
        PlannedPage(
            "cup",
            "shop",
            ShoppableProductPage,
            fields={
                language: {
                    **texts.CUP[language],
                    "slug": "stoneware-cup",
                    "product_key": "stoneware-cup",
                    "after": _stream(_cup_story(language, ids)),
                }
                for language in LANGUAGES
            },
        ),
    ]
    plans += [
        PlannedPage(key, "home", ShopTextPage, fields=fields)
        for key, fields in texts.TEXT_PAGES.items()
    ]
    return plans


def _home_story(language: str, ids: _PhotoIds) -> Story:
    words = texts.HOME_STORY[language]
    return [
        _by_rule(words["newest"], rule="newest", count=12),
        ("product_cards", {"heading": words["cards"], "products": list(CARDS)}),
        *_shoppable(words["one_photo"], ids.of("cushion-and-mug")),
    ]


def _galleries_story(language: str) -> Story:
    words = texts.GALLERY_WORDS[language]
    return [
        _by_rule(heading, rule="tag", word=word, count=6, is_led=number == 0)
        for number, (word, heading) in enumerate(words.items())
    ]


def _green_story(language: str, ids: _PhotoIds) -> Story:
    words = texts.GREEN_STORY[language]
    return [
        ("text", words["first"]),
        *_shoppable("", ids.of("succulents-from-above")),
        ("text", words["second"]),
        _by_rule(words["gallery"], rule="tag", word="green", count=12),
        (
            "product_cards",
            {
                "heading": words["cards"],
                "products": [
                    "small-house-plant",
                    "hanging-plant",
                    "bonsai",
                    "potted-flowers",
                ],
            },
        ),
    ]


def _cup_story(language: str, ids: _PhotoIds) -> Story:
    words = texts.CUP_STORY[language]
    return [
        ("heading", words["heading"]),
        ("text", words["text"]),
        *_shoppable("", ids.of("latte-art")),
    ]


def _by_rule(
    heading: str, *, rule: str, count: int, word: str = "", is_led: bool = False
) -> tuple[str, dict[str, Any]]:
    value = {
        "heading": heading,
        "rule": rule,
        "product": "",
        "word": word,
        "count": count,
        "is_led": is_led,
    }
    return "gallery_by_rule", value


def _shoppable(heading: str, ids: list[int]) -> Story:
    return [
        ("shoppable_photo", {"heading": heading, "photo": photo_id}) for photo_id in ids
    ]


def _stream(story: Story) -> str:
    """Return a StreamField's value as it is stored."""
    return json.dumps([{"type": kind, "value": value} for kind, value in story])
