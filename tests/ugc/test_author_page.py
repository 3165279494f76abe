"""The photo's own page: stations, answers, history, actions, polling."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.ugc.factories import (
    BOTH,
    make_asset,
    make_moderator,
    make_photo,
    make_public_photo,
    public_files,
)
from tests.ugc.test_access import client_of, status_of
from ugc import author_page, services
from ugc.models import NOWHERE, Photo, Surface

pytestmark = pytest.mark.django_db
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>"\'&{{7*7}}'


def public_page(public_id):
    return f"/photos/{public_id}/"


def page_of(photo):
    client = client_of(photo.contributor)
    return client.get(reverse("shoppable_ugc:my_photo", args=[photo.public_id]))


def state_url(photo):
    return reverse("shoppable_ugc:my_photo_state", args=[photo.public_id])


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("submitted", "We have your photo"),
        ("draft", "We could not use this file"),
        ("in_review", "Received and checked"),
        ("approved", "Approved"),
        ("refused", "We will not show this photo"),
        ("withdrawn", "You have taken this photo back"),
        ("removed", "We have taken this photo down"),
        ("expired", "Your photo has ended"),
    ],
)
def test_every_state_has_its_page_and_its_sentence(state, sentence):
    photo = make_photo(
        state=state, state_before="approved" if state == "expired" else ""
    )

    response = page_of(photo)

    assert response.status_code == 200
    assert sentence in response.text


def test_a_public_photo_says_where_and_links_there(settings):
    settings.UGC_PHOTO_URL = "tests.ugc.test_author_page.public_page"
    photo = make_public_photo()

    page = page_of(photo).text

    assert "Your photo is public" in page
    assert f'href="/photos/{photo.public_id}/"' in page
    assert str(Surface.GALLERIES.label) in page


def test_without_a_public_page_nothing_links_to_one():
    assert "/photos/None" not in page_of(make_public_photo()).text


def test_a_refusal_says_why_and_offers_another_try():
    photo = make_photo(product_key="mug")
    services.refuse_photo(
        photo, by=make_moderator(), reasons=["bystander"], note="The man on the left."
    )

    page = page_of(photo).text

    assert "may not have agreed" in page
    assert "The man on the left." in page
    assert reverse("shoppable_ugc:submit_photo_of", args=["mug"]) in page


def test_a_refused_file_says_why_and_takes_another():
    photo = make_photo(state="draft")
    client = client_of(photo.contributor)
    url = reverse("shoppable_ugc:replace_file", args=[photo.public_id])
    assert url in page_of(photo).text

    response = client.post(
        url, {"photo": SimpleUploadedFile("b.jpg", b"new", content_type="image/jpeg")}
    )
    photo.refresh_from_db()

    assert response.status_code == 302
    assert photo.state == Photo.State.SUBMITTED


def test_a_second_bad_file_says_why_on_the_same_page():
    photo = make_photo(state="draft")
    url = reverse("shoppable_ugc:replace_file", args=[photo.public_id])

    response = client_of(photo.contributor).post(url, {})

    assert response.status_code == 400
    assert "Please choose a photo." in response.text


def test_the_page_shows_the_private_picture_the_history_and_the_secret_link():
    photo = make_photo()
    services.approve_photo(photo, by=make_moderator())

    page = page_of(photo).text

    assert f"/me/photos/{photo.public_id}/files/" in page
    assert "<time" in page
    assert re.search(r"http://testserver/en/me/open/[0-9a-f]{64}/", page)


def test_the_page_refreshes_itself_without_script_only_while_something_happens():
    assert 'http-equiv="refresh"' in page_of(make_photo(state="submitted")).text
    assert 'http-equiv="refresh"' in page_of(make_photo()).text
    assert 'http-equiv="refresh"' not in page_of(make_public_photo()).text
    assert 'http-equiv="refresh"' not in page_of(make_photo(state="refused")).text


def test_words_of_others_are_never_markup():
    photo = make_public_photo(caption=EVIL, alt_text=EVIL)
    photo.persona.name = EVIL
    photo.persona.save()
    photo.asset.original_name = EVIL
    photo.asset.save()
    client = client_of(photo.contributor)

    for url in (
        photo.get_absolute_url(),
        reverse("shoppable_ugc:my_photos"),
    ):
        page = client.get(url).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page
    html = client.get(state_url(photo)).json()["html"]
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_the_list_shows_all_photos_of_this_browser(django_assert_max_num_queries):
    photo = make_photo()
    for _ in range(3):
        make_photo(contributor=photo.contributor)
    client = client_of(photo.contributor)
    client.get(reverse("shoppable_ugc:my_photos"))  # head and foot are remembered

    with django_assert_max_num_queries(3):
        page = client.get(reverse("shoppable_ugc:my_photos")).text

    assert page.count("ugc-mine-tile") == 4


# --- polling ---------------------------------------------------------------------------


def test_nothing_new_costs_one_query_and_no_body(django_assert_num_queries):
    photo = make_photo(state="submitted")
    client = client_of(photo.contributor)
    first = client.get(state_url(photo))

    with django_assert_num_queries(1):
        second = client.get(state_url(photo), headers={"If-None-Match": first["ETag"]})

    assert second.status_code == 304
    assert second.content == b""
    assert second["Cache-Control"] == "private, no-store"


def test_the_page_and_the_poll_agree_on_what_is_old():
    photo = make_photo(state="submitted")
    client = client_of(photo.contributor)
    page = client.get(photo.get_absolute_url()).text
    stamp = re.search(r'data-stamp="([^"]+)"', page).group(1).replace("&quot;", '"')

    response = client.get(state_url(photo), headers={"If-None-Match": stamp})

    assert response.status_code == 304


@pytest.mark.parametrize(
    "happen",
    [
        lambda photo: services.withdraw_photo(photo, contributor=photo.contributor),
        lambda photo: services.approve_photo(photo, by=make_moderator()),
        lambda photo: services.refuse_photo(
            photo, by=make_moderator(), reasons=["blurry"]
        ),
        lambda photo: services.set_permissions(
            photo, surfaces=NOWHERE, contributor=photo.contributor
        ),
    ],
)
def test_whatever_happens_the_poll_tells(happen):
    photo = make_photo()
    client = client_of(photo.contributor)
    stamp = client.get(state_url(photo))["ETag"]

    happen(photo)
    response = client.get(state_url(photo), headers={"If-None-Match": stamp})

    assert response.status_code == 200
    assert set(response.json()) == {"html", "said", "wait"}
    assert response["ETag"] != stamp


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        ("submitted", True),
        ("in_review", True),
        ("draft", False),
        ("refused", False),
        ("withdrawn", False),
        ("removed", False),
        ("expired", False),
    ],
)
def test_polling_stops_when_nothing_changes_by_itself(state, waits):
    photo = make_photo(state=state)

    wait = client_of(photo.contributor).get(state_url(photo)).json()["wait"]

    assert (wait is not None) is waits


def test_polling_goes_on_until_an_approved_photo_is_up():
    photo = make_photo(state="approved")
    assert author_page.answer_of(photo).wait == 1

    assert author_page.answer_of(make_public_photo()).wait is None
    assert (
        author_page.answer_of(make_photo(state="approved", surfaces=NOWHERE)).wait
        is None
    )


def test_a_stuck_check_is_said_so():
    asset = make_asset(state="quarantined", verdict="")
    photo = make_photo(state="submitted", asset=asset)

    answer = author_page.answer_of(photo)

    assert str(answer.headline) == "The check got stuck"


# --- actions -----------------------------------------------------------------------------


def test_one_button_takes_the_photo_back_everywhere_within_the_request(run_commit):
    photo = make_public_photo()
    client = client_of(photo.contributor)
    names = public_files(photo)
    url = reverse("shoppable_media:public_file", args=[names[0]])
    assert status_of(client, url) == 200

    with run_commit():
        client.post(reverse("shoppable_ugc:withdraw_photo", args=[photo.public_id]))
    photo.refresh_from_db()

    assert photo.state == Photo.State.WITHDRAWN
    assert client.get(url).status_code == 404
    page = page_of(photo).text
    assert reverse("shoppable_ugc:restore_photo", args=[photo.public_id]) in page

    with run_commit():
        client.post(reverse("shoppable_ugc:restore_photo", args=[photo.public_id]))
    photo.refresh_from_db()
    assert photo.public == BOTH


def test_switches_are_kept_as_they_stand():
    photo = make_public_photo()
    client = client_of(photo.contributor)
    url = reverse("shoppable_ugc:set_permissions", args=[photo.public_id])

    client.post(url, {"surfaces": ["galleries", "ads"]})
    photo.refresh_from_db()
    assert photo.allowed == Surface.GALLERIES | Surface.ADS
    assert page_of(photo).text.count(" checked") == 2

    client.post(url, {})
    photo.refresh_from_db()
    assert photo.allowed == NOWHERE
    assert client.post(url, {"surfaces": ["nonsense"]}).status_code == 400


def test_words_are_changed_and_an_approved_photo_is_looked_at_again():
    photo = make_public_photo()
    client = client_of(photo.contributor)

    client.post(
        reverse("shoppable_ugc:edit_photo", args=[photo.public_id]),
        {"caption": "Other words", "alt_text": "x"},
    )
    photo.refresh_from_db()

    assert photo.caption == "Other words"
    assert photo.state == Photo.State.IN_REVIEW


def test_mails_stop_by_one_button():
    photo = make_photo()
    photo.contributor.email = "mia@example.com"
    photo.contributor.save()
    assert "m…@example.com" in page_of(photo).text

    client_of(photo.contributor).post(
        reverse("shoppable_ugc:stop_mails", args=[photo.public_id])
    )

    assert "m…@example.com" not in page_of(photo).text


def test_the_page_needs_no_inline_script_or_style():
    for photo in (make_photo(), make_public_photo(), make_photo(state="draft")):
        page = page_of(photo).text

        assert "style=" not in page
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)


def same_as(asset, *, is_confirmed=True):
    return {
        "duplicates": [
            {"kind": "photo", "id": asset.public_id, "is_confirmed": is_confirmed}
        ]
    }


def sent_again(first, **of):
    photo = make_photo(state="in_review", **of)
    photo.asset.result = same_as(first.asset)
    photo.asset.save(update_fields=["result"])
    return photo


def test_a_second_upload_points_to_the_first():
    first = make_photo(state="approved")
    second = sent_again(first, contributor=first.contributor)

    shown = page_of(second).content.decode()

    assert "You have sent this picture before." in shown
    assert reverse("shoppable_ugc:my_photo", args=[first.public_id]) in shown


def test_nobody_learns_that_another_person_sent_the_same():
    first = make_photo(state="approved")
    second = sent_again(first)

    shown = page_of(second).content.decode()

    assert "before." not in shown
    assert first.public_id not in shown


def test_the_first_does_not_point_to_itself_or_the_second():
    first = make_photo(state="approved")
    second = sent_again(first, contributor=first.contributor)
    first.asset.result = same_as(second.asset)
    first.asset.save(update_fields=["result"])

    assert second.public_id not in page_of(first).content.decode()


def test_what_only_looks_alike_is_not_called_the_same():
    first = make_photo(state="approved")
    second = make_photo(state="in_review", contributor=first.contributor)
    second.asset.result = same_as(first.asset, is_confirmed=False)
    second.asset.save(update_fields=["result"])

    assert first.public_id not in page_of(second).content.decode()


# --- what software noticed, and what it makes of it ---------------------------------


def test_a_tip_on_the_picture_is_given_while_the_photo_waits_and_refuses_nothing():
    dark = {"step": "quality", "verdict": "pass", "reasons": ["too_dark", "fine"]}
    photo = make_photo(asset=make_asset(result={"findings": [dark]}))
    waiting = page_of(photo).text

    services.approve_photo(photo, by=make_moderator())

    assert "a bit dark" in waiting
    assert "your photo counts as it is" in waiting
    assert "a bit dark" not in page_of(photo).text


def test_a_photo_without_a_fault_gets_no_tip():
    assert author_page.answer_of(make_photo()).advice == ()


def test_a_second_upload_of_ones_own_picture_leads_to_the_first():
    first = make_photo()
    same = {"kind": "photo", "id": first.asset.public_id, "is_confirmed": True}
    asset = make_asset(result={"duplicates": [same]}, verdict="review")
    second = make_photo(state="submitted", contributor=first.contributor, asset=asset)

    services.settle_photo(asset.pk)

    page = page_of(second).text
    assert "You have sent this picture before" in page
    assert f'href="{reverse("shoppable_ugc:my_photo", args=[first.public_id])}"' in page
    second.refresh_from_db()
    assert second.state == Photo.State.IN_REVIEW


def test_a_strangers_photo_of_the_same_picture_is_not_named():
    stranger = make_photo()
    same = {"kind": "photo", "id": stranger.asset.public_id, "is_confirmed": True}
    photo = make_photo(asset=make_asset(result={"duplicates": [same]}))

    page = page_of(photo).text

    assert stranger.public_id not in page
    assert "sent this picture before" not in page


def test_a_rules_refusal_claims_no_person():
    banned = {"kind": "banned", "id": "x", "is_confirmed": True}
    asset = make_asset(result={"duplicates": [banned]}, verdict="reject")
    photo = make_photo(state="submitted", asset=asset)

    services.settle_photo(asset.pk)

    page = page_of(photo).text
    assert "A person has looked" not in page
    photo.refresh_from_db()
    progress = [each.progress for each in author_page.answer_of(photo).stations]
    assert progress == ["done", "done", "next", "failed"]
    assert "decided not to show this picture" in page
