from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cms.workbench.queue import Tab, neighbours, photos_in, tab_of, waiting_count
from media_pipeline.models import Prompt
from tests.ugc.factories import make_asset, make_photo, make_public_photo
from ugc import services
from ugc.models import Decision, Photo

QUEUE = "shoppable_workbench:queue"


def stuck_photo():
    return make_photo(state="submitted", asset=make_asset(state="quarantined"))


def ids(photos):
    return [photo.public_id for photo in photos]


def choice(photo):
    """What the photo's checkbox sends."""
    return f"{photo.public_id}:{services.review_stamp(photo)}"


def shown_in(response):
    return [tile.photo.public_id for tile in response.context["tiles"]]


def test_counting_what_waits_looks_at_nothing_else(db):
    make_photo(state="in_review")
    make_photo(state="submitted")  # the software still looks at it
    make_public_photo()
    stuck_photo()

    with CaptureQueriesContext(connection) as asked:
        assert waiting_count() == 2

    assert len(asked) == 2
    with connection.cursor() as cursor:
        for query in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            steps = [row[-1] for row in cursor.fetchall()]
            photos = [step for step in steps if "shoppable_ugc_photo" in step]
            assert photos
            assert all("USING" in step for step in photos), steps


# --- who may ------------------------------------------------------------------


ADDRESSES = [
    ("get", "queue", False),
    ("post", "decide_many", False),
    ("post", "undo", False),
    ("get", "review", True),
    ("get", "find_products", True),
    *(
        ("post", name, True)
        for name in (
            "approve",
            "refuse",
            "remove",
            "reopen",
            "retry",
            "discard",
            "feature",
            "place_product",
            "choose_word",
        )
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "name", "has_photo"), ADDRESSES)
def test_an_editor_without_the_permission_is_refused(client, method, name, has_photo):
    editor = get_user_model().objects.create_user("writer")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)
    photo = make_photo()

    response = getattr(client, method)(
        reverse(
            f"shoppable_workbench:{name}", args=[photo.public_id] if has_photo else []
        )
    )

    assert response.status_code == 403
    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "name", "has_photo"), ADDRESSES)
def test_strangers_are_sent_to_the_login(client, method, name, has_photo):
    address = reverse(
        f"shoppable_workbench:{name}", args=["unknown"] if has_photo else []
    )

    response = getattr(client, method)(address)

    assert response.status_code == 302
    assert "login" in response.headers["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "name", "has_photo"), ADDRESSES)
def test_writes_are_posts_and_pages_are_gets(editors_client, method, name, has_photo):
    photo = make_photo()
    other = "post" if method == "get" else "get"

    response = getattr(editors_client, other)(
        reverse(
            f"shoppable_workbench:{name}", args=[photo.public_id] if has_photo else []
        )
    )

    assert response.status_code == 405


@pytest.mark.django_db
def test_writes_need_the_csrf_token(editor):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    photo = make_photo()

    response = client.post(
        reverse("shoppable_workbench:approve", args=[photo.public_id])
    )

    assert response.status_code == 403
    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


@pytest.mark.django_db
def test_the_group_editor_offers_the_permission(admin_client):
    group = Group.objects.create(name="Photo desk")

    page = admin_client.get(reverse("wagtailusers_groups:edit", args=[group.pk]))

    assert "Can moderate" in page.content.decode()


# --- the menu -----------------------------------------------------------------


@pytest.mark.django_db
def test_the_menu_counts_what_waits_for_those_who_may_moderate(editors_client):
    make_photo()
    stuck_photo()
    make_photo(state="refused")

    page = editors_client.get(reverse("wagtailadmin_home")).content.decode()

    assert '"data-photos-waiting": "2"' in page
    assert f'"url": "{reverse(QUEUE)}"' in page
    assert f'<a href="{reverse(QUEUE)}">2 photos wait</a>' in page


@pytest.mark.django_db
def test_the_menu_hides_the_queue_from_other_editors(client):
    editor = get_user_model().objects.create_user("writer")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)

    page = client.get(reverse("wagtailadmin_home")).content.decode()

    assert reverse(QUEUE) not in page


# --- what lies where -------------------------------------------------------------


@pytest.mark.django_db
def test_each_photo_lies_in_its_tab():
    photos = {
        Tab.WAITING: make_photo(),
        Tab.ATTENTION: stuck_photo(),
        Tab.APPROVED: make_photo(state="approved"),
        Tab.REFUSED: make_photo(state="refused"),
        Tab.WITHDRAWN: make_photo(state="withdrawn"),
    }
    make_photo(state="submitted")  # still being checked: nobody's business yet
    make_photo(state="draft")

    for tab, photo in photos.items():
        assert ids(photos_in(tab)) == [photo.public_id]
        assert tab_of(photo) is tab


