"""Products that software puts on a photo, and pictures that it knows as banned."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, transaction

from media_pipeline.models import Asset, BannedPicture, LiftedBan
from media_pipeline.services import ban_picture
from media_pipeline.testing import picture_bytes
from tests.ugc.factories import make_asset, make_moderator, make_photo
from ugc import publishing, services
from ugc.exceptions import NotPossible
from ugc.models import Photo, PhotoEvent, ProductTag, Surface

pytestmark = pytest.mark.django_db

SURE = {
    "products": [
        {"key": "mug", "score": 0.8, "box": [0.2, 0.4, 0.2, 0.4]},
        {"key": "lamp", "score": 0.7, "box": [0, 0, 1, 1]},
        # Has left the catalogue.
        {"key": "gone", "score": 0.9, "box": [0.6, 0.6, 0.4, 0.4]},
    ]
}


@pytest.fixture(autouse=True)
def small_catalogue(settings):
    settings.UGC_CATALOGUE = "tests.ugc.catalogues.SmallCatalogue"


def settled(result, *, verdict="review", **columns) -> Photo:
    """A photo as it is once the pipeline has answered this of its picture."""
    asset = make_asset(result=result, verdict=verdict)
    photo = make_photo(state="submitted", asset=asset, **columns)
    services.settle_photo(asset.pk)
    photo.refresh_from_db()
    return photo


def events(photo, kind):
    return photo.events.filter(kind=kind)


def test_a_photo_comes_into_review_with_the_products_software_is_sure_of():
    photo = settled(SURE)

    tag = photo.product_tags.get()
    assert (tag.product_key, tag.is_suggested) == ("mug", True)
    assert (tag.x, tag.y) == pytest.approx((0.3, 0.6))
    assert not events(photo, PhotoEvent.Kind.TAGGED)


def test_asking_again_suggests_nothing_twice_and_moves_nothing():
    photo = settled(SURE)
    photo.product_tags.update(x=0.9)

    assert services.suggest_products(photo, photo.asset) == 0

    assert photo.product_tags.get().x == 0.9


def test_how_sure_is_a_setting(settings):
    settings.MEDIA_PIPELINE_PRODUCTS_PREFILLED_FROM = 0.65

    photo = settled(SURE)

    keys = photo.product_tags.values_list("product_key", flat=True)
    assert list(keys) == ["mug", "lamp"]


def test_what_the_author_asked_for_needs_less_to_be_suggested():
    photo = settled(SURE, product_key="lamp")

    keys = photo.product_tags.values_list("product_key", flat=True)
    assert set(keys) == {"mug", "lamp"}


def test_the_person_who_approves_stands_for_what_is_left():
    photo, editor = settled(SURE), make_moderator()

    services.approve_photo(photo, by=editor)
    publishing.publish(photo.pk)

    tag = photo.product_tags.get()
    assert not tag.is_suggested
    assert events(photo, PhotoEvent.Kind.TAGGED).get().detail["by"] == editor.pk
    assert list(ProductTag.objects.top("mug", Surface.PRODUCT_PAGES)) == [tag]


def test_a_rule_that_approves_keeps_no_suggestion():
    photo = settled(SURE)

    services.approve_photo(photo, by=None, rule="trusted")

    assert not photo.product_tags.exists()


def test_the_database_lets_no_suggestion_be_public():
    photo = settled(SURE)

    with pytest.raises(IntegrityError), transaction.atomic():
        photo.product_tags.update(public_surfaces=1)


def test_a_suggestion_becomes_a_tag_once_a_person_places_it():
    photo, editor = settled(SURE), make_moderator()
    before = photo.product_tags.get()

    tag = services.tag_product(
        photo, product_key="mug", x=before.x, y=before.y, by=editor
    )
    services.tag_product(photo, product_key="mug", x=0.5, y=0.5, by=editor)

    assert not tag.is_suggested
    assert events(photo, PhotoEvent.Kind.TAGGED).count() == 1


def test_a_suggestion_taken_away_was_never_the_photos():
    photo = settled(SURE)

    assert services.untag_product(photo, "mug", by=make_moderator())

    assert not photo.product_tags.exists()
    assert not events(photo, PhotoEvent.Kind.UNTAGGED)


# --- the ban list -----------------------------------------------------------------

BANNED = {
    "duplicates": [{"kind": "banned", "id": "x", "how": "bytes", "is_confirmed": True}]
}


def test_a_banned_picture_is_refused_by_the_list_and_says_so():
    photo = settled(BANNED, verdict="reject")

    assert photo.state == Photo.State.REFUSED
    assert (photo.decision.actor, photo.decision.rule) == (None, "ban_list")
    assert photo.decision.reasons == ["banned_picture"]


def test_a_person_can_open_it_again_and_it_stays_open():
    photo = settled(BANNED, verdict="reject")

    services.reopen_photo(photo, by=make_moderator())
    services.settle_photo(photo.asset_id)

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


def test_a_shop_may_have_a_person_decide_on_banned_pictures_too(settings):
    settings.UGC_REFUSE_BANNED = False

    photo = settled(BANNED, verdict="reject")

    assert photo.state == Photo.State.IN_REVIEW


def test_a_picture_that_only_looks_banned_waits_for_a_person():
    likely = {"duplicates": [{**BANNED["duplicates"][0], "is_confirmed": False}]}

    photo = settled(likely, verdict="reject")

    assert photo.state == Photo.State.IN_REVIEW


def test_a_persons_second_upload_of_a_picture_is_not_refused():
    own = make_photo()
    same = {"kind": "photo", "id": own.asset.public_id, "is_confirmed": True}

    photo = settled({"duplicates": [same]}, contributor=own.contributor)

    assert photo.state == Photo.State.IN_REVIEW


def with_master(photo):
    """The photo, its asset's master really there."""
    name = storages["private"].save(
        "m/master.jpg", ContentFile(picture_bytes(300, 200))
    )
    Asset.objects.filter(pk=photo.asset_id).update(master=name, sha256="ab" * 32)
    photo.refresh_from_db()
    return photo


