"""The workbench's scripts in a real browser, under the shoppers' strict policy."""

from __future__ import annotations

import os
import shutil

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse

from media_pipeline.models import BannedPicture, PhotoLikeness, Rendition
from media_pipeline.testing import picture_bytes
from tests.browser.conftest import FLAGS
from tests.browser.test_every_page import barriers
from tests.servers import ServerMissing, skip_or_fail
from tests.ugc.factories import make_asset, make_moderator, make_photo
from ugc import services
from ugc.models import Photo

# Playwright's synchronous driver keeps an event loop in this thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        skip_or_fail(ServerMissing("Chromium is not installed (apt: chromium)."))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, live_server, client, settings):
    """An editor's page; a script error or a breach of the policy fails the test."""
    settings.CONTENT_SECURITY_POLICY_EDITORS = None  # as strict as for shoppers
    editor = make_moderator()
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}
    )
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    context.set_default_timeout(120_000)
    page = context.new_page()
    # The small catalogue names pictures that it doesn't have.
    page.route(
        "**/pictures/*",
        lambda route: route.fulfill(
            body=picture_bytes(40, 30), content_type="image/jpeg"
        ),
    )
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    yield page
    context.close()
    assert complaints == []


def photo_with_picture(**columns):
    """A waiting photo of 600 × 400 px that a browser can draw."""
    asset = make_asset()
    Rendition.objects.filter(asset=asset).delete()
    name = storages["private"].save(
        f"{asset.public_id}.jpg", ContentFile(picture_bytes(600, 400))
    )
    Rendition.objects.create(
        asset=asset, format="jpeg", width=600, height=400, bytes=1, private_name=name
    )
    return make_photo(asset=asset, **columns)


def review(photo):
    return reverse("shoppable_workbench:review", args=[photo.public_id])


def places(photo):
    return {
        tag.product_key: (round(tag.x, 3), round(tag.y, 3))
        for tag in photo.product_tags.all()
    }


def saved(page, act):
    """Act, and wait until the page has been told the answer."""
    with page.expect_response(lambda answer: answer.request.method == "GET"):
        act()
    page.locator("[data-is-sent]").wait_for(state="detached")


def test_a_marker_is_placed_with_the_keyboard_alone(page):
    photo = photo_with_picture(product_key="mug")
    response = page.goto(review(photo))
    assert "unsafe-inline" not in response.headers["content-security-policy"]

    page.keyboard.press("t")
    page.wait_for_selector(".wb-marker:focus")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    saved(page, lambda: page.keyboard.press("Enter"))

    assert places(photo) == {"mug": (0.52, 0.54)}
    assert page.evaluate("document.activeElement.dataset.marker") == "mug"
    saved(page, lambda: page.keyboard.press("Delete"))
    assert places(photo) == {}


def test_a_marker_is_dragged_with_the_pointer(page):
    photo = photo_with_picture()
    photo.product_tags.create(product_key="mug", x=0.5, y=0.5)
    page.goto(review(photo))
    stage = page.locator("[data-stage]").bounding_box()

    page.mouse.move(
        stage["x"] + stage["width"] * 0.5, stage["y"] + stage["height"] * 0.5
    )
    page.mouse.down()
    page.mouse.move(
        stage["x"] + stage["width"] * 0.25, stage["y"] + stage["height"] * 0.75, steps=4
    )
    saved(page, page.mouse.up)

    ((x, y),) = places(photo).values()
    assert (x, y) == pytest.approx((0.25, 0.75), abs=0.01)
    assert page.url.endswith(review(photo))


def test_a_click_in_the_picture_chooses_where_the_next_product_goes(page):
    photo = photo_with_picture()
    page.goto(review(photo))
    stage = page.locator("[data-stage]").bounding_box()

    page.mouse.click(
        stage["x"] + stage["width"] * 0.8, stage["y"] + stage["height"] * 0.3
    )
    page.keyboard.type("lamp")
    page.locator("#wb-results button").click()
    page.wait_for_selector(".wb-marker:focus")

    ((x, y),) = places(photo).values()
    assert (x, y) == pytest.approx((0.8, 0.3), abs=0.01)


