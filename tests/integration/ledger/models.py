"""One line for everything that happened to an asset, as often as it happened."""

from __future__ import annotations

from django.db import models

from media_pipeline.models import Rendering


class Entry(models.Model):
    asset_id = models.BigIntegerField()
    happened = models.CharField(max_length=30)

    def __str__(self) -> str:
        return f"{self.asset_id} {self.happened}"


# Receivers: their rows commit with what they speak of, or not at all.


def note_settled(asset_id, **kwargs) -> None:
    Entry.objects.create(asset_id=asset_id, happened="settled")


def note_rendered(asset_id, **kwargs) -> None:
    Entry.objects.create(asset_id=asset_id, happened="rendered")


def note_quarantined(sender, pk, **kwargs) -> None:
    if sender is Rendering:
        key = Rendering.objects.values_list("asset_id", flat=True).get(pk=pk)
        Entry.objects.create(asset_id=key, happened="rendering quarantined")
    else:
        Entry.objects.create(asset_id=pk, happened="quarantined")
