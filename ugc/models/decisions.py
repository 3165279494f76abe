"""Moderation decisions: never changed, only followed by another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .records import Record


class Decision(Record):
    """Who decided what about a photo, when and why."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        REMOVED = "removed", _("Removed")
        REOPENED = "reopened", _("Opened again")

    photo = models.ForeignKey(
        "Photo", on_delete=models.CASCADE, related_name="decisions"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    rule = models.CharField(max_length=60, blank=True)  # when no person decided
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    reasons = models.JSONField(default=list, blank=True)  # codes of ugc.reasons
    note = models.TextField(blank=True)  # to the author, in the decider's words
    evidence = models.JSONField(default=dict, blank=True)  # what software had found
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["created_at", "pk"]
