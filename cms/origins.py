"""Where a basket line was found (``STOREFRONT_ORIGIN_RENDERER``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ugc.models import Photo

from .tiles import rows_of, tiles


class PhotoOrigins:
    """Draws the photo a line came from, as long as it is public somewhere."""

    def origins(self, references: Sequence[str]) -> Mapping[str, SafeString]:
        """Return small linked pictures by photo id: one query for any number.

        A reference comes from a form that anybody may send: what is no public
        photo's id is left out.
        """
        wanted = {reference for reference in references if reference}
        if not wanted:
            return {}
        photos = Photo.objects.public_anywhere().filter(public_id__in=wanted)
        return {
            tile.public_id: render_to_string(
                "shoppable_cms/components/origin.html", {"photo": tile}
            )
            for tile in tiles(rows_of(photos))
        }
