"""The check constraint, whatever the code above it does."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from tests.ugc.factories import BOTH, make_photo, make_public_photo
from ugc.models import Photo, Surface

pytestmark = pytest.mark.django_db


def force(photo, **columns):
    """Write past the services, as a mistaken script would."""
    with transaction.atomic():
        Photo.objects.filter(pk=photo.pk).update(**columns)


@pytest.mark.parametrize(
    "state",
    ["draft", "submitted", "in_review", "refused", "withdrawn", "removed", "expired"],
)
def test_only_an_approved_photo_can_be_public(state):
    photo = make_public_photo()

    with pytest.raises(IntegrityError):
        force(photo, state=state)
    force(photo, state=state, public_surfaces=0)


def test_a_photo_without_decision_cannot_be_public():
    photo = make_public_photo()

    with pytest.raises(IntegrityError):
        force(photo, decision=None)


def test_a_paused_photo_cannot_be_public():
    photo = make_public_photo()

    with pytest.raises(IntegrityError):
        force(photo, is_paused=True)


@pytest.mark.parametrize(
    ("public", "allowed"),
    [
        (Surface.ADS, BOTH),
        (Surface.ADS | Surface.GALLERIES, BOTH),
        (Surface.GALLERIES, Surface(0)),
        (Surface(64), BOTH),
    ],
)
def test_no_surface_is_public_that_is_not_allowed(public, allowed):
    photo = make_photo(state="approved")

    with pytest.raises(IntegrityError):
        force(photo, public_surfaces=public.value, allowed_surfaces=allowed.value)


def test_narrowing_what_is_allowed_alone_is_refused_by_the_database():
    photo = make_public_photo()

    with pytest.raises(IntegrityError):
        force(photo, allowed_surfaces=Surface.GALLERIES.value)


def test_a_part_of_what_is_allowed_may_be_public():
    photo = make_photo(state="approved")

    force(photo, public_surfaces=Surface.GALLERIES.value)
    photo.refresh_from_db()

    assert photo.public == Surface.GALLERIES


def test_erasing_a_public_photo_takes_its_decisions_along():
    photo = make_public_photo(tags=["mug"])

    photo.delete()

    assert not Photo.objects.exists()
