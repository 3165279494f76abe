"""The pages only the complete site has: its home page and its plain texts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from cms.blocks import story_blocks
from ugc.models import Surface

from .blocks import HeroPhotosBlock


class ShopHomePage(Page):
    """The front of the shop: a window of customers' photos, then a story."""

    page_ptr = models.OneToOneField(
        Page,
        on_delete=models.CASCADE,
        parent_link=True,
        related_name="shoppable_site_shophomepage",
    )
    hero_title = models.CharField(_("headline"), max_length=120, blank=True)
    hero_text = models.TextField(_("text below it"), max_length=400, blank=True)
    hero = StreamField(
        [("photos", HeroPhotosBlock())],
        verbose_name=_("photos in the window"),
        max_num=1,
        blank=True,
    )
    story = StreamField(story_blocks(), verbose_name=_("story"), blank=True)

    #: What may show here: photos whose permission covers galleries.
    photo_surface = Surface.GALLERIES

    content_panels: ClassVar = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("hero_title"), FieldPanel("hero_text"), FieldPanel("hero")],
            heading=_("Window"),
        ),
        FieldPanel("story"),
    ]
    parent_page_types: ClassVar = ["wagtailcore.Page"]
    template = "shoppable_site/shop_home_page.html"

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")


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

    is_legal = models.BooleanField(
        _("a legal text"),
        default=False,
        help_text=_("The checkout and order mails link to it as well."),
    )

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("body"),
        FieldPanel("is_legal"),
    ]
    parent_page_types: ClassVar = ["shoppable_site.ShopHomePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "shoppable_site/shop_text_page.html"

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")


class SeedingState(models.Model):
    """How far the demo shop is filled. One row; a killed seeding goes on from it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1), name="site_seeding_state_one_row"
            )
        ]


class SeededPhoto(models.Model):
    """Which file of the demo became which photo.

    Written in the transaction that submits the photo, so a seeding that is
    killed in between neither loses a photo nor sends it twice.
    """

    file = models.CharField(max_length=200, unique=True)
    photo = models.OneToOneField(
        "shoppable_ugc.Photo", on_delete=models.CASCADE, related_name="+"
    )

    def __str__(self) -> str:
        return self.file
