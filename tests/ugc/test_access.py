"""Secret links, the cookie, and who sees what."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.ugc.factories import (
    make_contributor,
    make_moderator,
    make_photo,
    make_public_photo,
)
from ugc import access
from ugc.models import AccessToken, Photo

pytestmark = pytest.mark.django_db


def client_of(contributor):
    client = Client()
    client.cookies[access.COOKIE] = access.issue_token(contributor)
    return client


def open_link(client, photo):
    return client.get(
        reverse("shoppable_ugc:open_link", args=[access.photo_token(photo)])
    )


def status_of(client, url):
    """The status of a GET, its file closed again."""
    response = client.get(url)
    response.close()
    return response.status_code


def file_urls(photo):
    return [
        reverse("shoppable_ugc:private_file", args=[photo.public_id, rendition.pk])
        for rendition in photo.asset.renditions.all()
    ]


def addresses(photo):
    """Every GET address of a photo's own pages and files."""
    return [
        reverse("shoppable_ugc:my_photo", args=[photo.public_id]),
        reverse("shoppable_ugc:my_photo_state", args=[photo.public_id]),
        *file_urls(photo),
    ]


def actions(photo):
    names = [
        "replace_file",
        "edit_photo",
        "set_permissions",
        "withdraw_photo",
        "restore_photo",
        "stop_mails",
    ]
    return [reverse(f"shoppable_ugc:{name}", args=[photo.public_id]) for name in names]


def test_only_hashes_of_tokens_are_stored():
    photo = make_photo()
    cookie = access.issue_token(photo.contributor)
    link = access.photo_token(photo)

    stored = set(AccessToken.objects.values_list("token_hash", flat=True))

    assert stored == {access.hash_token(cookie), access.hash_token(link)}
    assert not stored & {cookie, link}


def test_a_secret_link_stays_the_same_and_is_one_row():
    photo = make_photo()

    assert access.photo_token(photo) == access.photo_token(photo)
    assert access.photo_token(photo) != access.photo_token(make_photo())
    assert AccessToken.objects.filter(photo=photo).count() == 1


def test_opening_a_secret_link_sets_the_cookie_and_goes_to_the_clean_address():
    photo = make_photo()
    client = Client()

    response = open_link(client, photo)

    assert response.status_code == 302
    assert response.url == reverse("shoppable_ugc:my_photo", args=[photo.public_id])
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    cookie = response.cookies[access.COOKIE]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 365 * 24 * 3600
    assert client.get(response.url).status_code == 200


def test_the_cookie_travels_encrypted_where_sessions_do(settings):
    settings.SESSION_COOKIE_SECURE = True

    response = open_link(Client(), make_photo())

    assert response.cookies[access.COOKIE]["secure"] is True


@pytest.mark.parametrize("token", ["x", "a" * 43, "0" * 64, "%00", "é"])
def test_a_made_up_link_opens_nothing(token):
    make_photo()
    client = Client()

    response = client.get(f"/en/me/open/{token}/")

    assert response.status_code in (400, 404)
    assert access.COOKIE not in response.cookies


def test_a_secret_link_opens_its_photo_only():
    contributor = make_contributor()
    shown, other = (
        make_photo(contributor=contributor),
        make_photo(contributor=contributor),
    )
    client = Client()

    open_link(client, shown)

    assert client.get(addresses(shown)[0]).status_code == 200
    for address in addresses(other):
        assert client.get(address).status_code == 404
    page = client.get(reverse("shoppable_ugc:my_photos"))
    assert shown.public_id in page.text
    assert other.public_id not in page.text


def test_opening_a_strangers_link_does_not_make_one_the_stranger():
    """Else whoever sends their link round would get others' uploads."""
    mine = make_contributor()
    client = client_of(mine)
    theirs = make_photo()

    open_link(client, theirs)

    request_cookie = client.cookies[access.COOKIE].value
    holder = access.Holder(
        hashes=tuple(access.hash_token(t) for t in request_cookie.split("."))
    )
    assert holder.contributor() == mine
    assert theirs in holder.photos()


def test_without_own_uploads_a_link_makes_no_contributor():
    client = Client()
    open_link(client, make_photo())

    value = client.cookies[access.COOKIE].value

    assert access.Holder(hashes=(access.hash_token(value),)).contributor() is None


def test_the_cookie_never_grows_beyond_its_limit_and_keeps_its_owner():
    mine = make_contributor()
    client = client_of(mine)

    for _ in range(15):
        last = make_photo()
        open_link(client, last)

    tokens = client.cookies[access.COOKIE].value.split(".")
    assert len(tokens) == 12
    assert (
        AccessToken.objects.get(token_hash=access.hash_token(tokens[0])).contributor
        == mine
    )
    assert access.photo_token(last) in tokens


