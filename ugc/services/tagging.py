"""Which products a photo shows, and where; and the words it is found by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language

from media_pipeline import services as media
from media_pipeline.models import Asset
from ugc import conf, policy, publishing, texts
from ugc.catalogue import get_catalogue
from ugc.exceptions import NotPossible, UnknownProduct
from ugc.models import Photo, PhotoEvent, PhotoTag, ProductTag

Kind = PhotoEvent.Kind


@transaction.atomic
def tag_product(
    photo: Photo,
    *,
    product_key: str,
    x: float,
    y: float,
    variant_sku: str = "",
    by: AbstractBaseUser | None,
) -> ProductTag:
    """Return the tag of that product at that point, made or moved.

    ``x`` and ``y`` are in [0, 1] of the master from its top left. Raises
    UnknownProduct for a key the catalogue does not know, NotPossible for a point
    outside.
    """
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise NotPossible("The point lies outside the photo.")
    # First the photo, as everybody does who changes its tags.
    Photo.objects.select_for_update().get(pk=photo.pk)
    tag = photo.product_tags.filter(product_key=product_key).first()
    point = {"x": x, "y": y, "variant_sku": variant_sku}
    if tag is not None:
        was_suggested = tag.is_suggested
        point["is_suggested"] = False
        if any(getattr(tag, name) != value for name, value in point.items()):
            photo.product_tags.filter(pk=tag.pk).update(**point)
            if was_suggested:
                _tagged(photo, product_key, by)
            tag.refresh_from_db()
        return tag
    card = get_catalogue().card(product_key, language=get_language() or "en")
    if card is None:
        raise UnknownProduct(product_key)
    last = photo.product_tags.aggregate(last=Max("position"))["last"]
    tag = ProductTag.objects.create(
        photo=photo,
        product_key=product_key,
        position=0 if last is None else last + 1,
        **point,
    )
    _tagged(photo, product_key, by)
    tag.refresh_from_db()
    return tag


def _tagged(photo: Photo, product_key: str, by: AbstractBaseUser | None) -> None:
    """Bring a tag that a person stands for in line, and note it."""
    publishing.copy_to_tags(photo.pk)
    PhotoEvent.objects.create(
        photo=photo,
        kind=Kind.TAGGED,
        detail={"product_key": product_key, "by": by.pk if by else None},
    )


@transaction.atomic
def suggest_products(
    photo: Photo, asset: Asset, *, before: Mapping[str, Any] | None = None
) -> int:
    """Put the products software is sure of on a photo; return how many were new.

    They are nobody's answer until a person keeps them: not public, by a constraint.
    What is on the photo already stays as it is. With the result ``before`` a
    rescoring: what was suggested then and is gone, a person took away, and it does
    not come again; what only software had put there and no longer finds goes.
    """
    Photo.objects.select_for_update().get(pk=photo.pk)
    seen = _products_in(asset.result, photo, asset)
    former: set[str] = set()
    if before is not None:
        former = {each.key for each in _products_in(before, photo, asset)}
        if "products" in (asset.result.get("editions") or ()):
            lost = former - {each.key for each in seen}
            photo.product_tags.filter(is_suggested=True, product_key__in=lost).delete()
    seen = tuple(each for each in seen if each.key not in former)
    if not seen:
        return 0
    known = get_catalogue().cards(
        [each.key for each in seen], language=get_language() or "en"
    )
    tags = list(photo.product_tags.values_list("product_key", "position"))
    taken = {key for key, _position in tags}
    first = max((position for _key, position in tags), default=-1) + 1
    fresh = [each for each in seen if each.key in known and each.key not in taken]
    ProductTag.objects.bulk_create(
        ProductTag(
            photo=photo,
            product_key=each.key,
            x=each.x,
            y=each.y,
            position=position,
            is_suggested=True,
        )
        for position, each in enumerate(fresh, start=first)
    )
    return len(fresh)


def _products_in(
    result: Mapping[str, Any], photo: Photo, asset: Asset
) -> tuple[policy.SeenProduct, ...]:
    found = media.split_candidates(
        result.get("products"), asked=products_asked_for(photo, asset)
    )
    return policy.products_to_tag(found.prefill)


def products_asked_for(photo: Photo, asset: Asset) -> list[str]:
    """The keys of the products a photo was sent for; its author's own first."""
    keys = [photo.product_key, *map(str, asset.context_keys)]
    return [key for key in dict.fromkeys(keys) if key]


