"""Blocks that bring photos and products into pages.

A block holds references and editors' words. What may be seen is asked at each
rendering: a photo that is no longer public is simply not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from ugc.catalogue import get_catalogue
from ugc.models import Photo, Surface

from .choosers import ProductChooserBlock, choosable_photos, photo_chooser_viewset
from .galleries import (
    RULE_CHOICES,
    Rule,
    RuleKind,
    gallery_by_hand,
    gallery_by_rule,
    with_lead,
)
from .shoppable import shoppable

MIN_COUNT, MAX_COUNT = 4, 48  # photos in one gallery
MAX_PRODUCTS = 12

PhotoChooserBlock = photo_chooser_viewset.get_block_class(
    name="PhotoChooserBlock", module_path="cms.blocks"
)


def surface_of(context: Mapping[str, Any]) -> Surface:
    """Return the surface the block is rendered on: the page says which."""
    page = context.get("page")
    return getattr(page, "photo_surface", None) or Surface.GALLERIES


def _asked_page(context: Mapping[str, Any], name: str) -> str:
    """Return the cursor in the address, if it is meant for that gallery."""
    request = context.get("request")
    if request is None or request.GET.get("gallery") != name:
        return ""
    return str(request.GET.get("after", ""))[:64]


def _serial(context: Mapping[str, Any]) -> str:
    """Return a number that no other block of this answer has, for element ids."""
    request = context.get("request")
    number = getattr(request, "_weave_serial", 0) + 1
    if request is not None:
        request._weave_serial = number
    return f"weave-{number}"


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        label = _("Heading")
        template = "shoppable_cms/blocks/heading.html"
        preview_template = "shoppable_cms/block_preview.html"
        preview_value = _("Seen at your homes")


class TextBlock(blocks.RichTextBlock):
    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "shoppable_cms/blocks/text.html"


class GalleryByHandBlock(blocks.StructBlock):
    """Chosen photos in the chosen order."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=120)
    photos = blocks.ListBlock(
        PhotoChooserBlock(label=_("Photo")),
        label=_("Photos"),
        min_num=1,
        max_num=MAX_COUNT,
    )

    def get_context(
        self, value: Any, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context)
        context["heading"] = value["heading"]
        context["gallery"] = gallery_by_hand(
            [photo.pk for photo in value["photos"] if photo is not None],
            surface=surface_of(context),
        )
        context["serial"] = _serial(context)
        return context

    def get_preview_value(self) -> Any:
        photos = choosable_photos().newest()[:6]
        return self.normalize({"heading": "", "photos": list(photos)})

    class Meta:
        icon = "image"
        label = _("Gallery by hand")
        description = _("Photos you choose, in your order.")
        template = "shoppable_cms/blocks/gallery.html"
        preview_template = "shoppable_cms/block_preview.html"


class GalleryByRuleBlock(blocks.StructBlock):
    """Photos that a rule finds, new ones by themselves."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=120)
    rule = blocks.ChoiceBlock(
        label=_("Which photos"), choices=RULE_CHOICES, default=RuleKind.NEWEST.value
    )
    product = ProductChooserBlock(
        label=_("Product"),
        required=False,
        help_text=_("For photos that show a product."),
    )
    word = blocks.CharBlock(
        label=_("Tag"),
        required=False,
        max_length=60,
        help_text=_("For photos with a tag."),
    )
    count = blocks.IntegerBlock(
        label=_("How many"),
        default=12,
        min_value=MIN_COUNT,
        max_value=MAX_COUNT,
        help_text=_("Before “more photos”."),
    )
    is_led = blocks.BooleanBlock(
        label=_("First photo large"),
        required=False,
        help_text=_("With hotspots and its products to buy."),
    )

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        errors = {}
        if cleaned["rule"] == RuleKind.PRODUCT and not cleaned["product"]:
            errors["product"] = ValidationError(_("Choose a product."))
        if cleaned["rule"] == RuleKind.TAG and not cleaned["word"].strip():
            errors["word"] = ValidationError(_("Name a tag."))
        if errors:
            raise StructBlockValidationError(block_errors=errors)
        return cleaned

    def get_context(
        self, value: Any, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context)
        rule = rule_of(value)
        surface = surface_of(context)
        gallery = gallery_by_rule(
            rule,
            surface=surface,
            count=min(max(value["count"] or MIN_COUNT, MIN_COUNT), MAX_COUNT),
            after=_asked_page(context, rule.name),
        )
        if value["is_led"]:
            gallery = with_lead(gallery, surface=surface, language=get_language() or "")
        context["heading"] = value["heading"]
        context["gallery"] = gallery
        context["serial"] = _serial(context)
        return context

    class Meta:
        icon = "snippet"
        label = _("Gallery by rule")
        description = _("The newest photos, or those with a product or a tag.")
        template = "shoppable_cms/blocks/gallery.html"
        preview_template = "shoppable_cms/block_preview.html"


def rule_of(value: Mapping[str, Any]) -> Rule:
    """Return the rule a gallery block's value describes."""
    kind = RuleKind(value["rule"] or RuleKind.NEWEST)
    if kind is RuleKind.PRODUCT:
        return Rule(kind, value["product"] or "")
    if kind is RuleKind.TAG:
        return Rule(kind, (value["word"] or "").strip())
    return Rule(kind)


class ShoppablePhotoBlock(blocks.StructBlock):
    """One photo, large, with hotspots and its products to buy."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=120)
    photo = PhotoChooserBlock(label=_("Photo"))

    def get_context(
        self, value: Any, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context)
        chosen = value["photo"]
        found = (
            shoppable(
                Photo.objects.filter(pk=chosen.pk),
                surface_of(context),
                get_language() or "",
            )
            if chosen is not None
            else []
        )
        context["heading"] = value["heading"]
        context["photo"] = found[0] if found else None
        context["serial"] = _serial(context)
        return context

    def get_preview_value(self) -> Any:
        photo = choosable_photos().newest().first()
        return self.normalize({"heading": "", "photo": photo})

    class Meta:
        icon = "view"
        label = _("Photo to shop from")
        description = _("One photo with numbered products that can be bought.")
        template = "shoppable_cms/blocks/shoppable_photo.html"
        preview_template = "shoppable_cms/block_preview.html"


class ProductCardsBlock(blocks.StructBlock):
    """Some products, in the chosen order."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=120)
    products = blocks.ListBlock(
        ProductChooserBlock(label=_("Product")),
        label=_("Products"),
        min_num=1,
        max_num=MAX_PRODUCTS,
    )

    def get_context(
        self, value: Any, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context)
        keys = [key for key in value["products"] if key]
        cards = get_catalogue().cards(keys, language=get_language() or "")
        context["heading"] = value["heading"]
        context["cards"] = [cards[key] for key in keys if key in cards]
        context["serial"] = _serial(context)
        return context

    class Meta:
        icon = "tag"
        label = _("Products")
        description = _("Products of the shop, with price and availability.")
        template = "shoppable_cms/blocks/product_cards.html"


def story_blocks() -> list[tuple[str, blocks.Block]]:
    """Return the blocks a story is made of, for a StreamField."""
    return [
        ("heading", HeadingBlock(max_length=120)),
        (
            "text",
            TextBlock(features=["h3", "bold", "italic", "ol", "ul", "link", "hr"]),
        ),
        ("shoppable_photo", ShoppablePhotoBlock()),
        ("gallery_by_rule", GalleryByRuleBlock()),
        ("gallery_by_hand", GalleryByHandBlock()),
        ("product_cards", ProductCardsBlock()),
    ]
