"""The pages only the complete site has: its home page and its plain texts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page


class ShopTextPage(Page):
    """A plain text, such as the imprint. The foot of every page links to it."""

    page_ptr = models.OneToOneField(
        Page,
        on_delete=models.CASCADE,
        parent_link=True,
        related_name="shoppable_site_shoptextpage",
    )
    body = RichTextField(
        _("text"), features=["h2", "h3", "bold", "italic", "ol", "ul", "link"]
    )

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("body")]
    parent_page_types: ClassVar = ["shoppable_site.ShopHomePage"]
    subpage_types: ClassVar = []
    template = "shoppable_site/shop_text_page.html"

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")