@transaction.atomic
def settle_suggestions(photo: Photo, *, by: AbstractBaseUser | None) -> int:
    """Keep what software suggested, in the name of the person who approves.

    A rule has seen nothing: without a person they go. Return how many there were.
    """
    suggested = photo.product_tags.filter(is_suggested=True)
    keys = list(suggested.order_by("position").values_list("product_key", flat=True))
    if by is None:
        suggested.delete()
        return len(keys)
    suggested.update(is_suggested=False)
    for key in keys:
        _tagged(photo, key, by)
    return len(keys)


@transaction.atomic
def untag_product(
    photo: Photo, product_key: str, *, by: AbstractBaseUser | None
) -> bool:
    """Take a product's tag away. Return whether there was one."""
    Photo.objects.select_for_update().get(pk=photo.pk)
    tag = photo.product_tags.filter(product_key=product_key).first()
    if tag is None:
        return False
    tag.delete()
    # Nobody had said that it was there.
    if not tag.is_suggested:
        PhotoEvent.objects.create(
            photo=photo,
            kind=Kind.UNTAGGED,
            detail={"product_key": product_key, "by": by.pk if by else None},
        )
    return True


@transaction.atomic
def tag_word(photo: Photo, *, word: str, source: str = "editor") -> PhotoTag:
    """Return the photo's tag with that word, made if it has none yet.

    Raises NotPossible for a word of nothing but blanks.
    """
    word = _word(word)
    if not word:
        raise NotPossible("A tag needs a word.")
    Photo.objects.select_for_update().get(pk=photo.pk)
    tag, is_new = PhotoTag.objects.get_or_create(
        photo=photo, word=word, defaults={"source": source}
    )
    if is_new:
        publishing.copy_to_tags(photo.pk)
        tag.refresh_from_db()
    return tag


@transaction.atomic
def untag_word(photo: Photo, *, word: str) -> bool:
    """Take a word away. Return whether the photo had it."""
    Photo.objects.select_for_update().get(pk=photo.pk)
    gone, _by_model = photo.tags.filter(word=_word(word)).delete()
    return bool(gone)


@transaction.atomic
def keep_words(
    photo: Photo,
    asset: Asset,
    *,
    before: Mapping[str, Any] | None = None,
    forgets: bool = False,
) -> None:
    """Put the words software is sure of on a photo; those it has stay as they are.

    With the result ``before`` a rescoring: a word found then that the photo lacks, a
    person took away, and it does not come again. If it ``forgets``, words go that a
    step said then and, having answered again, says no more.
    """
    least = conf.tag_min_confidence()
    words = policy.words_of(asset.result, min_confidence=least)
    former: dict[str, str] = {}
    if before is not None:
        Photo.objects.select_for_update().get(pk=photo.pk)
        former = policy.words_of(before, min_confidence=least)
    if forgets:
        answered = list(asset.result.get("editions") or ())
        lost = [word for word in former if word not in words]
        photo.tags.filter(word__in=lost, source__in=answered).delete()
    fresh = {word: source for word, source in words.items() if word not in former}
    PhotoTag.objects.bulk_create(
        (
            PhotoTag(photo=photo, word=word, source=source, score=photo.score)
            for word, source in fresh.items()
        ),
        ignore_conflicts=True,  # a second run finds what the first one wrote
    )
    if before is not None and fresh:
        publishing.copy_to_tags(photo.pk)  # it may be public already


def _word(text: str) -> str:
    return texts.one_line(text, length=60).lower()
