"""What a foreign site gets from our apps. See ``pytest.ini`` for how it runs."""

from __future__ import annotations

import os
import re
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from people.models import Member
from plants.catalogue import PlantCatalogue
from plants.models import Plant, StoryPage
from wagtail.models import Locale, Site

from media_pipeline.backends.install import missing_models
from media_pipeline.catalogue_index import bring_up_to_date
from media_pipeline.services import process_asset, receive_upload
from media_pipeline.testing import ListedPicturesContract, picture_bytes
from ugc.models import Photo, Surface
from ugc.testing import CatalogueContract

pytestmark = pytest.mark.django_db

OURS = ("cms", "ugc", "media_pipeline", "outbox")


@pytest.fixture
def fern():
    return Plant.objects.create(
        key="lady-fern", name="Lady fern", euros=Decimal("6.50"), in_stock=3
    )


@pytest.fixture
def gardener(db):
    """A member with just the right to moderate."""
    gardener = Member.objects.create_user("gardener@garden.example", "pass-for-tests")
    gardener.user_permissions.set(
        Permission.objects.filter(codename__in=["access_admin", "moderate_photo"])
    )
    return gardener


@pytest.fixture
def sent(client, fern):
    """A member's photo of the fern: uploaded by the page, checked, not decided on."""
    response = client.post(
        "/share-your-photo/lady-fern/",
        {
            "photos": SimpleUploadedFile(
                "fern.jpg", picture_bytes(900, 600), "image/jpeg"
            ),
            "persona_name": "Flora",
            "caption": "By the pond",
            "alt_text": "A fern by a pond",
            "surfaces": ["product_pages", "galleries"],
        },
    )
    photo = Photo.objects.get()
    assert response.status_code == 302, response.content.decode()
    process_asset(photo.asset_id)
    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW
    return photo


@pytest.fixture
def shown(sent, client, gardener, django_capture_on_commit_callbacks):
    """The same photo, tagged and approved in the garden's admin."""
    visitors = client.cookies
    client.force_login(gardener)
    desk = f"/admin/photos/{sent.public_id}/"
    client.post(
        f"{desk}place/", {"do": "add", "product_key": "lady-fern", "x": 30, "y": 40}
    )
    with django_capture_on_commit_callbacks(execute=True):
        page = client.get(desk).content.decode()
        seen = re.search(r'name="seen" value="(\w+)"', page)[1]
        client.post(f"{desk}approve/", {"seen": seen})
    client.logout()
    client.cookies = visitors
    sent.refresh_from_db()
    assert sent.public == Surface.PRODUCT_PAGES | Surface.GALLERIES
    return sent


@pytest.fixture
def stranger(client):
    return type(client)()


# --- what is installed ------------------------------------------------------------


def test_only_the_wanted_apps_are_installed():
    assert not apps.is_installed("storefront")
    assert not apps.is_installed("cms.pages")
    assert "config" not in sys.modules


def test_our_packages_come_from_where_the_run_says():
    expected = Path(os.environ["GARDEN_PACKAGES"])
    for name in OURS:
        assert expected in Path(sys.modules[name].__file__).parents


# --- the way of a photo -----------------------------------------------------------


class TestPlantCatalogue(CatalogueContract):
    @pytest.fixture(autouse=True)
    def plants(self, fern):
        Plant.objects.create(
            key="pond-iris",
            name="Pond iris",
            euros=Decimal("4.00"),
            drawing=ContentFile(b"drawn", name="iris.png"),
        )
        Plant.objects.create(
            key="gone", name="Gone", euros=Decimal("1.00"), is_sold=False
        )

    def catalogue(self):
        return PlantCatalogue()

    def keys(self):
        return ["lady-fern", "pond-iris"]

    def searched(self):
        return "iris", "pond-iris"


class TestPlantsPictures(ListedPicturesContract):
    @pytest.fixture(autouse=True)
    def drawings(self, db):
        for key in ("lady-fern", "pond-iris"):
            drawing = ContentFile(picture_bytes(), name=f"{key}.jpg")
            Plant.objects.create(
                key=key, name=key, euros=Decimal("4.00"), drawing=drawing
            )

    def make_catalogue(self):
        return PlantCatalogue()


