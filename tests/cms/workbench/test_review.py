from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from cms.workbench.forms import reason_choices
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.models import Asset
from tests.ugc.factories import (
    make_asset,
    make_contributor,
    make_photo,
    make_public_photo,
)
from ugc import services
from ugc.models import Decision, Photo, PhotoTag, Surface
from ugc.reasons import REASONS


def address(name, photo):
    return reverse(f"shoppable_workbench:{name}", args=[photo.public_id])


def approve(client, photo, **data):
    """Post the form of a page that was opened just now."""
    seen = services.review_stamp(photo)
    return client.post(address("approve", photo), {"seen": seen, **data})


def make_stuck_photo():
    photo = make_photo(state="submitted", asset=make_asset(state="quarantined"))
    Asset.objects.filter(pk=photo.asset_id).update(quarantined_at=timezone.now())
    return photo


def reviewed(client, photo, **query):
    return client.get(address("review", photo), query)


@pytest.mark.django_db
def test_an_unknown_photo_is_not_found(editors_client):
    response = editors_client.get(
        reverse("shoppable_workbench:review", args=["no"]), follow=True
    )

    assert response.status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state",
    ["draft", "submitted", "in_review", "approved", "refused", "withdrawn", "removed"],
)
def test_a_photo_in_any_state_has_a_page(editors_client, state):
    photo = make_photo(state=state)

    assert reviewed(editors_client, photo).status_code == 200


@pytest.mark.django_db
def test_a_draft_that_was_never_submitted_has_a_page(editors_client):
    photo = make_photo(state="draft")
    Photo.objects.filter(pk=photo.pk).update(submitted_at=None)

    assert reviewed(editors_client, photo).status_code == 200


@pytest.mark.django_db
def test_the_page_shows_what_the_software_found(editors_client):
    photo = make_photo(
        asset=make_asset(
            result={
                "moderation": {"sexual": 0.04, "weapon": 0.3},
                "findings": [
                    {"step": "quality", "verdict": "pass", "reasons": ["blurred"]}
                ],
                "tags": [{"label": "kettle", "confidence": 0.91, "source": "tags"}],
                "colours": [{"name": "sand", "hex": "#d9c8a9", "share": 0.5}],
                "faces": [[0.1, 0.1, 0.2, 0.2]],
                "facts": {"camera": "Phone 3", "had_location": True},
            }
        )
    )

    page = reviewed(editors_client, photo).content.decode()

    for words in ("unlikely", "possible", "Blurred", "kettle", "sand 50 %", "Phone 3"):
        assert words in page
    assert 'style="' not in page.split("data-review")[1].split("wb-keys")[0]


