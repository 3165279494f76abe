"""What a photo shows: products at a point, and words."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .surfaces import Surface, public_q


class ProductTagQuerySet(models.QuerySet["ProductTag"]):
    def public_on(self, surface: Surface) -> Self:
        """Tags of photos the public may see there, now."""
        return self.filter(public_q(surface))

    def top(self, product_key: str, surface: Surface) -> Self:
        """A product's public tags, best first; walks ``ugc_product_tag_top``."""
        return (
            self.public_on(surface)
            .filter(product_key=product_key)
            .order_by("-score", "-photo_id")
        )


class PhotoTagQuerySet(models.QuerySet["PhotoTag"]):
    def public_on(self, surface: Surface) -> Self:
        """Tags of photos the public may see there, now."""
        return self.filter(public_q(surface))

    def top(self, word: str, surface: Surface) -> Self:
        """A word's public tags, best first; walks ``ugc_photo_tag_top``."""
        return self.public_on(surface).filter(word=word).order_by("-score", "-photo_id")


class GateCopy(models.Model):
    """Columns copied from the photo, so that a gallery reads one index.

    ``ugc.publishing`` writes them in the transaction that changes the photo.
    """

    score = models.IntegerField(default=0, editable=False)
    public_surfaces = models.PositiveSmallIntegerField(default=0, editable=False)
    ends_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class ProductTag(GateCopy):
    """A product in the photo, at a point in [0, 1] of the master."""

    photo = models.ForeignKey(
        "Photo", on_delete=models.CASCADE, related_name="product_tags"
    )
    product_key = models.CharField(max_length=200)
    variant_sku = models.CharField(max_length=100, blank=True)
    x = models.FloatField()  # from the left
    y = models.FloatField()  # from the top
    position = models.PositiveSmallIntegerField(default=0)
    # Put there by software; a person keeps it, or takes it away.
    is_suggested = models.BooleanField(default=False)

    objects = ProductTagQuerySet.as_manager()

    class Meta:
        verbose_name = _("product tag")
        verbose_name_plural = _("product tags")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "product_key"], name="ugc_product_tag_once_per_photo"
            ),
            models.CheckConstraint(
                condition=Q(x__gte=0, x__lte=1, y__gte=0, y__lte=1),
                name="ugc_product_tag_within_photo",
            ),
            models.CheckConstraint(
                condition=Q(is_suggested=False) | Q(public_surfaces=0),
                name="ugc_product_tag_suggested_is_not_public",
            ),
        ]
        indexes = [
            models.Index(
                "product_key",
                F("score").desc(),
                F("photo").desc(),
                condition=Q(public_surfaces__gt=0),
                name="ugc_product_tag_top",
            )
        ]


class PhotoTag(GateCopy):
    """A word that says what the photo shows."""

    photo = models.ForeignKey("Photo", on_delete=models.CASCADE, related_name="tags")
    word = models.CharField(max_length=60)
    source = models.CharField(max_length=40, blank=True)  # a step's name, or "editor"

    objects = PhotoTagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "word"], name="ugc_photo_tag_once_per_photo"
            )
        ]
        indexes = [
            models.Index(
                "word",
                F("score").desc(),
                F("photo").desc(),
                condition=Q(public_surfaces__gt=0),
                name="ugc_photo_tag_top",
            )
        ]
