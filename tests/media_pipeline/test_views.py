"""The public storage's own address: exact names, and nothing else."""

from __future__ import annotations

import secrets

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from media_pipeline import services, storage
from media_pipeline.models import Asset, Rendition

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("folders"),
    pytest.mark.urls("tests.media_pipeline.urls"),
]

CONTENT = b"\xff\xd8 the bytes of a rendition"


@pytest.fixture(autouse=True)
def without_static_files(settings):
    """The site's middleware, but for the one that looks for collected files."""
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "noise" not in each]


@pytest.fixture
def rendition() -> Rendition:
    asset = Asset.objects.create()
    private = storage.private().save("aa/1/r-1.jpg", ContentFile(CONTENT))
    made = Rendition.objects.create(
        asset=asset,
        format="jpeg",
        width=320,
        height=240,
        bytes=len(CONTENT),
        private_name=private,
    )
    services.publish_asset(asset.pk)
    made.refresh_from_db()
    return made


def address(name: str) -> str:
    return reverse("shoppable_media:public_file", args=[name])


def test_a_public_file_is_served_for_good_and_harmless(client: Client, rendition):
    response = client.get(address(rendition.public_name))

    assert response.status_code == 200
    assert response.getvalue() == CONTENT
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Content-Disposition"] == "inline"
    assert "Set-Cookie" not in response
    assert "Vary" not in response or "Cookie" not in response["Vary"]


def test_the_address_in_a_page_is_the_address_of_the_view(client: Client, rendition):
    picture = rendition.asset.public_picture

    assert client.get(picture.src).getvalue() == CONTENT


def test_only_safe_methods_are_answered(client: Client, rendition):
    assert client.post(address(rendition.public_name)).status_code == 405
    answer = client.head(address(rendition.public_name))
    answer.close()
    assert answer.status_code == 200


def test_a_cleared_file_is_gone_before_it_is_deleted(client: Client, rendition):
    services.clear_public_names(rendition.asset_id)

    assert storage.public().exists(rendition.public_name)
    assert client.get(address(rendition.public_name)).status_code == 404


def test_a_file_that_is_missing_is_404(client: Client, rendition):
    storage.public().delete(rendition.public_name)

    assert client.get(address(rendition.public_name)).status_code == 404


def test_copies_that_nobody_named_are_404(client: Client, rendition):
    services.clear_public_names(rendition.asset_id)
    copies = services.copy_to_public(rendition.asset_id)

    for name in copies.names.values():
        assert client.get(address(name)).status_code == 404


@pytest.mark.slow
def test_guessing_finds_nothing(client: Client, rendition):
    public = rendition.public_name
    guesses = [
        rendition.private_name,
        "../private/" + rendition.private_name,
        "..%2fprivate%2f" + rendition.private_name,
        public.upper(),
        public + "/",
        public[:-4],
        public.replace(".jpg", ".avif"),
        public.replace(".jpg", ".svg"),
        public[3:],
        public[:2],
        public + "%00",
        "%2e%2e/" + public,
        "/etc/passwd",
        "",
    ]
    for _ in range(986):
        token = secrets.token_hex(16)
        guesses.append(f"{token[:2]}/{token}.jpg")

    statuses = {client.get("/media/" + guess).status_code for guess in guesses}

    assert len(guesses) == 1000
    assert 200 not in statuses
    # 400: a null byte is refused before any view.
    assert statuses <= {404, 400, 302, 301}