@pytest.mark.django_db
def test_the_page_costs_the_same_for_many_tags(editors_client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    photo = make_photo(product_key="mug")
    reviewed(editors_client, photo)
    photo.product_tags.create(product_key="mug", x=0.1, y=0.2)
    with CaptureQueriesContext(connection) as few:
        reviewed(editors_client, photo)
    photo.product_tags.create(product_key="lamp", x=0.3, y=0.4)
    photo.product_tags.create(product_key="gone", x=0.5, y=0.6)

    with CaptureQueriesContext(connection) as many:
        reviewed(editors_client, photo)

    assert len(many) == len(few)


# --- deciding -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_approving_publishes_and_records_who(editors_client, editor):
    photo = make_photo()

    approve(editors_client, photo)

    photo.refresh_from_db()
    assert photo.is_public
    assert photo.decision.outcome == Decision.Outcome.APPROVED
    assert photo.decision.actor == editor


@pytest.mark.django_db
def test_a_double_click_decides_once(editors_client):
    photo = make_photo()

    approve(editors_client, photo)
    approve(editors_client, photo)

    assert photo.decisions.count() == 1


@pytest.mark.django_db
def test_the_next_waiting_photo_opens_if_wanted(editors_client):
    first, second = make_photo(), make_photo()

    response = approve(editors_client, first, open_next="on")
    last = approve(editors_client, second, open_next="on")

    assert response.headers["Location"] == address("review", second)
    assert last.headers["Location"] == reverse("shoppable_workbench:queue")


@pytest.mark.django_db
def test_the_page_stays_if_that_is_wanted(editors_client):
    photo, _other = make_photo(), make_photo()

    response = approve(editors_client, photo)

    assert response.headers["Location"] == address("review", photo)
    page = reviewed(editors_client, _other).content.decode()
    assert 'id="wb-approve-next">' in page  # remembered: not checked


@pytest.mark.django_db
def test_a_refusal_tells_reason_and_note(editors_client, editor):
    photo = make_photo()

    editors_client.post(
        address("refuse", photo),
        {"reason": "contact_data", "note": "The number plate."},
    )

    photo.refresh_from_db()
    assert photo.state == Photo.State.REFUSED
    assert photo.decision.reasons == ["contact_data"]
    assert photo.decision.note == "The number plate."
    page = reviewed(editors_client, photo).content.decode()
    assert "The number plate." in page
    assert str(editor) in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "posted",
    [{}, {"reason": "unknown"}, {"reason": "other"}, {"reason": "other", "note": " "}],
)
def test_a_refusal_without_a_reason_is_not_made(editors_client, posted):
    photo = make_photo()

    editors_client.post(address("refuse", photo), posted)

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


@pytest.mark.django_db
def test_reasons_are_shown_in_the_authors_language(editors_client):
    photo = make_photo(contributor=make_contributor(language="de"))

    page = reviewed(editors_client, photo).content.decode()

    assert 'class="wb-reasons__told" lang="de"' in page
    choices = reason_choices("de")
    assert choices[0].told != str(REASONS[0].wording)


def test_each_reason_has_a_letter_of_its_own():
    letters = [choice.letter for choice in reason_choices()]

    assert len(set(letters)) == len([each for each in REASONS if each.is_chosen])
    assert "" not in letters
    assert all(len(letter) == 1 and letter.islower() for letter in letters)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["approve", "refuse"])
def test_a_conflict_with_the_author_is_told_plainly(editors_client, name):
    photo = make_photo()
    services.withdraw_photo(photo, contributor=photo.contributor)

    response = editors_client.post(
        address(name, photo), {"reason": "blurry"}, follow=True
    )

    photo.refresh_from_db()
    assert photo.state == Photo.State.WITHDRAWN
    page = response.content.decode()
    assert "Nothing was done: the photo has changed meanwhile." in page
    assert "Taken back" in page


@pytest.mark.django_db
def test_words_changed_since_the_page_was_opened_are_not_approved(editors_client):
    photo = make_photo(caption="Nice cup")
    page = reviewed(editors_client, photo).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    services.edit_photo(
        photo, caption="Buy elsewhere", alt_text="", contributor=photo.contributor
    )

    response = editors_client.post(
        address("approve", photo), {"seen": seen, "open_next": "on"}, follow=True
    )

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW
    page = response.content.decode()
    assert "the author has changed this photo since you opened it" in page
    assert "Buy elsewhere" in page
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    editors_client.post(address("approve", photo), {"seen": seen})
    photo.refresh_from_db()
    assert photo.state == Photo.State.APPROVED


@pytest.mark.django_db
def test_nothing_is_approved_without_saying_what_was_seen(editors_client):
    photo = make_photo()

    editors_client.post(address("approve", photo))

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_removing_takes_a_public_photo_down(editors_client):
    photo = make_photo()
    approve(editors_client, photo)

    editors_client.post(address("remove", photo), {"reason": "copyright"})

    photo.refresh_from_db()
    assert photo.state == Photo.State.REMOVED
    assert not photo.is_public


@pytest.mark.django_db
def test_a_refused_photo_can_be_opened_again(editors_client):
    photo = make_photo(state="refused")

    editors_client.post(address("reopen", photo))

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


