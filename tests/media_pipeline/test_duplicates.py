from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageOps

from media_pipeline import catalogue_index, duplicates, services, storage
from media_pipeline.duplicates import ban_picture, lift_ban
from media_pipeline.models import (
    Asset,
    BannedPicture,
    CatalogueIndexing,
    PhotoLikeness,
    ProductLikeness,
)
from media_pipeline.reruns import rescore_asset
from media_pipeline.testing import drawn

MEAN_COLOUR = "tests.media_pipeline.steps.backends.MeanColour"

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class Listed:
    """A picture of a catalogue of the test's own."""

    def __init__(self, key, content, reference=None):
        self.key = key
        self.content = content
        if reference is not None:
            self.reference = reference

    def open(self):
        if self.content is None:
            raise LookupError(self.key)
        return io.BytesIO(self.content)


class Shelf:
    """What MEDIA_PIPELINE_CATALOGUE names in these tests."""

    listed: list[Listed] = []
    opened = 0

    def pictures(self):
        return iter(self.listed)


@pytest.fixture(autouse=True)
def searching(settings, folders):
    """The two steps that search, with an embedder that needs no model."""
    settings.MEDIA_PIPELINE_CATALOGUE = f"{__name__}.Shelf"
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "products", "duplicates"]
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {
        name: {"backend": MEAN_COLOUR} for name in ("products", "duplicates")
    }
    Shelf.listed = []
    duplicates.forget()
    yield
    duplicates.forget()


def as_jpeg(picture, quality=90):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def processed(content, profile="photo"):
    asset = services.receive_upload(file=ContentFile(content, "a.jpg"), profile=profile)
    services.process_asset(asset.pk)
    asset.refresh_from_db()
    assert asset.state == Asset.State.PROCESSED
    return asset


def reasons(asset):
    return {
        reason
        for finding in asset.result["findings"]
        if finding["step"] == "duplicates"
        for reason in finding["reasons"]
    }


