"""The site's edges: its bare address, and what it answers when something is wrong."""

from __future__ import annotations

import io
import random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from PIL import Image
from wagtail.images import get_image_model

from config.site.seeding import ensure_editor
from ugc.forms import MAX_PHOTOS

pytestmark = pytest.mark.django_db

BOUNDARY = "edge"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
def _editor(client):
    client.force_login(ensure_editor())


@pytest.mark.parametrize(
    ("wished", "home"),
    [
        ("de", "/de/"),
        ("de-AT,de;q=0.9,en;q=0.5", "/de/"),
        ("en-GB", "/en/"),
        ("fr", "/en/"),
        ("", "/en/"),
    ],
)
def test_the_bare_address_leads_to_the_visitors_language(wished, home):
    answer = Client().get("/", headers={"accept-language": wished})

    assert (answer.status_code, answer["Location"]) == (302, home)
    assert "Accept-Language" in answer["Vary"]
    assert not answer.cookies


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Please allow cookies for this shop"), ("de", "Bitte erlaube Cookies")],
)
def test_a_form_without_its_cookie_is_told_what_to_do(language, words):
    client = Client(enforce_csrf_checks=True)

    answer = client.post(f"/{language}/share-your-photo/", {"caption": "x"})

    assert answer.status_code == 403
    assert words in answer.text
    assert f'<html lang="{language}">' in answer.text


def many_files(count: int) -> bytes:
    part = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        'name="photos"; filename="a.jpg"\r\n\r\nx\r\n'
    )
    return (part * count + f"--{BOUNDARY}--\r\n").encode()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "at most 10 photos at once"), ("de", "höchstens 10 Fotos auf einmal")],
)
def test_a_body_that_cannot_be_read_is_told_what_to_do(language, words):
    answer = Client().post(
        f"/{language}/share-your-photo/", many_files(101), content_type=MULTIPART
    )

    assert answer.status_code == 400
    assert words in answer.text
    assert str(MAX_PHOTOS) in words


def test_some_files_too_many_are_answered_by_the_form():
    answer = Client().post(
        "/de/share-your-photo/", many_files(MAX_PHOTOS + 3), content_type=MULTIPART
    )

    with translation.override("de"):
        wording = translation.gettext("Please send at most %(count)s photos at once.")
    assert answer.status_code == 400
    assert wording % {"count": MAX_PHOTOS} in answer.text


@pytest.mark.usefixtures("_editor")
@pytest.mark.parametrize(
    ("side", "limit", "words"),
    [(40, 10_000_000, None), (400, 10_000, "larger than")],
)
def test_editors_images_pass_the_bounded_upload(
    client, settings, tmp_path, side, limit, words
):
    settings.MEDIA_PIPELINE_MAX_UPLOAD_BYTES = limit
    settings.MEDIA_ROOT = tmp_path
    noise = Image.frombytes(
        "RGB", (side, side), random.Random(7).randbytes(side**2 * 3)
    )
    content = io.BytesIO()
    noise.save(content, "PNG")
    file = SimpleUploadedFile("noise.png", content.getvalue(), "image/png")

    answer = client.post(reverse("wagtailimages:add"), {"title": "x", "file": file})

    assert get_image_model().objects.count() == (0 if words else 1)
    assert answer.status_code == (200 if words else 302)
    assert words is None or words in answer.text


def test_an_unknown_host_gets_the_page_for_bad_requests():
    answer = Client(headers={"host": "elsewhere.example"}).get("/en/")

    assert answer.status_code == 400
    assert "We could not read that" in answer.text
