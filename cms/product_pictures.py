"""Product pictures as assets of the pipeline (``STOREFRONT_PICTURE_RENDERER``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

from django.core.files.base import File

from media_pipeline import services as media
from media_pipeline.models import Asset, Picture

PROFILE = Asset.Profile.PRODUCT


class AssetPictures:
    """Stores the shop's pictures as assets, and draws their renditions.

    A reference is the asset's public id. Pictures go through the same checks
    as photos but without moderation: they are the shop's own. They are drawn
    once the worker has made and published their renditions.
    """

    def store(self, file: File[Any], *, name: str = "") -> str:
        """Take a picture in and return its reference; raises RefusedFile."""
        return media.receive_upload(file=file, profile=PROFILE, name=name).public_id

    def pictures(self, references: Sequence[str]) -> Mapping[str, Picture]:
        """Return what can be drawn, by reference: two queries for any number."""
        wanted = {reference for reference in references if reference}
        if not wanted:
            return {}
        assets = (
            Asset.objects.filter(public_id__in=wanted, profile=PROFILE)
            .prefetch_related("renditions")
            .defer("result")  # large, and no page reads it
        )
        return {
            asset.public_id: picture
            for asset in assets
            if (picture := asset.public_picture) is not None
        }

    def open(self, reference: str) -> IO[bytes]:
        """Open the picture's master; raises LookupError until there is one."""
        asset = Asset.objects.filter(public_id=reference, profile=PROFILE).first()
        if asset is None or not asset.master:
            raise LookupError(f"No picture {reference!r}.")
        return cast("IO[bytes]", media.open_private(asset.master))