def test_a_photo_is_refused_by_letters_and_the_decision_undone(page):
    photo = photo_with_picture()
    page.goto(review(photo))

    page.keyboard.press("r")
    page.keyboard.press("Enter")  # no reason yet: the browser asks for one
    page.keyboard.press("c")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    photo.refresh_from_db()
    assert photo.decision.reasons == ["contact_data"]
    assert photo.decisions.count() == 1
    with page.expect_navigation():
        page.keyboard.press("z")
    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW


def test_placing_a_product_does_not_vouch_for_words_changed_meanwhile(page):
    photo = photo_with_picture(product_key="mug", caption="Nice cup")
    page.goto(review(photo))
    services.edit_photo(
        photo, caption="Buy elsewhere", alt_text="", contributor=photo.contributor
    )

    page.keyboard.press("t")
    page.wait_for_selector(".wb-marker:focus")
    with page.expect_navigation():
        page.keyboard.press("a")

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW
    assert "Buy elsewhere" in page.content()


def test_the_queue_is_worked_off_with_the_keyboard(page):
    first, second, third = (photo_with_picture() for _ in range(3))
    page.goto(reverse("shoppable_workbench:queue"))

    for key in ("j", "x", "ArrowRight", "j", "x"):  # the first and the third
        page.keyboard.press(key)
    assert page.inner_text("[data-chosen]") == "2"
    with page.expect_navigation():
        page.keyboard.press("a")

    states = [Photo.objects.get(pk=photo.pk).state for photo in (first, second, third)]
    assert states == ["approved", "in_review", "approved"]
    page.keyboard.press("k")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(review(second))


def test_the_keys_are_listed_and_can_be_switched_off(page, client):
    from django.contrib.auth import get_user_model
    from wagtail.users.models import UserProfile

    photo = photo_with_picture(product_key="mug")
    page.goto(review(photo))
    page.keyboard.press("?")
    assert page.locator("#wb-keys").is_visible()
    page.keyboard.press("Escape")

    UserProfile.objects.create(
        user=get_user_model().objects.get(username="editor"), keyboard_shortcuts=False
    )
    page.goto(review(photo))
    page.keyboard.press("a")
    page.keyboard.press("t")
    page.wait_for_timeout(500)

    photo.refresh_from_db()
    assert photo.state == Photo.State.IN_REVIEW
    assert places(photo) == {}


def test_a_veiled_picture_is_shown_when_asked_for(page):
    photo = photo_with_picture()
    photo.asset.result = {
        "moderation": {"sexual": 0.5},
        "findings": [
            {"step": "moderation", "verdict": "review", "reasons": ["maybe_sexual"]}
        ],
    }
    photo.asset.save()
    page.goto(review(photo))

    def filtering():
        return page.evaluate(
            "getComputedStyle(document.querySelector('[data-stage] img')).filter"
        )

    assert "grayscale" in filtering()
    page.keyboard.press("v")
    from playwright.sync_api import expect

    # By what Playwright brings along: the page's policy lets no string be evaluated.
    expect(page.locator("[data-stage] img")).to_have_css(
        "filter", "none", timeout=60_000
    )


# --- what the software sees -----------------------------------------------------


@pytest.fixture
def box_searches(monkeypatch):
    """Stands in for the network; tells which boxes were asked for."""
    asked = []

    def search(asset_id, box, limit=8):
        asked.append(tuple(round(side, 2) for side in box))
        return [("lamp", 0.7)]

    monkeypatch.setattr("media_pipeline.services.search_products", search)
    return asked


def test_a_box_is_drawn_with_the_pointer_and_its_product_tagged_there(
    page, box_searches
):
    photo = photo_with_picture()
    page.goto(review(photo))
    stage = page.locator("[data-stage]").bounding_box()

    def at(x, y):
        return stage["x"] + stage["width"] * x, stage["y"] + stage["height"] * y

    page.mouse.move(*at(0.6, 0.8))
    page.mouse.down()
    page.mouse.move(*at(0.2, 0.4), steps=4)
    page.mouse.up()
    page.locator("#wb-box-results button").click()
    page.wait_for_selector(".wb-marker:focus")

    (asked,) = box_searches
    assert asked == pytest.approx((0.2, 0.4, 0.4, 0.4), abs=0.02)
    ((x, y),) = places(photo).values()
    assert (x, y) == pytest.approx((0.4, 0.6), abs=0.02)
    assert page.locator("[data-box]").is_hidden()
    assert page.locator("[data-point]").is_hidden()