def test_a_contributor_sees_and_changes_only_their_own():
    mine, theirs = make_photo(), make_photo()
    client = client_of(mine.contributor)

    for address in addresses(mine):
        assert status_of(client, address) == 200, address
    for address in addresses(theirs):
        assert client.get(address).status_code == 404, address
    for address in actions(theirs):
        assert client.post(address, {"caption": "x"}).status_code == 404, address
    theirs.refresh_from_db()
    assert theirs.state == Photo.State.IN_REVIEW


def test_what_is_not_there_and_what_is_not_yours_look_the_same():
    photo = make_photo()
    client = client_of(make_contributor())
    url = file_urls(photo)[0]

    theirs = client.get(url)
    nothing = client.get(url.replace(photo.public_id, "A" * 22))
    wrong_photo = client.get(
        reverse(
            "shoppable_ugc:private_file",
            args=[photo.public_id, make_photo().asset.renditions.first().pk],
        )
    )

    assert {r.status_code for r in (theirs, nothing, wrong_photo)} == {404}
    assert theirs.content == nothing.content == wrong_photo.content
    assert dict(theirs.headers) == dict(nothing.headers) == dict(wrong_photo.headers)


@pytest.mark.parametrize(
    "state", ["in_review", "approved", "refused", "withdrawn", "removed", "expired"]
)
def test_its_author_sees_the_private_file_in_every_state(state):
    photo = make_photo(state=state)

    for url in file_urls(photo):
        response = client_of(photo.contributor).get(url)

        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["Content-Type"] in {"image/avif", "image/jpeg"}
        assert photo.asset.public_id.encode() in response.getvalue()
        assert Client().get(url).status_code == 404


def test_a_moderator_sees_every_file_and_other_staff_none(django_user_model):
    photo = make_photo()
    plain = django_user_model.objects.create_user("plain", is_staff=True)
    moderator, stranger, anonymous = Client(), Client(), Client()
    moderator.force_login(make_moderator())
    stranger.force_login(plain)

    for url in file_urls(photo):
        assert status_of(moderator, url) == 200
        assert status_of(stranger, url) == 404
        assert status_of(anonymous, url) == 404


def test_a_disabled_moderator_sees_nothing():
    photo = make_photo()
    editor = make_moderator()
    client = Client()
    client.force_login(editor)
    editor.is_active = False
    editor.save()

    assert client.get(file_urls(photo)[0]).status_code == 404


def test_pages_of_a_photo_are_kept_by_no_cache_and_found_by_no_search():
    photo = make_public_photo()
    client = client_of(photo.contributor)

    for address in [*addresses(photo)[:2], reverse("shoppable_ugc:my_photos")]:
        response = client.get(address)
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex"


def test_actions_need_the_token_against_forged_requests():
    photo = make_public_photo()
    client = Client(enforce_csrf_checks=True)
    client.cookies[access.COOKIE] = access.issue_token(photo.contributor)

    for address in actions(photo):
        assert client.post(address).status_code == 403
        assert client.get(address).status_code == 405


@pytest.mark.parametrize("value", ["", ".", "...", "x" * 5000, "a.b.c", "é" * 30])
def test_a_broken_cookie_is_no_cookie(value):
    client = Client()
    client.cookies[access.COOKIE] = value

    assert client.get(reverse("shoppable_ugc:my_photos")).status_code == 200
    assert client.get(addresses(make_photo())[0]).status_code == 404


def test_a_contributors_token_is_no_link_that_could_be_sent_round():
    # Else an attacker's own account would swallow strangers' uploads.
    token = access.issue_token(make_contributor())

    response = Client().get(reverse("shoppable_ugc:open_link", args=[token]))

    assert response.status_code == 404
    assert access.COOKIE not in response.cookies


def test_a_browser_is_the_contributor_its_cookie_names_first(rf):
    older, newer = make_contributor(), make_contributor()
    first, second = access.issue_token(newer), access.issue_token(older)
    request = rf.get("/")
    request.COOKIES[access.COOKIE] = f"{first}.{second}"

    assert access.holder_of(request).contributor() == newer


@pytest.mark.parametrize("path", ["me/photos/%00/", "share-your-photo/%00/"])
def test_no_null_byte_reaches_a_query(path):
    root = reverse("shoppable_ugc:my_photos").removesuffix("me/photos/")

    assert Client().get(f"{root}{path}").status_code in (400, 404)
