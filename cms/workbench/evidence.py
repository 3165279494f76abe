"""Pictures that a photo may be, side by side with it: whose they are, in which state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cms.product_pictures import AssetPictures
from media_pipeline import services as media
from media_pipeline.models import BannedPicture
from ugc.catalogue import ProductCard, get_catalogue
from ugc.models import Photo

from . import queue as lists
from .findings import Findings, Likeness, read_findings

MOST_SHOWN = 12
_SIZES = "12rem"

_KINDS = {
    "photo": _("Another photo here"),
    "product": _("A picture of the catalogue"),
    "banned": _("A picture on the ban list"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One other picture, with what an editor has to know to judge.

    ``picture`` is None where it may not be shown any more: a photo that was erased
    leaves its fingerprint on the ban list, and no more.
    """

    likeness: Likeness
    picture: SafeString | None = None
    photo: Photo | None = None
    is_own: bool = False  # of the same author
    card: ProductCard | None = None
    banned: BannedPicture | None = None
    is_veiled: bool = False  # a detector spoke up about it

    @property
    def kind(self) -> str | Promise:
        return _KINDS.get(self.likeness.kind, self.likeness.kind)

    @property
    def state(self) -> str | Promise:
        return "" if self.photo is None else lists.state_words(self.photo)


def ban_of(photo: Photo) -> BannedPicture | None:
    """Return the photo's own place on the ban list. One query."""
    if photo.asset is None:
        return None
    return BannedPicture.objects.filter(public_id=photo.asset.public_id).first()


def seen_elsewhere(photo: Photo, findings: Findings, language: str) -> list[Seen]:
    """Return the pictures that the comparison named, surest first.

    Those erased since are left out, unless the ban list remembers them. None
    without any; else four queries and one question to the catalogue, and two queries
    for each product.
    """
    likenesses = (findings.likenesses or ())[:MOST_SHOWN]
    if not likenesses:
        return []
    names = _ids(likenesses, "photo", "banned")
    photos = {
        each.asset.public_id: each
        for each in lists.for_tiles(Photo.objects.filter(asset__public_id__in=names))
        if each.asset is not None
    }
    banned = {
        each.public_id: each
        for each in BannedPicture.objects.filter(
            public_id__in=_ids(likenesses, "banned")
        )
    }
    keys = _ids(likenesses, "product")
    cards = get_catalogue().cards(keys, language=language) if keys else {}
    pictures = _product_pictures(photo, list(cards))
    # A banned picture that is still here is one picture, not two.
    twice = banned.keys()
    found = (
        Seen(likeness=each, card=cards[each.id], picture=pictures.get(each.id))
        if each.kind == "product" and each.id in cards
        else _seen(each, photo, photos.get(each.id), banned.get(each.id))
        for each in likenesses
        if each.kind != "photo" or each.id not in twice
    )
    return [each for each in found if each is not None]


def _product_pictures(photo: Photo, keys: Sequence[str]) -> dict[str, SafeString]:
    """Return, by product, the very picture that is like the photo.

    Where the shop's pictures are ours; of another shop's the card's has to do.
    """
    if photo.asset_id is None or not keys:
        return {}
    references = {key: media.likest_picture(photo.asset_id, key) for key in keys}
    drawn = AssetPictures().pictures(list(references.values()))
    return {
        key: drawn[reference].html(alt=gettext("The other one"), sizes=_SIZES)
        for key, reference in references.items()
        if reference in drawn
    }


def _ids(likenesses: Sequence[Likeness], *kinds: str) -> list[str]:
    return [each.id for each in likenesses if each.kind in kinds]


def _seen(
    likeness: Likeness,
    photo: Photo,
    other: Photo | None,
    banned: BannedPicture | None,
) -> Seen | None:
    if likeness.kind == "product":
        return None  # it has left the catalogue
    if likeness.kind == "banned" and banned is None:
        return None  # the ban was lifted
    if likeness.kind == "photo" and other is None:
        return None
    return Seen(
        likeness=likeness,
        photo=other,
        banned=banned,
        is_veiled=other is not None
        and other.asset is not None
        and read_findings(other.asset.result).is_flagged,
        is_own=other is not None and other.contributor_id == photo.contributor_id,
        picture=(
            None
            if other is None
            else lists.draw_private(other, sizes=_SIZES, alt=gettext("The other one"))
        ),
    )


def this_picture(photo: Photo) -> SafeString | None:
    """Return the photo itself, small, to stand beside the others."""
    return lists.draw_private(photo, sizes=_SIZES, alt=gettext("This photo"))
