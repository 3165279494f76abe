"""System checks: wrong settings, found before the first page."""

from __future__ import annotations

import re
from typing import Any

from django.core.checks import CheckMessage, Error, register

from . import conf

_SLUGS = re.compile(r"[\w-]+(/[\w-]+)*")


@register("shoppable_cms")
def check_shop_path(**_kwargs: Any) -> list[CheckMessage]:
    """CMS_SHOP_PATH is made of slugs."""
    path = conf.shop_path()
    if _SLUGS.fullmatch(path):
        return []
    return [
        Error(
            f"CMS_SHOP_PATH: {path!r} is no path of slugs.",
            hint='Write one or more slugs, such as "shop" or "en/shop", '
            "or leave it out.",
            id="cms.E001",
        )
    ]


@register("shoppable_cms")
def check_numbers(**_kwargs: Any) -> list[CheckMessage]:
    """Counts are whole numbers, and a page shows at least one photo."""
    messages: list[CheckMessage] = []
    for name, read, least in (
        ("CMS_GALLERY_PAGE_SIZE", conf.gallery_page_size, 1),
        ("CMS_VIEWED_ONE_IN", conf.viewed_one_in, 0),
    ):
        try:
            is_good = read() >= least
        except (TypeError, ValueError):
            is_good = False
        if not is_good:
            messages.append(
                Error(
                    f"{name} is no whole number from {least} on.",
                    hint="Leave it out to have the default.",
                    id="cms.E002",
                )
            )
    return messages
