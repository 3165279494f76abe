"""Duties of this package that must survive a crash."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from outbox.models import Work, work_indexes


class PicturePublication(Work):
    """The duty to put a settled product picture into the public storage."""

    work_task: ClassVar[str] = "cms.publish_picture"
    is_forgotten = True

    asset = models.OneToOneField(
        "shoppable_media.Asset", on_delete=models.CASCADE, related_name="+"
    )

    class Meta(Work.Meta):
        verbose_name = _("publication of a product picture")
        verbose_name_plural = _("publications of product pictures")
        indexes = work_indexes("cms_picture")

    def __str__(self) -> str:
        return f"asset {self.asset_id}"