PICTURE = drawn(600, 460, seed=3)
DISGUISES = {
    "the same file": lambda picture: picture,
    "saved again, small": lambda picture: picture.resize((300, 230)),
    "mirrored": ImageOps.mirror,
    "turned by a quarter": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "mirrored and turned": lambda picture: ImageOps.mirror(
        picture.transpose(Image.Transpose.ROTATE_90)
    ),
    "with a border": lambda picture: ImageOps.expand(picture, 50, "white"),
    "cut": lambda picture: picture.crop((45, 35, 565, 430)),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_photo_is_known_again(disguise):
    first = processed(as_jpeg(PICTURE))
    second = processed(as_jpeg(disguise(PICTURE), 80))

    assert reasons(second) == {"seen_before"}
    assert second.verdict == "review"
    [evidence] = second.result["duplicates"]
    assert (evidence["kind"], evidence["id"]) == ("photo", first.public_id)
    assert evidence["is_confirmed"]


def test_another_photo_is_not_taken_for_it():
    processed(as_jpeg(PICTURE))

    other = processed(as_jpeg(drawn(600, 460, seed=8)))

    assert reasons(other) == set()
    assert other.verdict == "pass"


def test_the_same_bytes_are_named_as_such():
    first = processed(as_jpeg(PICTURE))

    second = processed(as_jpeg(PICTURE))

    assert second.result["duplicates"][0]["how"] == "bytes"
    assert second.result["duplicates"][0]["id"] == first.public_id


def test_other_metadata_leave_the_pixels_the_same():
    processed(as_jpeg(PICTURE))
    file = io.BytesIO(as_jpeg(PICTURE))
    content = file.getvalue()
    commented = content[:2] + b"\xff\xfe\x00\x06abcd" + content[2:]

    second = processed(commented)

    assert second.result["duplicates"][0]["how"] == "pixels"


def test_an_asset_is_not_its_own_duplicate():
    asset = processed(as_jpeg(PICTURE))
    asset.renditions.all().delete()
    Asset.objects.filter(pk=asset.pk).update(settled_at=None, state="pending")
    upload = storage.incoming().save("again", ContentFile(as_jpeg(PICTURE)))
    Asset.objects.filter(pk=asset.pk).update(original=upload)

    services.process_asset(asset.pk)

    asset.refresh_from_db()
    assert asset.result["duplicates"] == []
    assert PhotoLikeness.objects.count() == 1


def test_an_erased_photo_is_forgotten():
    first = processed(as_jpeg(PICTURE))
    processed(as_jpeg(drawn(600, 460, seed=8)))  # it is in memory now
    services.erase_asset(first.pk)

    second = processed(as_jpeg(PICTURE))

    known = [each["id"] for each in second.result["duplicates"]]
    assert first.public_id not in known


def test_only_the_ban_list_advises_to_reject():
    first = processed(as_jpeg(PICTURE))
    ban_picture(first.pk, reason="stolen", by="editor")
    services.erase_asset(first.pk)

    again = processed(as_jpeg(ImageOps.mirror(PICTURE), 70))

    assert again.verdict == "reject"
    assert reasons(again) == {"banned_picture"}
    assert again.result["duplicates"][0]["id"] == first.public_id


def test_what_only_resembles_a_banned_picture_is_for_a_person():
    smooth = Image.fromarray(
        np.tile(np.linspace(0, 255, 640, dtype=np.uint8)[None, :, None], (480, 1, 3))
    )
    ban_picture(processed(as_jpeg(smooth)).pk, reason="stolen")

    alike = processed(as_jpeg(ImageOps.autocontrast(smooth.resize((600, 450)))))

    assert alike.verdict == "review"
    assert "maybe_banned_picture" in reasons(alike)
    assert "banned_picture" not in reasons(alike)


def test_a_ban_stands_once_and_can_be_lifted():
    asset = processed(as_jpeg(PICTURE))
    ban_picture(asset.pk, reason="stolen")
    ban_picture(asset.pk, reason="another")

    assert BannedPicture.objects.get().reason == "stolen"
    assert lift_ban(asset.public_id)
    assert not lift_ban(asset.public_id)

    again = processed(as_jpeg(PICTURE))
    assert again.verdict == "review"


def test_a_picture_without_a_likeness_is_banned_from_its_master():
    asset = processed(as_jpeg(PICTURE))
    PhotoLikeness.objects.all().delete()

    ban_picture(asset.pk, reason="stolen")

    assert processed(as_jpeg(PICTURE.resize((450, 345)))).verdict == "reject"


def test_what_is_not_processed_can_not_be_banned():
    with pytest.raises(LookupError):
        ban_picture(10**6, reason="stolen")


def index():
    assert catalogue_index.bring_up_to_date()


def test_the_catalogues_own_picture_is_shown_to_a_person():
    Shelf.listed = [Listed("mug", as_jpeg(PICTURE), "one")]
    index()

    taken = processed(as_jpeg(PICTURE.resize((480, 368))))

    assert "catalogue_picture" in reasons(taken)
    assert taken.verdict == "review"
    assert taken.result["products"][0]["key"] == "mug"


def test_a_product_is_found_by_any_of_its_pictures():
    red, blue = (Image.new("RGB", (400, 400), c) for c in ("#c82020", "#2020c8"))
    Shelf.listed = [
        Listed("sofa", as_jpeg(blue), "one"),
        Listed("mug", as_jpeg(drawn(400, 400, seed=1)), "two"),
        Listed("mug", as_jpeg(red), "three"),
    ]
    index()
    photo = Image.new("RGB", (600, 600), "#787878")
    photo.paste(red.resize((270, 270)), (330, 0))

    [first, *_] = processed(as_jpeg(photo, 95)).result["products"]

    assert first["key"] == "mug"
    assert first["score"] > 0.98
    assert first["box"] == [0.55, 0.0, 0.45, 0.45]


def test_the_index_follows_the_catalogue():
    Shelf.listed = [Listed("mug", as_jpeg(PICTURE), "one"), Listed("pot", None, "two")]
    index()
    assert processed(as_jpeg(PICTURE)).result["products"][0]["key"] == "mug"
    assert ProductLikeness.objects.count() == 1

    # The pot's picture is there now, the mug is gone.
    Shelf.listed = [Listed("pot", as_jpeg(PICTURE), "two")]
    index()

    assert [each["key"] for each in processed(as_jpeg(PICTURE)).result["products"]] == [
        "pot"
    ]


def test_pictures_without_a_reference_are_told_apart_by_content():
    Shelf.listed = [Listed("mug", as_jpeg(PICTURE))]
    index()
    before = ProductLikeness.objects.get()
    index()
    assert ProductLikeness.objects.get().pk == before.pk

    Shelf.listed = [Listed("mug", as_jpeg(drawn(600, 460, seed=8)))]
    index()

    assert ProductLikeness.objects.get().reference != before.reference


def test_a_picture_that_can_not_be_read_is_left_out_and_not_tried_again():
    Shelf.listed = [Listed("mug", b"no picture", "one")]
    index()
    before = ProductLikeness.objects.get()
    index()

    assert ProductLikeness.objects.get().pk == before.pk
    assert processed(as_jpeg(PICTURE)).result["products"] == []


def test_another_model_means_new_vectors(settings):
    Shelf.listed = [Listed("mug", as_jpeg(PICTURE), "one")]
    index()
    ProductLikeness.objects.update(model="another 1")
    duplicates.forget()
    assert processed(as_jpeg(drawn(600, 460, seed=8))).result["products"] == []

    index()

    assert ProductLikeness.objects.get().model == "mean colour 1"


def test_a_settled_product_picture_asks_for_one_going_over():
    processed(as_jpeg(PICTURE), profile="product")
    processed(as_jpeg(drawn(400, 400)), profile="product")
    processed(as_jpeg(drawn(400, 400, seed=2)))

    assert CatalogueIndexing.objects.count() == 1


def test_a_going_over_is_settled_once(settings):
    settings.OUTBOX_LEASE_SECONDS = 30
    Shelf.listed = [Listed("mug", as_jpeg(PICTURE), "one")]
    CatalogueIndexing.objects.create()
    pk = CatalogueIndexing.objects.get().pk

    assert catalogue_index.index_catalogue(pk)
    assert not catalogue_index.index_catalogue(pk)
    assert ProductLikeness.objects.count() == 1


def test_a_long_catalogue_is_gone_over_in_parts(monkeypatch):
    monkeypatch.setattr(catalogue_index, "_SECONDS", -1.0)
    Shelf.listed = [Listed("mug", as_jpeg(PICTURE), "one")]
    CatalogueIndexing.objects.create()

    assert catalogue_index.index_catalogue(CatalogueIndexing.objects.get().pk)

    assert CatalogueIndexing.objects.open().count() == 1


def test_without_a_catalogue_nothing_is_indexed(settings):
    settings.MEDIA_PIPELINE_CATALOGUE = ""

    assert not catalogue_index.request_indexing()


def test_what_is_in_memory_is_not_read_again():
    for seed in range(3):
        processed(as_jpeg(drawn(400, 400, seed=seed)))
    appearance_rows = PhotoLikeness.objects.count()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        duplicates.product_index(embedder_name="mean colour 1", length=3)

    assert appearance_rows == 3
    assert len(queries) <= 3


def test_a_photo_from_before_is_known_once_it_was_looked_at_again():
    first = processed(as_jpeg(PICTURE))
    PhotoLikeness.objects.all().delete()

    assert rescore_asset(first.pk)

    again = processed(as_jpeg(ImageOps.mirror(PICTURE)))
    assert again.result["duplicates"][0]["id"] == first.public_id