@pytest.mark.django_db
def test_the_urgent_come_first_and_then_the_longest_waiting(editors_client):
    now = timezone.now()
    newer = make_photo()
    older = make_photo()
    urgent = make_photo(priority=10)
    for photo, hours in ((newer, 1), (older, 5), (urgent, 0)):
        Photo.objects.filter(pk=photo.pk).update(
            submitted_at=now - timedelta(hours=hours)
        )

    response = editors_client.get(reverse(QUEUE))

    assert shown_in(response) == ids([urgent, older, newer])


@pytest.mark.django_db
@pytest.mark.parametrize("tab", list(Tab))
def test_neighbours_follow_the_order_of_the_tab(tab):
    make = {
        Tab.WAITING: lambda n: make_photo(priority=n % 2),
        Tab.ATTENTION: lambda n: stuck_photo(),
        Tab.APPROVED: lambda n: make_photo(state="approved"),
        Tab.REFUSED: lambda n: make_photo(state="refused"),
        Tab.WITHDRAWN: lambda n: make_photo(state="withdrawn"),
    }[tab]
    for number in range(5):
        make(number)
    order = list(photos_in(tab))

    around = [neighbours(photo, tab) for photo in order]

    assert [before for before, _ in around] == [None, *ids(order[:-1])]
    assert [after for _, after in around] == [*ids(order[1:]), None]


@pytest.mark.django_db
def test_a_page_of_the_queue_costs_the_same_for_many(
    editors_client, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries():
        with CaptureQueriesContext(connection) as captured:
            editors_client.get(reverse(QUEUE))
        return len(captured)

    make_photo(product_key="mug")
    queries()  # fills the caches
    few = queries()
    for _ in range(9):
        make_photo(product_key="lamp")

    assert queries() == few


@pytest.mark.django_db
def test_a_flagged_picture_is_veiled_and_others_are_clear(editors_client):
    make_photo()
    make_photo(
        asset=make_asset(
            verdict="review",
            result={
                "moderation": {"sexual": 0.5},
                "findings": [
                    {
                        "step": "moderation",
                        "verdict": "review",
                        "reasons": ["maybe_sexual"],
                    }
                ],
            },
        )
    )

    page = editors_client.get(reverse(QUEUE)).content.decode()

    assert page.count("wb-tile__picture wb-veiled") == 1
    assert page.count("Show clearly") == 1


@pytest.mark.django_db
def test_pictures_come_from_the_guarded_view(editors_client, client):
    photo = make_photo()

    page = editors_client.get(reverse(QUEUE)).content.decode()

    rendition = photo.asset.renditions.get(format="jpeg")
    address = reverse(
        "shoppable_ugc:private_file", args=[photo.public_id, rendition.pk]
    )
    assert address in page
    answer = editors_client.get(address)
    assert b"".join(answer.streaming_content).startswith(b"jpeg of")
    answer.close()
    client.logout()
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_every_page_number_has_an_answer(editors_client):
    make_photo()

    for number in ("0", "2", "many", "-1"):
        response = editors_client.get(reverse(QUEUE), {"p": number, "tab": "nonsense"})
        assert response.status_code == 200


# --- many at once -------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_chosen_photos_are_approved_and_public(editors_client, editor):
    chosen, other = [make_photo(), make_photo()], make_photo()

    editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {"do": "approve", "photo": [choice(each) for each in chosen]},
    )

    for photo in chosen:
        photo.refresh_from_db()
        assert photo.state == Photo.State.APPROVED
        assert photo.is_public
        assert photo.decision.actor == editor
    other.refresh_from_db()
    assert other.state == Photo.State.IN_REVIEW


@pytest.mark.django_db
def test_chosen_photos_are_refused_with_one_reason(editors_client):
    chosen = [make_photo(), make_photo()]

    editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {
            "do": "refuse",
            "photo": [choice(each) for each in chosen],
            "reason": "blurry",
            "note": "So dark.",
        },
    )

    for photo in chosen:
        photo.refresh_from_db()
        assert photo.state == Photo.State.REFUSED
        assert photo.decision.reasons == ["blurry"]
        assert photo.decision.note == "So dark."


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "bad_mood"])
def test_nobody_is_refused_without_a_known_reason(editors_client, reason):
    photo = make_photo()

    editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {"do": "refuse", "photo": [choice(photo)], "reason": reason},
    )

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