@pytest.mark.django_db
def test_undo_after_one_decision_leads_back_to_the_photo(editors_client):
    photo = make_photo()
    approve(editors_client, photo, open_next="on")

    response = editors_client.post(reverse("shoppable_workbench:undo"))

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW
    assert response.headers["Location"] == address("review", photo)


@pytest.mark.django_db
def test_nobody_undoes_what_another_editor_decided(editors_client, client):
    photo = make_photo()
    boss = get_user_model().objects.create_user("boss")
    decision = services.approve_photo(photo, by=boss)
    session = editors_client.session
    session["shoppable_workbench_undo"] = [decision.pk]
    session.save()

    editors_client.post(reverse("shoppable_workbench:undo"))

    photo.refresh_from_db()
    assert photo.state == Photo.State.APPROVED


# --- stuck uploads -------------------------------------------------------------------


@pytest.mark.django_db
def test_a_stuck_upload_is_checked_once_more(editors_client):
    photo = make_stuck_photo()

    editors_client.post(address("retry", photo))

    photo.asset.refresh_from_db()
    assert photo.asset.state == "pending"


@pytest.mark.django_db
def test_a_stuck_upload_can_be_given_up(editors_client):
    photo = make_stuck_photo()

    editors_client.post(address("discard", photo))

    photo.refresh_from_db()
    assert photo.state == Photo.State.DRAFT


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["retry", "discard"])
def test_a_healthy_upload_is_left_alone(editors_client, name):
    photo = make_photo()

    editors_client.post(address(name, photo))

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW
    assert photo.asset.state == "processed"


# --- products --------------------------------------------------------------------------


@pytest.mark.django_db
def test_products_are_found_as_a_piece_of_the_page(editors_client):
    photo = make_photo()

    response = editors_client.get(address("find_products", photo), {"q": "mug"})

    page = response.content.decode()
    assert "Green mug" in page
    assert "Lamp" not in page
    assert "<html" not in page
    assert "csrfmiddlewaretoken" in page


@pytest.mark.django_db
def test_products_are_found_without_script(editors_client):
    photo = make_photo()

    page = reviewed(editors_client, photo, q="mug").content.decode()

    assert "Green mug" in page


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "   ", "<script>", "no such thing"])
def test_a_search_without_result_is_harmless(editors_client, query):
    photo = make_photo()

    response = editors_client.get(address("find_products", photo), {"q": query})

    assert response.status_code == 200
    assert "<script>" not in response.content.decode()


@pytest.mark.django_db
def test_a_product_is_placed_moved_and_removed(editors_client):
    photo = make_photo()
    place = address("place_product", photo)

    editors_client.post(
        place, {"do": "add", "product_key": "mug", "x": "50", "y": "50"}
    )
    editors_client.post(
        place,
        {
            "do": "save",
            "product_key": "mug",
            "x": "12.5",
            "y": "99",
            "variant_sku": "mug-m",
        },
    )

    tag = photo.product_tags.get()
    assert (tag.product_key, tag.variant_sku) == ("mug", "mug-m")
    assert (tag.x, tag.y) == pytest.approx((0.125, 0.99))
    editors_client.post(
        place, {"do": "remove", "product_key": "mug", "x": "0", "y": "0"}
    )
    assert not photo.product_tags.exists()


@pytest.mark.django_db
def test_a_second_click_does_not_tag_twice(editors_client):
    photo = make_photo()
    posted = {"do": "add", "product_key": "mug", "x": "50", "y": "50"}

    editors_client.post(address("place_product", photo), posted)
    editors_client.post(address("place_product", photo), posted)

    assert photo.product_tags.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "posted",
    [
        {"product_key": "mug", "x": "101", "y": "5"},
        {"product_key": "mug", "x": "-1", "y": "5"},
        {"product_key": "mug", "x": "nan", "y": "5"},
        {"product_key": "mug", "x": "", "y": "5"},
        {"product_key": "", "x": "5", "y": "5"},
        {"product_key": "unknown", "x": "5", "y": "5"},
    ],
)
def test_a_place_outside_or_an_unknown_product_is_told(editors_client, posted):
    photo = make_photo()

    response = editors_client.post(address("place_product", photo), posted, follow=True)

    assert not photo.product_tags.exists()
    assert "wb-flash--error" in response.content.decode()


