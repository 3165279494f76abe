"""What is not public answers nobody but its author and moderators, anywhere."""

from __future__ import annotations

import secrets

import pytest
from django.test import Client

from media_pipeline.models import Rendition
from tests.ugc.factories import make_moderator, make_photo, make_public_photo
from ugc import access, services
from ugc.models import Photo

pytestmark = [pytest.mark.django_db, pytest.mark.integration]

LANGUAGES = ("en", "de")
PAGES = (
    "photos/{id}/",
    "me/photos/{id}/",
    "me/photos/{id}/state/",
    "me/photos/{id}/file/",
    "me/photos/{id}/words/",
    "me/photos/{id}/permissions/",
    "me/photos/{id}/withdraw/",
    "me/photos/{id}/restore/",
    "me/photos/{id}/no-mails/",
)


@pytest.fixture
def photos(django_capture_on_commit_callbacks):
    """One photo in each state that nobody may see, with the names it once had."""
    editor = make_moderator()
    once_public = {}
    hidden = {
        "pending": make_photo(state="submitted"),
        "in_review": make_photo(),
        "refused": make_photo(),
        "draft": make_photo(state="draft"),
    }
    for name in ("withdrawn", "removed", "reopened", "not_allowed"):
        hidden[name] = make_public_photo(tags=["mug"])
        once_public[name] = list(
            hidden[name].asset.renditions.values_list("public_name", flat=True)
        )
    with django_capture_on_commit_callbacks(execute=True):
        services.refuse_photo(hidden["refused"], by=editor, reasons=["blurry"])
        services.withdraw_photo(
            hidden["withdrawn"], contributor=hidden["withdrawn"].contributor
        )
        services.remove_photo(hidden["removed"], by=editor, reasons=["copyright"])
        services.reopen_photo(hidden["reopened"], by=editor)
        services.set_permissions(
            hidden["not_allowed"],
            surfaces=Photo().allowed,
            contributor=hidden["not_allowed"].contributor,
        )
    return hidden, once_public


def known_addresses(photo, once_public=()):
    """Every address that anybody ever learned of this photo, and likely ones."""
    asset = photo.asset
    names = [asset.original, asset.master, *once_public]
    ids = [photo.public_id, asset.public_id, str(photo.pk), str(asset.pk)]
    for rendition in Rendition.objects.filter(asset=asset):
        names += [rendition.private_name, rendition.private_name.split("/")[-1]]
        for language in LANGUAGES:
            for each in ids:
                yield f"/{language}/me/photos/{each}/files/{rendition.pk}/"
    for name in filter(None, names):
        for root in ("/media/", "/media/private/", "/media/incoming/", "/files/", "/"):
            yield f"{root}{name}"
        yield f"/media/../private/{name}"
        yield f"/media/%2e%2e/private/{name}"
        yield f"/editors-media/{name}"
    for language in LANGUAGES:
        for page in PAGES:
            for each in ids:
                yield f"/{language}/{page.format(id=each)}"
        yield f"/{language}/me/open/{photo.public_id}/"
        yield f"/{language}/me/open/{access.hash_token(access.photo_token(photo))}/"


def answers(client, address):
    response = client.get(address)
    response.close()
    return response.status_code


def test_every_known_address_of_a_hidden_photo_is_closed_to_strangers(photos):
    hidden, once_public = photos
    anonymous, another = Client(), Client()
    another.cookies[access.COOKIE] = access.issue_token(make_photo().contributor)
    asked = 0

    for name, photo in hidden.items():
        for address in known_addresses(photo, once_public.get(name, ())):
            for client in (anonymous, another):
                assert answers(client, address) != 200, (name, address)
            asked += 1

    assert asked > 300


def test_a_thousand_guesses_find_nothing(photos):
    hidden, _once_public = photos
    renditions = [each.pk for each in Rendition.objects.all()]
    client = Client()

    for number in range(1000):
        token = secrets.token_hex(16)
        guess = [
            f"/media/{token[:2]}/{token}.jpg",
            f"/media/{token[:2]}/{token}.avif",
            f"/en/photos/{secrets.token_urlsafe(16)}/",
            f"/en/me/photos/{secrets.token_urlsafe(16)}/",
            (
                f"/en/me/photos/{secrets.token_urlsafe(16)}/files/"
                f"{renditions[number % len(renditions)]}/"
            ),
            f"/de/me/open/{secrets.token_hex(32)}/",
        ][number % 6]
        assert answers(client, guess) != 200, guess


def test_author_and_moderator_still_see_the_files(photos):
    hidden, _once_public = photos
    moderator = Client()
    moderator.force_login(make_moderator("another"))

    for name, photo in hidden.items():
        author = Client()
        author.get(f"/en/me/open/{access.photo_token(photo)}/")
        for rendition in photo.asset.renditions.all():
            address = f"/en/me/photos/{photo.public_id}/files/{rendition.pk}/"
            assert answers(author, address) == 200, name
            assert answers(moderator, address) == 200, name


def test_a_public_photo_is_open_and_closed_again_within_the_request(
    django_capture_on_commit_callbacks,
):
    photo = make_public_photo()
    names = list(photo.asset.renditions.values_list("public_name", flat=True))
    stranger, author = Client(), Client()
    author.get(f"/en/me/open/{access.photo_token(photo)}/")
    assert all(answers(stranger, f"/media/{name}") == 200 for name in names)

    with django_capture_on_commit_callbacks(execute=True):
        author.post(f"/en/me/photos/{photo.public_id}/withdraw/")

    assert all(answers(stranger, f"/media/{name}") == 404 for name in names)