@pytest.mark.django_db
def test_a_photo_withdrawn_meanwhile_is_left_and_named(editors_client):
    photo, withdrawn = make_photo(), make_photo()
    services.withdraw_photo(withdrawn, contributor=withdrawn.contributor)

    response = editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {"do": "approve", "photo": [choice(photo), choice(withdrawn)]},
        follow=True,
    )

    withdrawn.refresh_from_db()
    assert withdrawn.state == Photo.State.WITHDRAWN
    page = response.content.decode()
    assert "Approved 1 photo." in page
    assert "1 photo had changed meanwhile" in page


@pytest.mark.django_db
def test_a_photo_changed_since_the_queue_was_opened_is_left_and_named(editors_client):
    photo, changed = make_photo(), make_photo(caption="Nice cup")
    page = editors_client.get(reverse(QUEUE)).content.decode()
    chosen = re.findall(r'name="photo" value="([^"]+)"', page)
    services.edit_photo(
        changed,
        caption="Buy elsewhere",
        alt_text="",
        contributor=changed.contributor,
    )

    response = editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {"do": "approve", "photo": chosen},
        follow=True,
    )

    photo.refresh_from_db()
    changed.refresh_from_db()
    assert photo.state == Photo.State.APPROVED
    assert changed.state == Photo.State.IN_REVIEW
    assert "1 photo had changed meanwhile" in response.content.decode()


@pytest.mark.django_db
def test_nothing_is_approved_at_once_without_saying_what_was_seen(editors_client):
    photo = make_photo()

    editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {"do": "approve", "photo": [photo.public_id]},
    )

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


@pytest.mark.django_db
def test_choosing_nothing_says_so(editors_client):
    response = editors_client.post(
        reverse("shoppable_workbench:decide_many"), {"do": "approve"}, follow=True
    )

    assert "Choose at least one photo." in response.content.decode()


@pytest.mark.django_db
def test_undo_reopens_all_that_was_decided_at_once(editors_client):
    chosen = [make_photo(), make_photo()]
    editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {
            "do": "refuse",
            "photo": [choice(each) for each in chosen],
            "reason": "blurry",
        },
    )

    response = editors_client.post(reverse("shoppable_workbench:undo"), follow=True)

    for photo in chosen:
        photo.refresh_from_db()
        assert photo.state == Photo.State.IN_REVIEW
        assert photo.decision.outcome == Decision.Outcome.REOPENED
    assert "Undone: 2 photos wait again." in response.content.decode()


@pytest.mark.django_db
def test_undo_leaves_what_somebody_decided_since(editors_client):
    photo = make_photo()
    editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {"do": "approve", "photo": [choice(photo)]},
    )
    boss = get_user_model().objects.create_user("boss")
    photo.refresh_from_db()
    services.remove_photo(photo, by=boss, reasons=["violence"])

    response = editors_client.post(reverse("shoppable_workbench:undo"), follow=True)

    photo.refresh_from_db()
    assert photo.state == Photo.State.REMOVED
    assert "nothing left to undo" in response.content.decode()


@pytest.mark.django_db
def test_undoing_twice_changes_nothing_more(editors_client):
    photo = make_photo()
    editors_client.post(
        reverse("shoppable_workbench:decide_many"),
        {"do": "approve", "photo": [choice(photo)]},
    )

    editors_client.post(reverse("shoppable_workbench:undo"))
    editors_client.post(reverse("shoppable_workbench:undo"))

    assert photo.decisions.count() == 2


@pytest.mark.django_db
def test_the_queue_speaks_german(editors_client, editor):
    from wagtail.users.models import UserProfile

    UserProfile.objects.create(user=editor, preferred_language="de")
    make_public_photo()
    make_photo()

    page = editors_client.get(reverse(QUEUE)).content.decode()

    assert "Warten" in page
    assert "Freigeben" in page
    assert "Show clearly" not in page


@pytest.mark.django_db
def test_what_a_sentence_found_is_said_by_the_editors_own_word(editors_client):
    Prompt.objects.create(
        word_en="barbecue", word_de="Grillfest", text="a barbecue", meaning="review"
    )
    finding = {"step": "prompts", "verdict": "review", "reasons": ["shows_barbecue"]}
    photo = make_photo(
        asset=make_asset(verdict="review", result={"findings": [finding]})
    )
    german = {"Accept-Language": "de"}

    queue = editors_client.get(reverse(QUEUE), headers=german)
    page = editors_client.get(
        reverse("shoppable_workbench:review", args=[photo.public_id]), headers=german
    )

    assert "Zu sehen: Grillfest" in queue.text
    assert "Zu sehen: Grillfest" in page.text