@pytest.mark.django_db
def test_a_marker_stands_at_its_place_without_script(editors_client):
    photo = make_photo()
    photo.product_tags.create(product_key="mug", x=0.304, y=0.996)

    page = reviewed(editors_client, photo).content.decode()

    assert "wb-marker wb-x-30 wb-y-100" in page
    assert "1: Green mug, 30.4 % from the left, 99.6 % from the top" in page


@pytest.mark.django_db
def test_numbers_in_fields_keep_their_point_in_german(editors_client, editor):
    from wagtail.users.models import UserProfile

    UserProfile.objects.create(user=editor, preferred_language="de")
    photo = make_photo()
    photo.product_tags.create(product_key="mug", x=0.304, y=0.5)

    page = reviewed(editors_client, photo).content.decode()

    assert 'value="30.4"' in page


@pytest.mark.django_db
def test_a_product_that_left_the_catalogue_is_still_listed(editors_client):
    photo = make_photo(product_key="gone-too")
    photo.product_tags.create(product_key="gone", x=0.5, y=0.5)

    page = reviewed(editors_client, photo).content.decode()

    assert "not on sale" in page
    assert "gone-too" in page


@pytest.mark.django_db
def test_the_product_asked_for_is_one_click_away(editors_client):
    photo = make_photo(product_key="mug")

    page = reviewed(editors_client, photo).content.decode()
    services.tag_product(photo, product_key="mug", x=0.5, y=0.5, by=None)
    after = reviewed(editors_client, photo).content.decode()

    assert "data-asked" in page
    assert "data-asked" not in after


@pytest.mark.django_db
def test_what_the_software_sees_can_be_tagged_where_it_sees_it(editors_client):
    photo = make_photo(
        asset=make_asset(
            result={
                "products": [
                    {"key": "lamp", "score": 0.7, "box": [0.2, 0.2, 0.2, 0.4]},
                    {"key": "unknown", "score": 0.9, "box": [0, 0, 1, 1]},
                ]
            }
        )
    )

    (candidate,) = reviewed(editors_client, photo).context["candidates"]

    assert candidate["card"].key == "lamp"
    assert (candidate["x"], candidate["y"]) == (30.0, 40.0)


# --- leading galleries ------------------------------------------------------------------


@pytest.mark.django_db
def test_a_photo_is_put_first_and_back_in_line(editors_client, editor):
    photo = make_public_photo()
    assert "Show first" in reviewed(editors_client, photo).content.decode()

    response = editors_client.post(address("feature", photo), {"do": "feature"})

    photo.refresh_from_db()
    assert photo.is_featured
    assert photo.events.get(kind="featured").detail == {"by": editor.pk}
    assert response.headers["Location"] == address("review", photo)
    page = reviewed(editors_client, photo).content.decode()
    assert "No longer show first" in page
    editors_client.post(address("feature", photo), {"do": "unfeature"})
    photo.refresh_from_db()
    assert not photo.is_featured


@pytest.mark.django_db
def test_only_an_approved_photo_can_be_put_first(editors_client):
    photo = make_photo()

    editors_client.post(address("feature", photo), {"do": "feature"})

    photo.refresh_from_db()
    assert not photo.is_featured
    assert "Show first" not in reviewed(editors_client, photo).content.decode()


