"""What a shopper has put aside."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .columns import quantity_in_range
from .products import Variant


class Basket(models.Model):
    """One browser's basket. The cookie holds the token, the row its hash."""

    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When a line came, went or changed; baskets that nobody touches are deleted.
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"basket {self.pk}"


class BasketLine(models.Model):
    """Some pieces of one variant.

    ``origin`` names where they were found, such as a photo's public id; it is
    opaque here. One variant found in two photos makes two lines, so that each
    photo keeps its own.
    """

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["basket", "variant", "origin"],
                name="store_basket_line_once_per_variant_and_origin",
            ),
            models.CheckConstraint(
                condition=quantity_in_range(), name="store_basket_line_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
