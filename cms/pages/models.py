"""The concrete pages. Optional: a site may build its own from ``cms.page_mixins``."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page

from ..choosers import ProductChooser
from ..page_mixins import GalleryMixin, ProductMixin, ShopMixin

# django-stubs cannot see through Wagtail's untyped managers, hence the ignores.


class ShoppableShopPage(ShopMixin, Page):  # type: ignore[django-manager-missing]
    """The shop, at one address in each language."""

    page_ptr = models.OneToOneField(
        Page,
        on_delete=models.CASCADE,
        parent_link=True,
        related_name="shoppable_pages_shoppableshoppage",
    )

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("introduction")]
    subpage_types: ClassVar[list[str]] = ["shoppable_pages.ShoppableProductPage"]
    template = "shoppable_cms/shop.html"

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")


class ShoppableProductPage(ProductMixin, Page):  # type: ignore[django-manager-missing]
    """An editor's own page of one product; stands below the shop."""

    page_ptr = models.OneToOneField(
        Page,
        on_delete=models.CASCADE,
        parent_link=True,
        related_name="shoppable_pages_shoppableproductpage",
    )

    content_panels: ClassVar = [
        # Not Wagtail's title panel, which writes a slug field: the slug is the
        # product's key and no field here.
        FieldPanel("title", classname="title"),
        FieldPanel("product_key", widget=ProductChooser),
        FieldPanel("before"),
        FieldPanel("after"),
    ]
    promote_panels: ClassVar = [
        FieldPanel("seo_title"),
        FieldPanel("search_description"),
    ]
    parent_page_types: ClassVar[list[str]] = ["shoppable_pages.ShoppableShopPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "shoppable_cms/product.html"

    class Meta:
        verbose_name = _("product page")
        verbose_name_plural = _("product pages")


class ShoppableGalleryPage(GalleryMixin, Page):  # type: ignore[django-manager-missing]
    """A gallery or an editorial story."""

    page_ptr = models.OneToOneField(
        Page,
        on_delete=models.CASCADE,
        parent_link=True,
        related_name="shoppable_pages_shoppablegallerypage",
    )

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("introduction"),
        FieldPanel("story"),
    ]
    subpage_types: ClassVar[list[str]] = ["shoppable_pages.ShoppableGalleryPage"]
    template = "shoppable_cms/gallery_page.html"

    class Meta:
        verbose_name = _("gallery page")
        verbose_name_plural = _("gallery pages")
