"""Settings of this package, read each time they are asked."""

from __future__ import annotations

from django.conf import settings


def shop_path() -> str:
    """``CMS_SHOP_PATH``: where the shop page lies below the home page, one or
    more slugs, the same in every language. Default ``"shop"``."""
    return str(getattr(settings, "CMS_SHOP_PATH", "shop")).strip("/")


def gallery_page_size() -> int:
    """``CMS_GALLERY_PAGE_SIZE``: photos before "more photos" on product pages.
    Default 24."""
    return int(getattr(settings, "CMS_GALLERY_PAGE_SIZE", 24))


def photo_pages_are_indexed() -> bool:
    """``CMS_PHOTO_PAGES_ARE_INDEXED``: whether search engines may list the
    photos' own pages. Default True."""
    return bool(getattr(settings, "CMS_PHOTO_PAGES_ARE_INDEXED", True))


def viewed_one_in() -> int:
    """``CMS_VIEWED_ONE_IN``: of so many requests for a photo's own page, or for a
    product's with a leading photo, one by chance has smaller AVIFs made of that
    photo, unless it has them. 0: never. Default 20."""
    return int(getattr(settings, "CMS_VIEWED_ONE_IN", 20))