# --- words --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_seen_tag_becomes_the_photos_and_can_be_taken_away(editors_client):
    photo = make_photo()

    editors_client.post(address("choose_word", photo), {"do": "add", "word": "Kettle"})
    editors_client.post(address("choose_word", photo), {"do": "add", "word": "kettle"})

    assert [tag.word for tag in photo.tags.all()] == ["kettle"]
    editors_client.post(
        address("choose_word", photo), {"do": "remove", "word": "kettle"}
    )
    assert not photo.tags.exists()


@pytest.mark.django_db
def test_an_editors_word_on_a_public_photo_is_found_at_once(editors_client):
    photo = make_public_photo()

    editors_client.post(address("choose_word", photo), {"do": "add", "word": "kettle"})

    tag = PhotoTag.objects.top("kettle", Surface.GALLERIES).get()
    assert tag.photo == photo


# --- what the software puts on a photo, and what a box holds ------------------------


SEEN = {
    "products": [
        {"key": "lamp", "score": 0.8, "box": [0.2, 0.2, 0.2, 0.4]},
        {"key": "mug", "score": 0.62, "box": [0.5, 0.5, 0.5, 0.5]},
    ]
}


def photo_with_suggestion(**columns):
    asset = make_asset(result=SEEN)
    photo = make_photo(state="submitted", asset=asset, **columns)
    services.settle_photo(asset.pk)
    photo.refresh_from_db()
    return photo


@pytest.mark.django_db
def test_a_tag_of_the_softwares_is_marked_as_such_until_it_is_kept(editors_client):
    photo = photo_with_suggestion()
    before = reviewed(editors_client, photo)

    editors_client.post(
        address("place_product", photo),
        {"product_key": "lamp", "x": "30", "y": "40", "do": "save"},
    )

    after = reviewed(editors_client, photo)
    assert "wb-marker--software" in before.text
    assert "by the software · 80 %" in before.text
    assert [each["card"].key for each in before.context["candidates"]] == ["mug"]
    assert "wb-marker--software" not in after.text
    assert [tag["key"] for tag in after.context["tagged"]] == ["lamp"]


@pytest.mark.django_db
def test_a_suggestion_taken_away_is_one_key_away_again(editors_client):
    photo = photo_with_suggestion()

    editors_client.post(
        address("place_product", photo),
        {"product_key": "lamp", "x": "30", "y": "40", "do": "remove"},
    )

    page = reviewed(editors_client, photo)
    assert not page.context["tagged"]
    assert [each["card"].key for each in page.context["candidates"]] == ["lamp", "mug"]
    assert 'data-candidate="2"' in page.text


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_suggestion_is_public_only_with_the_editors_approval(editors_client, editor):
    photo = photo_with_suggestion()
    assert not services_top("lamp")

    approve(editors_client, photo)

    assert [tag.photo_id for tag in services_top("lamp")] == [photo.pk]
    assert photo.events.get(kind="tagged").detail["by"] == editor.pk


def services_top(key):
    from ugc.models import ProductTag

    return list(ProductTag.objects.top(key, Surface.PRODUCT_PAGES))


@pytest.mark.django_db
def test_what_the_author_asked_for_leads_what_the_software_sees(editors_client):
    asset = make_asset(
        result={
            "products": [
                {"key": "lamp", "score": 0.7, "box": [0, 0, 1, 1]},
                {"key": "mug", "score": 0.5, "box": [0, 0, 1, 1]},
            ]
        }
    )
    photo = make_photo(asset=asset, product_key="mug")

    candidates = reviewed(editors_client, photo).context["candidates"]

    assert [each["card"].key for each in candidates] == ["mug", "lamp"]


@pytest.fixture
def box_searches(monkeypatch):
    """Stands in for the network; tells which boxes were asked for."""
    asked = []

    def search(asset_id, box, limit=8):
        asked.append((asset_id, tuple(round(side, 3) for side in box)))
        return [("lamp", 0.7), ("gone", 0.6)]

    monkeypatch.setattr("media_pipeline.services.search_products", search)
    return asked


