"""Which photos lie in which tab of the queue, in which order, and what is next."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from media_pipeline import services as media
from media_pipeline.models import Asset, Rendition
from ugc import services
from ugc.catalogue import ProductCard, get_catalogue
from ugc.models import Photo, PhotoQuerySet

from .findings import Findings, Sentences, read_findings

PHOTOS_PER_PAGE = 24


class Tab(enum.StrEnum):
    WAITING = "waiting"
    ATTENTION = "attention"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Promise:
        return _LABELS[self]

    @property
    def is_work(self) -> bool:
        """Whether its photos wait for a person; these tabs are counted."""
        return self in (Tab.WAITING, Tab.ATTENTION)


_LABELS: Mapping[Tab, Promise] = {
    Tab.WAITING: _("Waiting"),
    Tab.ATTENTION: _("Needs attention"),
    Tab.APPROVED: _("Approved"),
    Tab.REFUSED: _("Refused"),
    Tab.WITHDRAWN: _("Taken back"),
}

# The tab of stuck uploads is not among them: these are told by their asset.
_STATES: Mapping[Tab, tuple[Photo.State, ...]] = {
    Tab.WAITING: (Photo.State.IN_REVIEW,),
    Tab.APPROVED: (Photo.State.APPROVED,),
    Tab.REFUSED: (Photo.State.REFUSED, Photo.State.REMOVED),
    Tab.WITHDRAWN: (Photo.State.WITHDRAWN, Photo.State.EXPIRED),
}


def photos_in(tab: Tab) -> PhotoQuerySet:
    """Return the tab's photos in their order, without anything fetched beside.

    What waits comes by urgency and then by age (the partial index
    ``ugc_photo_queue``); what is done, newest first.
    """
    if tab is Tab.ATTENTION:
        # By the few assets in quarantine, which have a partial index of their own.
        stuck = Asset.objects.quarantined().filter(state=Asset.State.QUARANTINED)
        photos = Photo.objects.filter(state=Photo.State.SUBMITTED, asset__in=stuck)
        return photos.order_by("submitted_at", "pk")
    if tab is Tab.WAITING:
        # "=", not "in": only so SQLite sees that the partial index has them all.
        photos = Photo.objects.filter(state=Photo.State.IN_REVIEW)
        return photos.order_by("-priority", "submitted_at", "pk")
    return Photo.objects.filter(state__in=_STATES[tab]).order_by("-pk")


def for_tiles(photos: PhotoQuerySet) -> PhotoQuerySet:
    """Fetch all that ``tiles`` reads: four queries."""
    return photos.select_related("asset", "persona", "contributor").prefetch_related(
        "asset__renditions", "product_tags", "events"
    )


def tab_of(photo: Photo) -> Tab | None:
    """Return the tab a photo lies in, or None for one nobody has to see (a draft)."""
    if photo.state == Photo.State.SUBMITTED:
        stuck = photo.asset and photo.asset.state == Asset.State.QUARANTINED
        return Tab.ATTENTION if stuck else None
    return next((tab for tab, states in _STATES.items() if photo.state in states), None)


def state_words(photo: Photo) -> str | Promise:
    """Return the photo's state as an editor says it; the model's is the author's."""
    tab = tab_of(photo)
    if tab is Tab.WAITING:
        return _("Waits for a decision")
    if tab is Tab.ATTENTION:
        return _("The check got stuck")
    return str(photo.get_state_display())


def waiting_count() -> int:
    """Photos that wait for a person, stuck ones among them.

    On every page of the admin: two queries, each by a partial index.
    """
    tabs = (Tab.WAITING, Tab.ATTENTION)
    return sum(photos_in(tab).count() for tab in tabs)


