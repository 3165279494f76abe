"""What a contributor allows, one record per surface and time."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .records import Record
from .surfaces import Surface


class Permission(Record):
    """Yes or no for one surface, with the words that were read. The last one holds."""

    photo = models.ForeignKey(
        "Photo", on_delete=models.CASCADE, related_name="permissions"
    )
    surface = models.PositiveSmallIntegerField(
        choices=[(surface.value, surface.label) for surface in Surface]
    )
    is_allowed = models.BooleanField()
    text_version = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(
                fields=["photo", "surface", "-id"], name="ugc_permission_latest"
            )
        ]