@pytest.mark.django_db
def test_a_box_finds_products_and_tags_them_in_its_middle(editors_client, box_searches):
    photo = make_photo(product_key="mug")

    page = editors_client.get(
        address("find_in_box", photo), {"x": "10", "y": "20", "w": "40", "h": "30"}
    )

    assert box_searches == [(photo.asset_id, (0.1, 0.2, 0.4, 0.3))]
    searched = page.context["searched"]
    assert (searched.x, searched.y) == (30.0, 35.0)
    assert [(each.card.key, each.note) for each in searched.found] == [
        ("mug", "asked for by the author"),
        ("lamp", "70 % alike"),
    ]
    assert 'name="x" value="30.0"' in page.text


@pytest.mark.django_db
def test_a_box_is_searched_without_a_script_too(editors_client, box_searches):
    photo = make_photo()

    page = reviewed(editors_client, photo, x="80", y="0", w="50", h="50")

    assert box_searches == [(photo.asset_id, (0.8, 0.0, 0.2, 0.5))]
    assert [each.card.key for each in page.context["searched"].found] == ["lamp"]
    assert 'value="80"' in page.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        {"x": "10", "y": "10", "w": "0", "h": "10"},
        {"x": "100", "y": "10", "w": "5", "h": "10"},
        {"x": "nan", "y": "10", "w": "5", "h": "10"},
        {"w": "5"},
    ],
)
def test_a_box_that_is_none_is_named_and_not_searched(
    editors_client, box_searches, query
):
    page = editors_client.get(address("find_in_box", make_photo()), query)

    assert page.context["searched"].problem
    assert not box_searches


@pytest.mark.django_db
def test_a_search_that_cannot_be_made_says_so(editors_client, monkeypatch):
    def broken(*_args, **_kwargs):
        raise BackendUnavailable("no model")

    monkeypatch.setattr("media_pipeline.services.search_products", broken)

    page = editors_client.get(
        address("find_in_box", make_photo()), {"x": "0", "y": "0", "w": "9", "h": "9"}
    )

    assert page.status_code == 200
    assert "not available now" in page.text


@pytest.mark.django_db
def test_places_are_drawn_and_named_without_a_style(editors_client):
    photo = make_photo(
        asset=make_asset(
            result={
                "findings": [
                    {
                        "step": "text",
                        "verdict": "review",
                        "reasons": ["phone_number"],
                        "boxes": [[0.1, 0.2, 0.3, 0.4]],
                    }
                ],
                "faces": [[0.5, 0.5, 0.1, 0.1]],
            }
        )
    )

    page = reviewed(editors_client, photo).text

    stage = page.split("data-stage")[1].split("wb-review__side")[0]
    assert 'x="10.00%" y="20.00%" width="30.00%" height="40.00%"' in stage
    assert "wb-boxes__face" in stage
    assert "Telephone number" in stage
    assert 'style="' not in stage


@pytest.mark.django_db
def test_words_are_said_in_the_editors_language_beside_the_stored_ones(editors_client):
    asset = make_asset(
        result={"tags": [{"label": "cup", "confidence": 0.9, "source": "tags"}]}
    )
    photo = make_photo(asset=asset)

    page = editors_client.get(
        address("review", photo), headers={"Accept-Language": "de"}
    )

    (seen,) = page.context["untaken_tags"]
    assert seen["shown"] == "Tasse"
    assert reviewed(editors_client, photo).context["untaken_tags"][0]["shown"] == "cup"


@pytest.mark.django_db
def test_the_ban_lists_decision_is_named(editors_client):
    banned = {"kind": "banned", "id": "x", "is_confirmed": True}
    asset = make_asset(result={"duplicates": [banned]}, verdict="reject")
    photo = make_photo(state="submitted", asset=asset)

    services.settle_photo(asset.pk)

    assert "by the rule “Ban list”" in reviewed(editors_client, photo).text
