"""Photo: one person's submission, and where the public may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .keys import random_key
from .records import Record
from .surfaces import EVERYWHERE, NOWHERE, Surface, public_q

if TYPE_CHECKING:
    from .people import Contributor


class PhotoQuerySet(models.QuerySet["Photo"]):
    def public_on(self, surface: Surface) -> Self:
        """Photos the public may see there, now. The one place that says it."""
        return self.filter(public_q(surface))

    def public_anywhere(self) -> Self:
        """Photos the public may see on at least one surface: theirs is a page."""
        return self.filter(public_q(EVERYWHERE))

    def showing(self, product_key: str) -> Self:
        # A photo tags a product at most once (a unique constraint), so this
        # join repeats no rows.
        return self.filter(product_tags__product_key=product_key)

    def tagged(self, word: str) -> Self:
        # Once per photo by a unique constraint too.
        return self.filter(tags__word=word)

    def newest(self) -> Self:
        """Those published last, first; walks ``ugc_photo_newest``."""
        return self.order_by("-published_at", "-pk")

    def for_tiles(self) -> Self:
        """With picture and credit, newest first if not in order: two queries."""
        photos = self.select_related("asset", "persona").prefetch_related(
            "asset__renditions"
        )
        return photos if photos.query.order_by else photos.newest()

    def for_gallery(self) -> Self:
        """As ``for_tiles``, with the tagged products' keys: three queries."""
        return self.for_tiles().prefetch_related("product_tags")

    def of(self, contributor: Contributor) -> Self:
        """A contributor's own photos, whatever their state."""
        return self.filter(contributor=contributor)

    def waiting(self) -> Self:
        """Photos that need a person: those to decide, and those that got stuck."""
        return self.filter(
            Q(state=Photo.State.IN_REVIEW)
            | Q(state=Photo.State.SUBMITTED, asset__state="quarantined")
        )


class Photo(models.Model):
    """A submission: a picture, its words, its permissions and its state.

    ``ugc.publishing`` alone writes ``state``, ``decision``, ``is_paused``,
    ``ends_at`` and the two bit columns; the constraint below stands behind it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Being checked")
        IN_REVIEW = "in_review", _("A person looks at it")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Taken back")
        REMOVED = "removed", _("Removed by the shop")
        EXPIRED = "expired", _("Ended")

    public_id = models.CharField(max_length=32, unique=True, default=random_key)
    contributor = models.ForeignKey(
        "Contributor", on_delete=models.CASCADE, related_name="photos"
    )
    persona = models.ForeignKey(
        "Persona", on_delete=models.PROTECT, related_name="photos"
    )
    asset = models.OneToOneField(
        "shoppable_media.Asset",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="photo",
    )
    recipe = models.JSONField(default=dict, blank=True)
    caption = models.CharField(max_length=500, blank=True)
    alt_text = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=10, blank=True)  # of caption and alt text
    product_key = models.CharField(max_length=200, blank=True)  # asked for at upload
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    # Where taking back a withdrawal leads; empty unless withdrawn.
    state_before = models.CharField(max_length=20, choices=State.choices, blank=True)
    decision = models.ForeignKey(
        "Decision",
        # Not SET_NULL: a decision must not go while a photo is public by it,
        # yet both go together when a photo is erased.
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
    )
    is_paused = models.BooleanField(default=False)
    allowed_surfaces = models.PositiveSmallIntegerField(default=0)
    public_surfaces = models.PositiveSmallIntegerField(default=0, editable=False)
    ends_at = models.DateTimeField(null=True, blank=True)
    score = models.IntegerField(default=0)  # rank in galleries, higher first
    priority = models.SmallIntegerField(default=0)  # rank in the queue
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        permissions = [("moderate_photo", "Can moderate photos")]
        constraints = [
            models.CheckConstraint(
                condition=Q(public_surfaces=0)
                | Q(
                    state="approved",
                    decision__isnull=False,
                    is_paused=False,
                    # The stubs know bitand with numbers only.
                    public_surfaces=F("public_surfaces").bitand(
                        F("allowed_surfaces")  # type: ignore[arg-type]
                    ),
                ),
                name="ugc_photo_hard_gate",
            )
        ]
        indexes = [
            models.Index(
                F("score").desc(),
                F("id").desc(),
                condition=Q(public_surfaces__gt=0),
                name="ugc_photo_top",
            ),
            models.Index(
                F("published_at").desc(),
                F("id").desc(),
                condition=Q(public_surfaces__gt=0),
                name="ugc_photo_newest",
            ),
            models.Index(
                F("priority").desc(),
                F("submitted_at"),
                condition=Q(state="in_review"),
                name="ugc_photo_queue",
            ),
        ]

    def __str__(self) -> str:
        return self.caption or self.public_id

    def get_absolute_url(self) -> str:
        """The author's page of the photo; not the public one."""
        return reverse("shoppable_ugc:my_photo", args=[self.public_id])

    @property
    def allowed(self) -> Surface:
        """The surfaces its contributor allows, now."""
        return Surface(self.allowed_surfaces)

    @property
    def public(self) -> Surface:
        """The surfaces it is really public on; ends by itself at ``ends_at``."""
        if self.ends_at is not None and self.ends_at <= timezone.now():
            return NOWHERE
        return Surface(self.public_surfaces)

    @property
    def is_featured(self) -> bool:
        return self.score > 0

    @property
    def is_public(self) -> bool:
        return bool(self.public)


class PhotoEvent(Record):
    """What happened to a photo, in order; the author sees every line."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("Received")
        CHECKED = "checked", _("Checked by software")
        FILE_REFUSED = "file_refused", _("The file could not be used")
        STUCK = "stuck", _("The check got stuck; a person takes care of it")
        FILE_REPLACED = "file_replaced", _("Another picture sent")
        EDITED = "edited", _("Words changed")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        REOPENED = "reopened", _("Looked at again")
        REMOVED = "removed", _("Removed by the shop")
        WITHDRAWN = "withdrawn", _("Taken back by you")
        RESTORED = "restored", _("Given again by you")
        PERMISSIONS = "permissions", _("Permissions changed")
        PUBLISHED = "published", _("Public")
        UNPUBLISHED = "unpublished", _("No longer public")
        TAGGED = "tagged", _("Product marked in the photo")
        UNTAGGED = "untagged", _("Mark of a product taken away")
        EXPIRED = "expired", _("Ended on the date you chose")
        FEATURED = "featured", _("Shown first by the shop")
        UNFEATURED = "unfeatured", _("No longer shown first")

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["photo", "created_at"], name="ugc_photo_event_history")
        ]
