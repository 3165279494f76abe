"""An asset (one upload and what is known of it) and its renditions."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outbox.models import Work, work_indexes
from outbox.queues import CHECKS, RENDITIONS

from .pictures import Picture, shown_focus
from .storage import public_url

__all__ = [
    "Asset",
    "BannedPicture",
    "CatalogueIndexing",
    "FormerPublicName",
    "IndexVersion",
    "LiftedBan",
    "PhotoLikeness",
    "Picture",
    "ProductLikeness",
    "Prompt",
    "Rendering",
    "Rendition",
]


def new_public_id() -> str:
    """Return a random name of 128 bits that nobody can guess."""
    return secrets.token_hex(16)


class Asset(Work):
    """One uploaded original, its state, and what the pipeline found in it."""

    class State(models.TextChoices):
        PENDING = "pending", _("Being checked")
        PROCESSED = "processed", _("Checked")
        REFUSED_FILE = "refused_file", _("File refused")
        QUARANTINED = "quarantined", _("Needs attention")

    class Profile(models.TextChoices):
        PHOTO = "photo", _("Customer's photo")
        PRODUCT = "product", _("Product picture")

    work_task = "media_pipeline.process_asset"
    work_queue = CHECKS
    quarantine_fields = {"state": State.QUARANTINED}

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id)
    profile = models.CharField(
        max_length=10, choices=Profile.choices, default=Profile.PHOTO
    )
    state = models.CharField(
        max_length=12, choices=State.choices, default=State.PENDING
    )
    # Name in the storage "incoming"; empty once the asset is settled.
    original = models.CharField(max_length=200, blank=True, default="")
    # What the file was called, cleaned; to be shown, never to be opened.
    original_name = models.CharField(max_length=120, blank=True, default="")
    byte_size = models.PositiveIntegerField(default=0)  # of the upload
    # Code of a refused file; refusals.wording() has the words.
    reason = models.CharField(max_length=40, blank=True, default="")
    # Name in the storage "private".
    master = models.CharField(max_length=200, blank=True, default="")
    width = models.PositiveIntegerField(null=True, blank=True)  # of the master, px
    height = models.PositiveIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, default="", db_index=True)
    phash = models.CharField(max_length=16, blank=True, default="")
    dhash = models.CharField(max_length=16, blank=True, default="")
    # Advice to the policy: "pass", "review" or "reject"; empty while unknown.
    verdict = models.CharField(max_length=6, blank=True, default="")
    # The command's JSON object without its file and its renditions.
    result = models.JSONField(default=dict, blank=True)
    dominant_colour = models.CharField(max_length=7, blank=True, default="")
    # A picture of some 16 px as a data URI, to stand there meanwhile.
    placeholder = models.TextField(blank=True, default="")
    # What crops should keep, in [0, 1] of the master; null is its middle.
    focal_x = models.FloatField(null=True, blank=True)
    focal_y = models.FloatField(null=True, blank=True)
    # How its renditions are styled; null is as it came. The master never is.
    recipe = models.JSONField(null=True, blank=True)
    # What is written into its renditions: fields of sandbox.RenditionNotes.
    notes = models.JSONField(default=dict, blank=True)
    # Opaque keys of the products that it was sent for.
    context_keys = models.JSONField(default=list, blank=True)
    # Erased then, with all its files, unless somebody claims it before; null
    # once somebody did, and for those that were never to be claimed.
    unclaimed_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        indexes = [
            *work_indexes("media_asset"),
            models.Index(
                fields=["unclaimed_until"],
                name="media_asset_unclaimed",
                condition=Q(unclaimed_until__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="media_asset_processed_has_master",
                condition=~Q(state="processed")
                | (~Q(master="") & Q(width__gt=0) & Q(height__gt=0)),
            ),
            models.CheckConstraint(
                name="media_asset_refused_has_reason",
                condition=~Q(state="refused_file") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="media_asset_focal_point_within",
                condition=Q(focal_x=None, focal_y=None)
                | Q(
                    focal_x__isnull=False,
                    focal_y__isnull=False,
                    focal_x__gte=0,
                    focal_x__lte=1,
                    focal_y__gte=0,
                    focal_y__lte=1,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_picture(self) -> Picture | None:
        """What everybody may see of it, or None. No query if prefetched."""
        shown = [each for each in self.renditions.all() if each.public_name]
        return self._picture(shown, lambda rendition: public_url(rendition.public_name))

    def private_picture(self, url_for: Callable[[Rendition], str]) -> Picture | None:
        """Its picture by addresses that the caller guards. No query if prefetched."""
        return self._picture(list(self.renditions.all()), url_for)

    def _picture(
        self, renditions: list[Rendition], url_for: Callable[[Rendition], str]
    ) -> Picture | None:
        return Picture.of(
            [
                (each.format, each.width, each.height, url_for(each))
                for each in renditions
            ],
            colour=self.dominant_colour,
            placeholder=self.placeholder,
            focus=shown_focus(
                self.focal_x,
                self.focal_y,
                recipe=self.recipe,
                width=self.width,
                height=self.height,
            ),
        )


class Rendering(Work):
    """The duty to make an asset's renditions of its master, after its verdict.

    An asset has at most one that is not settled. A further wish is put into it, and
    whoever is just at it sees that at the end, and begins anew.
    """

    class Kind(models.TextChoices):
        """What is to be made, from the least to the most."""

        SMALL = "small", _("AVIFs with more effort")
        REST = "rest", _("What the queue did not need")
        ALL = "all", _("All of them anew")

    work_task = "media_pipeline.render_asset"
    work_queue = RENDITIONS
    is_forgotten = True
    may_wait = Q(kind="small")  # whoever looks at a picture has one

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="renderings")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    # Its recipe has changed: what there is must not be published any more.
    is_restyling = models.BooleanField(default=False)
    # Why the last try failed: a refusal's code, or what became of the decoder.
    reason = models.CharField(max_length=40, blank=True, default="")
    timings_ms = models.JSONField(default=dict, blank=True)  # by step

    class Meta:
        verbose_name = _("rendering")
        verbose_name_plural = _("renderings")
        indexes = work_indexes("media_rendering")
        constraints = [
            models.UniqueConstraint(
                fields=["asset"],
                name="media_rendering_once_unsettled",
                condition=Q(settled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of asset {self.asset_id}"


class Rendition(models.Model):
    """One derivative of an asset: made once, by a worker."""

    class Format(models.TextChoices):
        AVIF = "avif", "AVIF"
        JPEG = "jpeg", "JPEG"

    class Effort(models.TextChoices):
        FAST = "fast", _("Fast")
        SMALL = "small", _("Small")

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="renditions")
    format = models.CharField(max_length=4, choices=Format.choices)
    width = models.PositiveIntegerField()  # px
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    effort = models.CharField(max_length=5, choices=Effort.choices, default=Effort.FAST)
    private_name = models.CharField(max_length=200)
    # Random, new at each publication; empty while nobody may see it.
    public_name = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "format", "width"], name="media_rendition_once"
            ),
            models.UniqueConstraint(
                fields=["public_name"],
                name="media_rendition_public_name_once",
                condition=~Q(public_name=""),
            ),
            models.CheckConstraint(
                name="media_rendition_public_is_a_copy",
                condition=~Q(public_name=F("private_name")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.width}×{self.height}"


class FormerPublicName(models.Model):
    """A public name that pages opened a while ago still use.

    Its file stays until then, unless the picture is taken down: then it goes at once
    with those that are named now.
    """

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="former_public_names")
    name = models.CharField(max_length=80, unique=True)
    valid_until = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("former public name")
        verbose_name_plural = _("former public names")

    def __str__(self) -> str:
        return self.name


# At the end: they refer to the asset. Kept apart, as they read NumPy's arrays.
from .known_pictures import (  # noqa: E402
    BannedPicture,
    CatalogueIndexing,
    IndexVersion,
    LiftedBan,
    PhotoLikeness,
    ProductLikeness,
)
from .prompts import Prompt  # noqa: E402