def neighbours(photo: Photo, tab: Tab) -> tuple[str | None, str | None]:
    """Return the public ids before and after a photo in a tab. Two queries.

    The photo itself may have left the tab: its place in the order is what counts.
    """
    photos = photos_in(tab)
    pk = Q(pk__lt=photo.pk), Q(pk__gt=photo.pk)
    if not tab.is_work:
        before, after = pk[1], pk[0]
    else:
        # A draft has not been submitted, yet its page lies beside the queue.
        since = photo.submitted_at or photo.created_at
        same_time = Q(submitted_at=since)
        before = Q(submitted_at__lt=since) | (same_time & pk[0])
        after = Q(submitted_at__gt=since) | (same_time & pk[1])
    if tab is Tab.WAITING:
        same_priority = Q(priority=photo.priority)
        before = Q(priority__gt=photo.priority) | (same_priority & before)
        after = Q(priority__lt=photo.priority) | (same_priority & after)
    return (
        photos.filter(before).reverse().values_list("public_id", flat=True).first(),
        photos.filter(after).values_list("public_id", flat=True).first(),
    )


@dataclass(frozen=True, slots=True)
class Tile:
    """One photo of the queue as it is shown."""

    photo: Photo
    picture: SafeString | None
    findings: Findings
    product: str  # name of the product asked for; its key if it left the catalogue
    suggested: tuple[str, ...] = ()  # names of what software put on the photo

    @property
    def is_stuck(self) -> bool:
        return tab_of(self.photo) is Tab.ATTENTION

    @property
    def state(self) -> str | Promise:
        return state_words(self.photo)

    @property
    def choice(self) -> str:
        """The photo and what is seen of it, as the bulk form sends them."""
        return f"{self.photo.public_id}:{services.review_stamp(self.photo)}"

    @property
    def since(self) -> datetime:
        return self.photo.submitted_at or self.photo.created_at

    @property
    def age(self) -> str:
        return gettext("%(time)s ago") % {"time": timesince(self.since, depth=1)}


def tiles(photos: Iterable[Photo], language: str) -> list[Tile]:
    """Return what the queue shows of photos from ``for_tiles``.

    Asks the catalogue once for all products together, and for the words of editors'
    sentences only where one has found something.
    """
    photos = list(photos)
    sentences = sentences_in(language)
    suggested = {
        photo.pk: [
            tag.product_key for tag in photo.product_tags.all() if tag.is_suggested
        ]
        for photo in photos
    }
    asked = {photo.product_key for photo in photos if photo.product_key}
    keys = sorted(asked.union(*suggested.values()))
    cards: Mapping[str, ProductCard] = (
        get_catalogue().cards(keys, language=language) if keys else {}
    )
    return [
        Tile(
            photo=photo,
            picture=draw_private(
                photo, sizes="(min-width: 40rem) 18rem, 100vw", alt=photo.alt_text
            ),
            findings=read_findings(
                photo.asset.result if photo.asset else None,
                services.reasons_in_words(photo),
                language,
                sentences,
            ),
            product=(
                cards[photo.product_key].name
                if photo.product_key in cards
                else photo.product_key
            ),
            suggested=tuple(
                cards[key].name if key in cards else key for key in suggested[photo.pk]
            ),
        )
        for photo in photos
    ]


def sentences_in(language: str) -> Sentences:
    """Return the words of editors' sentences; one query, at the first question."""
    # The lazy object behaves as the mapping it wraps.
    return cast(Sentences, SimpleLazyObject(lambda: media.sentence_wordings(language)))


def draw_private(
    photo: Photo, *, sizes: str, alt: str, eager: bool = False
) -> SafeString | None:
    """Return a photo's picture for those who may see it before it is public.

    None while there is none. No queries with the renditions prefetched.
    """
    if photo.asset is None:
        return None

    def address(rendition: Rendition) -> str:
        return reverse(
            "shoppable_ugc:private_file", args=[photo.public_id, rendition.pk]
        )

    picture = photo.asset.private_picture(address)
    if picture is None:
        return None
    return picture.html(alt=alt, sizes=sizes, eager=eager)
