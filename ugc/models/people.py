"""The people who send photos, their names, and how we know them again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .keys import random_key


class Contributor(models.Model):
    """A person who submits photos, with or without a user account."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    email = models.EmailField(blank=True)  # only of those who want answers
    language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")


class AccessToken(models.Model):
    """A key to a contributor's photos, kept as a hash.

    With a photo it opens that one photo only (a secret link); without, all of
    its contributor's (the cookie of the browser that uploaded).
    """

    contributor = models.ForeignKey(
        Contributor, on_delete=models.CASCADE, related_name="access_tokens"
    )
    photo = models.ForeignKey(
        "Photo",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="access_tokens",
    )
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")


class Persona(models.Model):
    """A name a contributor shows; nothing links two of the same person."""

    contributor = models.ForeignKey(
        Contributor, on_delete=models.CASCADE, related_name="personas"
    )
    public_id = models.CharField(max_length=32, unique=True, default=random_key)
    name = models.CharField(max_length=60)
    handle = models.SlugField(max_length=40, unique=True, null=True, blank=True)

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """A data-protection consent; never mixed with what a photo is allowed."""

    class Purpose(models.TextChoices):
        ANSWERS_BY_MAIL = "answers_by_mail", _("Answers by mail")

    contributor = models.ForeignKey(
        Contributor, on_delete=models.CASCADE, related_name="consents"
    )
    purpose = models.CharField(max_length=40, choices=Purpose.choices)
    text_version = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["contributor", "purpose"],
                condition=Q(withdrawn_at=None),
                name="ugc_consent_one_standing_per_purpose",
            )
        ]


class UploadTally(models.Model):
    """How many uploads one origin made in one hour; the origin is a salted hash."""

    origin = models.CharField(max_length=64)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("upload tally")
        verbose_name_plural = _("upload tallies")
        constraints = [
            models.UniqueConstraint(
                fields=["origin", "hour"], name="ugc_upload_tally_once_per_hour"
            )
        ]
        indexes = [models.Index(fields=["hour"], name="ugc_upload_tally_hour")]
