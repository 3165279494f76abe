"""The hero: customers' photos as the shop's window."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from cms.blocks import PhotoChooserBlock, surface_of
from cms.galleries import Rule, RuleKind, gallery_by_hand, gallery_by_rule

HERO_PHOTOS = 5  # the mosaic's places


class HeroPhotosBlock(blocks.StructBlock):
    """Up to five chosen photos. Places left open show the newest ones.

    So the window is never broken: not when a photo is taken back, and not on
    the day the shop opens.
    """

    photos = blocks.ListBlock(
        PhotoChooserBlock(label=_("Photo")),
        label=_("Photos"),
        min_num=0,
        max_num=HERO_PHOTOS,
        help_text=_("The first one is shown largest."),
    )

    def get_context(
        self, value: Any, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context)
        surface = surface_of(context)
        chosen = [photo.pk for photo in value["photos"] if photo is not None]
        tiles = list(gallery_by_hand(chosen, surface=surface).tiles)
        if len(tiles) < HERO_PHOTOS:
            newest = gallery_by_rule(
                Rule(RuleKind.NEWEST), surface=surface, count=2 * HERO_PHOTOS
            )
            shown = {tile.public_id for tile in tiles}
            tiles += [tile for tile in newest.tiles if tile.public_id not in shown]
        context["tiles"] = tiles[:HERO_PHOTOS]
        return context

    class Meta:
        icon = "image"
        label = _("Photos")
        template = "shoppable_site/blocks/hero_photos.html"