def test_a_box_is_placed_and_searched_with_the_keyboard_alone(page, box_searches):
    page.goto(review(photo_with_picture()))

    page.keyboard.press("b")
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    told = page.inner_text("[data-told]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#wb-box-results button")

    assert box_searches == [(0.32, 0.32, 0.42, 0.38)]
    assert told == "32 % from the left, 32 % from the top, 42 % wide, 38 % high"
    page.keyboard.press("Escape")
    assert page.locator("[data-box]").is_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_softwares_tags_are_kept_and_dropped_by_single_keys(page):
    photo = photo_with_picture()
    photo.asset.result = {
        "products": [{"key": "lamp", "score": 0.65, "box": [0.2, 0.2, 0.2, 0.2]}]
    }
    photo.asset.save()
    photo.product_tags.create(product_key="mug", x=0.5, y=0.5, is_suggested=True)
    page.goto(review(photo))

    page.keyboard.press("1")
    page.wait_for_selector('.wb-marker:focus[data-marker="lamp"]')
    assert places(photo)["lamp"] == (0.3, 0.3)
    saved(page, lambda: page.keyboard.press("x"))

    assert list(places(photo)) == ["lamp"]
    page.keyboard.press("x")  # what a person has placed is not the software's
    assert page.locator("[data-marker]").count() == 1


def test_outlines_are_switched_off_and_on(page):
    photo = photo_with_picture()
    photo.asset.result = {"faces": [[0.1, 0.1, 0.2, 0.2]]}
    photo.asset.save()
    page.goto(review(photo))
    outlines = page.locator(".wb-boxes")

    assert outlines.is_visible()
    page.keyboard.press("o")
    assert outlines.is_hidden()
    page.keyboard.press("o")
    assert outlines.is_visible()


def test_a_picture_is_banned_by_keys_and_only_with_a_confirmation(page):
    photo = photo_with_picture()
    PhotoLikeness.objects.create(
        asset=photo.asset, pixels_sha256="cd" * 32, hashes=bytes(32), model="none"
    )
    page.goto(review(photo))

    page.keyboard.press("n")
    page.keyboard.type("Stolen: an angry letter")  # "a" approves nothing here
    page.keyboard.press(
        "Enter"
    )  # the browser asks for the confirmation, and goes there
    assert not BannedPicture.objects.exists()
    page.wait_for_selector("#wb-ban-meant:focus")
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    photo.refresh_from_db()
    assert photo.state == Photo.State.REFUSED
    assert BannedPicture.objects.get().reason == "Stolen: an angry letter"
    with page.expect_navigation():
        page.get_by_role("button", name="Lift the ban").click()
    assert not BannedPicture.objects.exists()


def test_the_desk_has_no_barriers_with_everything_on_it(page):
    other = photo_with_picture()
    photo = photo_with_picture(product_key="mug")
    photo.asset.result = {
        "findings": [
            {
                "step": "text",
                "verdict": "review",
                "reasons": ["phone_number"],
                "boxes": [[0.1, 0.2, 0.3, 0.1]],
            }
        ],
        "faces": [[0.5, 0.5, 0.2, 0.2]],
        "products": [{"key": "lamp", "score": 0.65, "box": [0.2, 0.2, 0.2, 0.2]}],
        "duplicates": [
            {"kind": "photo", "id": other.asset.public_id, "how": "bytes"},
            {"kind": "product", "id": "lamp", "how": "vector", "cosine": 0.81},
        ],
    }
    photo.asset.save()
    photo.product_tags.create(product_key="mug", x=0.5, y=0.5, is_suggested=True)
    reports = ("/cms/reports/pipeline/", reverse("shoppable_workbench:bans"))
    for address in (review(photo), *reports):
        page.goto(address)
        if address == review(photo):
            page.keyboard.press("b")
        page.wait_for_load_state("networkidle")
        assert barriers(page) == [], address
