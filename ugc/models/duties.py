"""Work that must not get lost: putting files up, and ending permissions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from outbox.models import Work, work_indexes


class Publication(Work):
    """The duty to bring a photo's files and bits up to what is allowed."""

    work_task: ClassVar[str] = "ugc.publish_photo"
    is_forgotten = True

    photo = models.ForeignKey("Photo", on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        indexes = work_indexes("ugc_publication")


class Expiry(Work):
    """The duty to take a photo down when a permission ends (``not_before``)."""

    work_task: ClassVar[str] = "ugc.end_permissions"
    is_forgotten = True

    photo = models.ForeignKey("Photo", on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("expiry")
        verbose_name_plural = _("expiries")
        indexes = work_indexes("ugc_expiry")
