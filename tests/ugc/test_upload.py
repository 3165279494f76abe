"""The upload page, with and without script."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from media_pipeline import services as media
from media_pipeline.exceptions import RefusedFile, StorageUnavailable
from media_pipeline.models import Asset
from tests.ugc.factories import make_contributor
from ugc import access
from ugc.models import Contributor, Photo, Surface, UploadTally

pytestmark = pytest.mark.django_db

URL = "/en/share-your-photo/"
SCRIPT = {"headers": {"Accept": "application/json"}}


def picture(name="IMG_1.jpg", content=b"bytes"):
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def send(client, url=URL, *, script=False, **fields):
    data = {"photos": picture(), "persona_name": "Mia", **fields}
    return client.post(url, data, **(SCRIPT if script else {}))


@pytest.mark.parametrize(
    ("limit", "said"), [(25 * 2**20, "25\xa0MB"), (5 * 2**19, "2,5\xa0MB")]
)
def test_the_page_says_how_large_a_photo_may_be(settings, limit, said):
    settings.MEDIA_PIPELINE_MAX_UPLOAD_BYTES = limit

    assert f"bis {said}" in Client().get("/de/share-your-photo/").text


def test_looking_at_the_page_sets_no_cookie_but_the_one_against_forgery():
    response = Client().get(URL)

    assert response.status_code == 200
    assert set(response.cookies) <= {"csrftoken"}
    assert not Contributor.objects.exists()


def test_nothing_is_switched_on_beforehand():
    page = Client().get(URL).text

    assert page.count('name="surfaces"') == len(Surface)
    assert "checked" not in page


def test_the_page_offers_heic_and_says_the_age(settings):
    settings.UGC_MIN_AGE = 18

    page = Client().get(URL).text

    assert "image/heic" in page
    assert ".heic" in page
    assert "18 or older" in page


def test_the_product_asked_for_is_shown_with_picture_and_name():
    for url in (f"{URL}mug/", f"{URL}?product=mug"):
        page = Client().get(url).text

        assert "Green mug" in page
        assert "/pictures/mug.jpg" in page
    assert "Grüner Becher" in Client().get("/de/share-your-photo/mug/").text


def test_an_unknown_product_is_not_found():
    assert Client().get(f"{URL}nothing/").status_code == 404
    assert send(Client(), f"{URL}nothing/").status_code == 404


def test_without_script_the_photos_own_page_opens_after_sending():
    client = Client()

    response = send(
        client,
        f"{URL}mug/",
        caption="Lovely",
        alt_text="A mug",
        surfaces=["product_pages", "mail"],
    )

    photo = Photo.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("shoppable_ugc:my_photo", args=[photo.public_id])
    assert photo.product_key == "mug"
    assert photo.caption == "Lovely"
    assert photo.allowed == Surface.PRODUCT_PAGES | Surface.MAIL
    assert photo.language == "en"
    assert client.get(response.url).status_code == 200


def test_the_first_upload_makes_this_browser_known_and_the_second_knows_it():
    client = Client()

    first = send(client)
    send(client)

    cookie = first.cookies[access.COOKIE]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert Contributor.objects.count() == 1
    assert Photo.objects.count() == 2
    assert "Mia" in client.get(URL).text


def test_several_photos_at_once_become_several_submissions():
    client = Client()

    response = send(client, photos=[picture("a.jpg"), picture("b.jpg")])

    assert response.url == reverse("shoppable_ugc:my_photos")
    assert Photo.objects.count() == 2
    assert Contributor.objects.count() == 1
    assert Asset.objects.count() == 2


def test_the_script_gets_the_address_as_json():
    response = send(Client(), script=True)

    assert response.status_code == 201
    assert response.json()["url"] == Photo.objects.get().get_absolute_url()


def test_what_is_missing_is_named_and_what_was_written_is_kept():
    client = Client()

    response = client.post(
        URL,
        {
            "caption": "My long story",
            "alt_text": "What it shows",
            "surfaces": ["galleries"],
            "email": "not an address",
        },
    )

    page = response.text
    assert response.status_code == 400
    assert "Please choose a photo." in page
    assert "which name we may show" in page
    assert "My long story" in page
    assert "What it shows" in page
    assert re.search(r'value="galleries"\s+checked', page)
    assert not Photo.objects.exists()
    assert not Contributor.objects.exists()


def test_the_script_gets_the_same_errors_as_json():
    response = Client().post(URL, {"caption": "x"}, **SCRIPT)

    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"photos", "persona_name"}


@pytest.mark.parametrize("code", ["too_many_bytes", "empty_file"])
def test_a_file_refused_at_once_says_why_and_keeps_the_words(code, monkeypatch):
    def refuse(**kwargs):
        raise RefusedFile(code)

    monkeypatch.setattr(media, "receive_upload", refuse)
    client = Client()

    response = send(client, caption="My long story")

    assert response.status_code == 400
    assert "My long story" in response.text
    assert "IMG_1.jpg" in response.text
    assert not Contributor.objects.exists()
    assert access.COOKIE not in response.cookies


def test_an_empty_file_of_two_is_named_and_does_not_lose_the_good_one():
    client = Client()

    response = send(client, photos=[picture("empty.jpg", b""), picture("good.jpg")])

    photo = Photo.objects.get()
    assert response.status_code == 400
    assert "empty.jpg: This file is empty." in response.text
    assert photo.get_absolute_url() in response.text


def test_of_two_files_the_good_one_is_kept_and_linked(monkeypatch):
    real = media.receive_upload

    def refuse_second(*, file, **kwargs):
        if file.name == "bad.jpg":
            raise RefusedFile("too_many_bytes")
        return real(file=file, **kwargs)

    monkeypatch.setattr(media, "receive_upload", refuse_second)
    client = Client()

    response = send(client, photos=[picture("good.jpg"), picture("bad.jpg")])

    photo = Photo.objects.get()
    assert response.status_code == 400
    assert photo.get_absolute_url() in response.text
    assert client.get(photo.get_absolute_url()).status_code == 200


def test_a_store_that_is_down_is_said_so(monkeypatch):
    def fail(**kwargs):
        raise StorageUnavailable("full")

    monkeypatch.setattr(media, "receive_upload", fail)

    response = send(Client(), caption="My long story")

    assert response.status_code == 503
    assert "My long story" in response.text


def test_too_many_uploads_of_one_person_are_stopped_for_the_hour(settings):
    settings.UGC_UPLOADS_PER_HOUR = 2
    client = Client()
    for _ in range(3):
        # The very first one is nobody's yet, it counts for its address.
        assert send(client).status_code == 302

    response = send(client, caption="My long story")

    assert response.status_code == 429
    assert "in about an hour" in response.text
    assert "My long story" in response.text
    assert Photo.objects.count() == 3
    assert send(client, script=True).json()["errors"]["__all__"]


def test_throwing_the_cookie_away_does_not_help_against_the_limit(settings):
    settings.UGC_UPLOADS_PER_HOUR_AND_ADDRESS = 2

    answers = [send(Client()).status_code for _ in range(3)]

    assert answers == [302, 302, 429]
    assert send(Client(REMOTE_ADDR="10.0.0.9")).status_code == 302


def test_the_tally_tells_no_address():
    send(Client(REMOTE_ADDR="203.0.113.7"))

    for tally in UploadTally.objects.all():
        assert "203.0.113.7" not in tally.origin
        assert len(tally.origin) == 64


def test_more_than_ten_photos_at_once_are_too_many():
    response = send(Client(), photos=[picture(f"{n}.jpg") for n in range(11)])

    assert response.status_code == 400
    assert "at most 10" in response.text


def test_an_upload_needs_the_token_against_forged_requests():
    client = Client(enforce_csrf_checks=True)

    assert send(client).status_code == 403
    assert not Photo.objects.exists()


def test_nothing_but_the_forms_own_fields_is_taken():
    send(
        Client(),
        state="approved",
        public_surfaces="31",
        allowed_surfaces="31",
        score="99",
        contributor=str(make_contributor().pk),
        is_paused="1",
    )

    photo = Photo.objects.get()
    assert photo.state == Photo.State.SUBMITTED
    assert (photo.public_surfaces, photo.allowed_surfaces, photo.score) == (0, 0, 0)


@pytest.mark.parametrize("surface", ["everything", "31", "__class__"])
def test_a_made_up_surface_is_refused(surface):
    assert send(Client(), surfaces=[surface]).status_code == 400
    assert not Photo.objects.exists()


def test_the_page_needs_no_inline_script_or_style():
    for url in (URL, f"{URL}mug/"):
        page = Client().get(url).text

        assert "style=" not in page
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\son\w+=", page)


def test_upload_speaks_german():
    page = Client().get("/de/share-your-photo/").text

    assert "Wo dürfen wir es zeigen?" in page
    assert 'lang="de"' in page


def test_the_upload_page_is_kept_by_no_cache_but_may_be_found(client):
    response = client.get(reverse("shoppable_ugc:submit_photo"))

    assert response["Cache-Control"] == "private, no-store"
    assert "X-Robots-Tag" not in response
    assert "noindex" not in response.text
