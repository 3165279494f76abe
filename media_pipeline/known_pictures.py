"""What pictures look like, kept to know them again: photos, catalogue, ban list."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from outbox.models import Work, work_indexes

from .similarity import (
    Features,
    Fingerprint,
    hashes_to_bytes,
    vector_to_bytes,
)


class Likeness(models.Model):
    """A fingerprint as a row. Bytes, because only NumPy reads them."""

    pixels_sha256 = models.CharField(max_length=64, db_index=True)
    hashes = models.BinaryField()  # four unsigned integers of 64 bits, little-endian
    # Model, version and sum; vectors of different names can't be compared.
    model = models.CharField(max_length=120)
    vector = models.BinaryField(default=b"")  # halves, little-endian
    features = models.BinaryField(default=b"")  # similarity.Features

    class Meta:
        abstract = True

    @classmethod
    def columns(cls, fingerprint: Fingerprint) -> dict[str, str | bytes]:
        """Return the columns that hold this fingerprint."""
        features = fingerprint.features
        return {
            "pixels_sha256": fingerprint.pixels_sha256,
            "hashes": hashes_to_bytes(fingerprint.hashes),
            "model": fingerprint.model,
            "vector": vector_to_bytes(fingerprint.vector),
            "features": b"" if features is None else features.to_bytes(),
        }

    def read_features(self) -> Features:
        return Features.from_bytes(bytes(self.features))


class PhotoLikeness(Likeness):
    """What a customer's photo looks like; goes with its asset."""

    asset = models.OneToOneField(
        "shoppable_media.Asset", models.CASCADE, related_name="likeness"
    )

    class Meta:
        verbose_name = _("photo's likeness")
        verbose_name_plural = _("photos' likenesses")

    def __str__(self) -> str:
        return f"likeness of asset {self.asset_id}"


class ProductLikeness(Likeness):
    """What one picture of the catalogue looks like, by the product's opaque key."""

    key = models.CharField(max_length=200)
    # Which picture of the product: opaque, changes with the picture.
    reference = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("product's likeness")
        verbose_name_plural = _("products' likenesses")
        constraints = [
            models.UniqueConstraint(
                fields=["key", "reference"], name="media_product_likeness_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.reference}"


class BannedPicture(Likeness):
    """A picture the shop never shows again. Outlives the asset it was taken from."""

    sha256 = models.CharField(max_length=64, db_index=True)  # of the upload's bytes
    # Of the asset it was taken from; opaque, the asset may be gone.
    public_id = models.CharField(max_length=32, unique=True)
    reason = models.CharField(max_length=200)
    banned_by = models.CharField(max_length=150, blank=True, default="")
    banned_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("banned picture")
        verbose_name_plural = _("banned pictures")

    def __str__(self) -> str:
        return self.public_id


class LiftedBan(models.Model):
    """Who took a picture off the ban list, and who had put it there.

    Nothing of what it looks like: nobody is to know it again.
    """

    public_id = models.CharField(max_length=32, db_index=True)
    reason = models.CharField(max_length=200)  # of the ban
    banned_by = models.CharField(max_length=150, blank=True, default="")
    banned_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=150, blank=True, default="")
    lifted_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("lifted ban")
        verbose_name_plural = _("lifted bans")

    def __str__(self) -> str:
        return self.public_id


class IndexVersion(models.Model):
    """Counts the changes of one set of pictures, so that workers read it again."""

    class Name(models.TextChoices):
        CATALOGUE = "catalogue", _("Catalogue")
        BANS = "bans", _("Ban list")

    name = models.CharField(max_length=20, choices=Name.choices, primary_key=True)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("index version")
        verbose_name_plural = _("index versions")

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @classmethod
    def count_change(cls, name: str) -> None:
        """Count a change; in the transaction that makes it."""
        cls.objects.get_or_create(name=name)
        cls.objects.filter(name=name).update(version=models.F("version") + 1)


class CatalogueIndexing(Work):
    """One going-over of the catalogue's pictures."""

    work_task = "media_pipeline.index_catalogue"

    class Meta:
        verbose_name = _("catalogue indexing")
        verbose_name_plural = _("catalogue indexings")
        indexes = [*work_indexes("media_indexing")]

    def __str__(self) -> str:
        return f"indexing {self.pk}"
