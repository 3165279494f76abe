from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import TestCase

from cms.models import PicturePublication
from cms.origins import PhotoOrigins
from cms.product_pictures import AssetPictures
from cms.services import publish_picture, publish_picture_later
from media_pipeline import services as media
from media_pipeline import storage
from media_pipeline.models import Asset
from media_pipeline.signals import asset_rendered, asset_settled
from outbox.testing import make_due
from ugc import services

from . import material

pytestmark = pytest.mark.django_db


def settle(asset):
    with TestCase.captureOnCommitCallbacks(execute=True):
        asset_settled.send(sender=Asset, asset_id=asset.pk)


def test_a_stored_picture_is_an_asset_of_the_shops_own():
    reference = AssetPictures().store(ContentFile(b"bytes", name="a"), name="lamp.jpg")

    asset = Asset.objects.get(public_id=reference)
    assert asset.profile == "product"
    assert asset.original_name == "lamp.jpg"


def test_a_product_picture_is_public_once_it_is_settled():
    asset = material.an_asset(profile="product")
    assert AssetPictures().pictures([asset.public_id]) == {}

    settle(asset)
    publish_picture(PicturePublication.objects.get().pk)

    picture = AssetPictures().pictures([asset.public_id])[asset.public_id]
    assert picture.src.startswith("/media/")
    assert PicturePublication.objects.get().is_settled


def test_a_customers_photo_is_not_published_by_being_settled():
    asset = material.an_asset()

    settle(asset)

    assert not PicturePublication.objects.exists()
    assert publish_picture_later(asset.pk) is None
    assert not asset.renditions.exclude(public_name="").exists()


def test_settling_twice_publishes_once():
    asset = material.an_asset(profile="product")
    settle(asset)
    publish_picture(PicturePublication.objects.get().pk)
    names = set(asset.renditions.values_list("public_name", flat=True))

    settle(asset)
    publish_picture(PicturePublication.objects.get().pk)

    assert set(asset.renditions.values_list("public_name", flat=True)) == names
    assert PicturePublication.objects.count() == 1


def rendered_later(asset):
    """Have the asset get another rendition, as the second stage does it."""
    with transaction.atomic():
        asset_rendered.send(sender=Asset, asset_id=asset.pk)
        name = storage.private().save(
            f"{asset.public_id[:2]}/{asset.public_id}/later.avif", ContentFile(b"later")
        )
        asset.renditions.create(
            format="avif", width=1920, height=1280, bytes=5, private_name=name
        )


def test_what_is_rendered_later_is_published_too():
    asset = material.an_asset(profile="product")
    settle(asset)
    with TestCase.captureOnCommitCallbacks(execute=True):
        rendered_later(asset)

    assert not asset.renditions.filter(public_name="").exists()
    assert PicturePublication.objects.get().is_settled


def test_a_rendering_that_ends_during_the_publication_is_not_forgotten(monkeypatch):
    asset = material.an_asset(profile="product")
    publication = publish_picture_later(asset.pk)
    real = media.publish_asset

    def publish_then_render(asset_id):
        real(asset_id)
        rendered_later(asset)

    with monkeypatch.context() as slow:
        slow.setattr(media, "publish_asset", publish_then_render)
        assert not publish_picture(publication.pk)

    make_due(publication)
    assert publish_picture(publication.pk)
    assert not asset.renditions.filter(public_name="").exists()


def test_a_customers_photo_is_not_published_by_being_rendered():
    asset = material.an_asset()

    with TestCase.captureOnCommitCallbacks(execute=True):
        rendered_later(asset)

    assert not PicturePublication.objects.exists()


def test_a_storage_that_fails_leaves_the_duty_open():
    asset = material.an_asset(profile="product")
    settle(asset)
    publication = PicturePublication.objects.get()
    PicturePublication.objects.update(settled_at=None)
    asset.renditions.update(public_name="")
    for rendition in asset.renditions.all():
        storage.private().delete(rendition.private_name)

    assert not publish_picture(publication.pk)

    publication.refresh_from_db()
    assert not publication.is_settled
    assert publication.losses == 0


def test_a_refused_file_makes_no_picture():
    asset = material.an_asset(profile="product")
    Asset.objects.filter(pk=asset.pk).update(state="refused_file", reason="animated")

    settle(asset)

    assert not PicturePublication.objects.exists()


def test_a_reference_to_a_customers_photo_draws_nothing():
    photo = material.a_public_photo()

    assert AssetPictures().pictures([photo.asset.public_id, "", "nothing"]) == {}


@pytest.mark.parametrize("number", [1, 5])
def test_many_pictures_take_two_queries(number, django_assert_num_queries):
    references = []
    for _ in range(number):
        asset = material.an_asset(profile="product")
        media.publish_asset(asset.pk)
        references.append(asset.public_id)

    with django_assert_num_queries(2):
        assert len(AssetPictures().pictures(references)) == number


def test_a_picture_is_opened_from_its_master():
    asset = material.an_asset(profile="product")
    storage.private().save("ab/master.jpg", ContentFile(b"pixels"))
    Asset.objects.filter(pk=asset.pk).update(master="ab/master.jpg")

    with AssetPictures().open(asset.public_id) as file:
        assert file.read() == b"pixels"
    with pytest.raises(LookupError):
        AssetPictures().open("nothing")


def test_an_origin_links_to_a_photo_while_it_is_public(django_assert_num_queries):
    first, second = material.a_public_photo(by="<b>"), material.a_public_photo()
    waiting = material.a_waiting_photo()
    wanted = [first.public_id, second.public_id, waiting.public_id, "x", ""]

    with django_assert_num_queries(1):
        drawn = PhotoOrigins().origins(wanted)

    assert set(drawn) == {first.public_id, second.public_id}
    assert f"/photos/{first.public_id}/" in drawn[first.public_id]
    assert "<b>" not in drawn[first.public_id]

    services.withdraw_photo(first, contributor=first.contributor)
    assert set(PhotoOrigins().origins(wanted)) == {second.public_id}