@pytest.mark.parametrize(
    ("state", "then"),
    [("in_review", "refused"), ("approved", "removed"), ("withdrawn", "withdrawn")],
)
def test_banning_turns_down_what_is_still_to_be_shown(state, then, likeness):
    photo, editor = with_master(make_photo(state=state)), make_moderator()
    likeness(photo.asset)

    decision = services.ban_photo(photo, by=editor, reason="Stolen from a magazine")

    photo.refresh_from_db()
    assert photo.state == then
    assert (decision is None) is (state == then)
    banned = BannedPicture.objects.get(public_id=photo.asset.public_id)
    assert (banned.reason, banned.banned_by) == ("Stolen from a magazine", "editor")


def test_a_ban_can_be_lifted_once(likeness):
    photo = with_master(make_photo())
    likeness(photo.asset)
    ban_picture(photo.asset_id, reason="Stolen")

    editor = make_moderator()

    assert services.lift_ban(photo.asset.public_id, by=editor)
    assert not services.lift_ban(photo.asset.public_id, by=editor)

    lifted = LiftedBan.objects.get()
    assert (lifted.public_id, lifted.reason) == (photo.asset.public_id, "Stolen")
    assert lifted.lifted_by == editor.get_username()
    assert lifted.lifted_at >= lifted.banned_at


def test_no_ban_stands_without_its_decision(likeness, monkeypatch):
    photo = with_master(make_photo())
    likeness(photo.asset)
    monkeypatch.setattr(
        publishing, "change", lambda *photo, **columns: False
    )  # as if it had changed meanwhile

    with pytest.raises(NotPossible):
        services.ban_photo(photo, by=make_moderator(), reason="Stolen")

    assert not BannedPicture.objects.exists()


def test_what_was_never_checked_cannot_be_banned():
    with pytest.raises(NotPossible):
        services.ban_photo(make_photo(state="draft"), by=make_moderator(), reason="No")


@pytest.fixture
def likeness():
    """Writes what a picture looks like, so that nothing has to be decoded."""
    from media_pipeline.models import PhotoLikeness

    def write(asset):
        return PhotoLikeness.objects.create(
            asset=asset, pixels_sha256="cd" * 32, hashes=bytes(32), model="none"
        )

    return write