def test_a_photo_of_a_plant_is_matched_with_its_drawing(fern):
    if missing_models():
        pytest.skip("The models are not installed.")
    fern.drawing.save("fern.jpg", ContentFile(picture_bytes(seed=3)))
    assert bring_up_to_date()

    photo = ContentFile(picture_bytes(seed=3, quality=60), name="a.jpg")
    asset = receive_upload(file=photo)
    assert process_asset(asset.pk)

    asset.refresh_from_db()
    assert [found["key"] for found in asset.result["products"]] == ["lady-fern"]


@pytest.mark.parametrize(
    "address", ["/share-your-photo/", "/share-your-photo/lady-fern/"]
)
def test_the_upload_page_answers(client, fern, address):
    assert client.get(address).status_code == 200


def test_a_plant_that_is_not_sold_has_no_upload_page(client, fern):
    Plant.objects.update(is_sold=False)

    assert client.get("/share-your-photo/lady-fern/").status_code == 404


def test_nothing_is_public_before_a_person_has_decided(sent, client, stranger):
    plant = stranger.get("/plants/lady-fern/").content.decode()

    assert "Flora" not in plant
    assert stranger.get(f"/photos/{sent.public_id}/").status_code == 404
    assert stranger.get(f"/me/photos/{sent.public_id}/").status_code == 404
    assert client.get(f"/me/photos/{sent.public_id}/").status_code == 200
    rendition = sent.asset.renditions.first()
    own = f"/me/photos/{sent.public_id}/files/{rendition.pk}/"
    assert stranger.get(own).status_code == 404


def test_the_workbench_asks_the_sites_own_members_for_permission(client, sent):
    writer = Member.objects.create_user("writer@garden.example", "pass-for-tests")
    writer.user_permissions.set(Permission.objects.filter(codename="access_admin"))
    client.force_login(writer)

    assert client.get("/admin/photos/").status_code == 403


def test_the_workbench_finds_the_sites_own_products(client, sent, gardener):
    client.force_login(gardener)

    queue = client.get("/admin/photos/").content.decode()
    review = client.get(f"/admin/photos/{sent.public_id}/", {"q": "fern"})

    assert "Asked for: Lady fern" in queue
    assert "6.50 €" in review.content.decode()


def test_an_approved_photo_shows_on_the_plants_own_page(shown, stranger):
    page = stranger.get("/plants/lady-fern/").content.decode()

    assert "Flora" in page
    assert f'href="/photos/{shown.public_id}/"' in page
    addresses = set(re.findall(r"/media/[\w./-]+", page))
    assert addresses
    for address in addresses:
        answer = stranger.get(address)
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)
        answer.close()


def test_the_photos_page_links_to_the_sites_own_product(shown, stranger):
    page = stranger.get(f"/photos/{shown.public_id}/").content.decode()

    assert 'href="/plants/lady-fern/"' in page
    assert "in the nursery" in page


def test_our_pages_wear_the_sites_own_frame(shown, stranger):
    for address in ("/share-your-photo/", f"/photos/{shown.public_id}/"):
        assert "– Garden club</title>" in stranger.get(address).content.decode()


def test_a_page_of_the_site_tells_with_our_blocks(shown, stranger):
    Site.objects.all().delete()
    root = StoryPage.add_root(
        title="Our garden",
        slug="garden",
        locale=Locale.get_active(),
        season="autumn",
        story=[
            (
                "gallery_by_rule",
                {
                    "heading": "New in the beds",
                    "rule": "product",
                    "product": "lady-fern",
                    "word": "",
                    "count": 4,
                },
            ),
            ("shoppable_photo", {"heading": "Look closely", "photo": shown}),
        ],
    )
    Site.objects.create(hostname="testserver", root_page=root, is_default_site=True)

    page = stranger.get("/").content.decode()

    assert "New in the beds" in page
    assert f'href="/photos/{shown.public_id}/"' in page
    assert 'href="/plants/lady-fern/"' in page
    assert "at-x-30 at-y-40" in page


def test_withdrawing_takes_it_off_the_sites_pages(
    shown, client, stranger, django_capture_on_commit_callbacks
):
    names = list(shown.asset.renditions.values_list("public_name", flat=True))

    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/me/photos/{shown.public_id}/withdraw/")

    assert "Flora" not in stranger.get("/plants/lady-fern/").content.decode()
    assert stranger.get(f"/photos/{shown.public_id}/").status_code == 404
    for name in names:
        assert stranger.get(f"/media/{name}").status_code == 404
