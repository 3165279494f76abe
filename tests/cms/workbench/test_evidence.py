"""What a photo may be a copy of, side by side with it; and the ban list."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Value
from django.db.models.functions import Concat
from django.urls import reverse

from media_pipeline.models import BannedPicture, PhotoLikeness
from media_pipeline.services import ban_picture
from tests.ugc.factories import make_asset, make_contributor, make_photo
from ugc.models import Photo

pytestmark = pytest.mark.django_db


def address(name, photo):
    return reverse(f"shoppable_workbench:{name}", args=[photo.public_id])


def like(kind, id, *, how="features", is_confirmed=True, **figures):
    return {
        "kind": kind,
        "id": id,
        "how": how,
        "is_confirmed": is_confirmed,
        "distance": None,
        "cosine": None,
        "agreeing": None,
        **figures,
    }


def photo_like(*likenesses, **columns):
    asset = make_asset(result={"duplicates": list(likenesses)})
    return make_photo(asset=asset, **columns)


def likeness_of(photo):
    return PhotoLikeness.objects.create(
        asset=photo.asset, pixels_sha256="cd" * 32, hashes=bytes(32), model="none"
    )


def banned(photo, reason="Stolen from a magazine"):
    likeness_of(photo)
    return ban_picture(photo.asset_id, reason=reason, by="editor")


def page_of(client, photo):
    return client.get(address("review", photo))


# --- side by side -------------------------------------------------------------------


def test_another_photo_is_shown_beside_with_its_author_state_and_figures(
    editors_client,
):
    other = make_photo(state="refused")
    photo = photo_like(like("photo", other.asset.public_id, agreeing=152))

    page = page_of(editors_client, photo)

    (seen,) = page.context["confirmed"]
    assert (seen.photo, seen.is_own) == (other, False)
    rendition = other.asset.renditions.get(format="jpeg")
    guarded = reverse(
        "shoppable_ugc:private_file", args=[other.public_id, rendition.pk]
    )
    assert guarded in page.text
    assert address("review", other) in page.text
    assert "152 details agree" in page.text
    assert "Sent by somebody else" in page.text
    assert "Refused" in str(seen.state)


def test_the_same_authors_earlier_photo_is_marked_as_theirs(editors_client):
    author = make_contributor()
    first = make_photo(contributor=author)
    photo = photo_like(
        like("photo", first.asset.public_id, how="bytes"), contributor=author
    )

    page = page_of(editors_client, photo)

    assert page.context["confirmed"][0].is_own
    assert "same author" in page.text
    assert "byte for byte" in page.text


def test_what_only_looks_alike_stands_apart(editors_client):
    other = make_photo()
    photo = photo_like(
        like("photo", other.asset.public_id, how="vector", is_confirmed=False)
    )

    page = page_of(editors_client, photo)

    assert not page.context["confirmed"]
    assert len(page.context["alike"]) == 1
    assert "1 picture looks alike, and no more" in page.text


def test_a_picture_of_the_catalogue_leads_to_its_product(editors_client):
    photo = photo_like(like("product", "mug"), like("product", "gone"))

    page = page_of(editors_client, photo)

    (seen,) = page.context["confirmed"]
    assert seen.card.key == "mug"
    assert "A picture of the catalogue" in page.text


def test_a_photo_erased_since_is_left_out(editors_client):
    photo = photo_like(like("photo", "no-longer-here"))

    page = page_of(editors_client, photo)

    assert not page.context["confirmed"]
    assert "Was this picture here before?" not in page.text


def test_a_banned_match_says_why_and_is_one_picture(editors_client):
    other = make_photo(state="refused")
    banned(other)
    name = other.asset.public_id
    photo = photo_like(like("photo", name), like("banned", name))

    page = page_of(editors_client, photo)

    (seen,) = page.context["confirmed"]
    assert seen.banned.reason == "Stolen from a magazine"
    assert "wb-pair--banned" in page.text
    assert "Lift the ban" in page.text


def test_a_banned_picture_whose_photo_is_gone_is_remembered(editors_client):
    BannedPicture.objects.create(
        public_id="ab" * 16, hashes=bytes(32), model="none", reason="Stolen"
    )
    photo = photo_like(like("banned", "ab" * 16))

    page = page_of(editors_client, photo)

    assert "only its fingerprint is kept" in page.text


def test_a_lifted_ban_is_no_evidence_any_more(editors_client):
    photo = photo_like(like("banned", "ab" * 16))

    assert not page_of(editors_client, photo).context["confirmed"]


def test_other_pictures_a_detector_spoke_up_about_are_veiled(editors_client):
    naked = {
        "findings": [
            {"step": "moderation", "verdict": "review", "reasons": ["maybe_sexual"]}
        ]
    }
    other = make_photo(asset=make_asset(result=naked))
    photo = photo_like(like("photo", other.asset.public_id))

    (seen,) = page_of(editors_client, photo).context["confirmed"]

    assert seen.is_veiled


def test_many_likenesses_cost_as_much_as_one(
    editors_client, django_assert_max_num_queries
):
    others = [make_photo() for _ in range(4)]
    one = photo_like(like("photo", others[0].asset.public_id))
    many = photo_like(*(like("photo", other.asset.public_id) for other in others))
    page_of(editors_client, one)

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        page_of(editors_client, one)
    with django_assert_max_num_queries(len(few)):
        page_of(editors_client, many)


# --- banning ------------------------------------------------------------------------


def ban(client, photo, **data):
    return client.post(
        address("ban", photo), {"reason": "Stolen", "is_meant": "on", **data}
    )


def test_banning_refuses_the_photo_and_names_who_and_why(editors_client):
    photo = make_photo()
    likeness_of(photo)

    ban(editors_client, photo)

    photo.refresh_from_db()
    row = BannedPicture.objects.get(public_id=photo.asset.public_id)
    assert (row.reason, row.banned_by) == ("Stolen", "editor")
    assert photo.state == Photo.State.REFUSED
    page = page_of(editors_client, photo)
    assert "Banned by editor" in page.text
    assert "data-ban" not in page.text


@pytest.mark.parametrize("left_out", ["reason", "is_meant"])
def test_a_ban_needs_a_reason_and_a_confirmation(editors_client, left_out):
    photo = make_photo()
    likeness_of(photo)

    ban(editors_client, photo, **{left_out: ""})

    photo.refresh_from_db()
    assert not BannedPicture.objects.exists()
    assert photo.state == Photo.State.IN_REVIEW


def test_what_has_no_picture_cannot_be_banned(editors_client):
    photo = make_photo(state="draft")

    ban(editors_client, photo)

    assert not BannedPicture.objects.exists()
    assert "data-ban" not in page_of(editors_client, photo).text


def test_a_picture_that_cannot_be_read_is_told_and_not_banned(editors_client):
    photo = make_photo()  # its master lies nowhere, its likeness was never taken

    response = ban(editors_client, photo)

    assert not BannedPicture.objects.exists()
    assert response.headers["Location"] == address("review", photo)
    assert "could not be read" in page_of(editors_client, photo).text


def test_a_ban_is_lifted_where_it_is_shown(editors_client):
    photo = make_photo(state="refused")
    row = banned(photo)
    here = address("review", photo)

    response = editors_client.post(
        reverse("shoppable_workbench:lift_ban"),
        {"banned": row.public_id, "back": here},
    )

    assert response.headers["Location"] == here
    assert not BannedPicture.objects.exists()


def test_lifting_leads_nowhere_else(editors_client):
    response = editors_client.post(
        reverse("shoppable_workbench:lift_ban"),
        {"banned": "x", "back": "https://elsewhere.example/"},
    )

    assert response.headers["Location"] == reverse("shoppable_workbench:bans")


def test_the_list_shows_photos_and_what_is_left_of_erased_ones(editors_client):
    photo = make_photo(state="refused")
    banned(photo)
    BannedPicture.objects.create(
        public_id="ab" * 16, hashes=bytes(32), model="none", reason="Another reason"
    )

    page = editors_client.get(reverse("shoppable_workbench:bans"))

    assert "Stolen from a magazine" in page.text
    assert "Another reason" in page.text
    assert address("review", photo) in page.text
    assert "only its fingerprint is kept" in page.text


def test_only_moderators_ban_and_lift(client, editor):
    photo = make_photo()
    row = banned(photo)
    editor.user_permissions.remove(Permission.objects.get(codename="moderate_photo"))
    client.force_login(editor)

    answers = [
        ban(client, photo),
        client.post(reverse("shoppable_workbench:lift_ban"), {"banned": row.public_id}),
        client.get(reverse("shoppable_workbench:bans")),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert BannedPicture.objects.count() == 1


def test_the_very_picture_of_the_product_is_shown_where_it_is_ours(
    editors_client, monkeypatch
):
    ours = make_asset()
    ours.profile = "product"
    ours.save()
    ours.renditions.update(public_name=Concat(Value("public/"), "format"))
    monkeypatch.setattr(
        "media_pipeline.services.likest_picture", lambda *_: ours.public_id
    )
    photo = photo_like(like("product", "mug"))

    page = page_of(editors_client, photo)

    assert "public/jpeg" in str(page.context["confirmed"][0].picture)
    assert "one of its pictures" not in page.text


def test_of_another_shops_pictures_the_cards_stands_for_all(editors_client):
    page = page_of(editors_client, photo_like(like("product", "mug")))

    assert page.context["confirmed"][0].picture is None
    assert "/pictures/mug.jpg" in page.text
    assert "one of its pictures" in page.text
