"""One photo's way, from a phone to a parcel, against the running demo."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from PIL import Image

from .conftest import log_in

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
PRODUCT = "stoneware-cup"


def phone_photo() -> bytes:
    """A portrait photo as a phone stores it: lying, with an EXIF orientation."""
    source = ROOT / "demo/photos/customer/pastry-in-hands.jpg"
    with Image.open(source) as opened:
        lying = opened.convert("RGB").resize((4032, 3024)).transpose(Image.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "CanaryPhone"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    stored = io.BytesIO()
    lying.save(stored, "JPEG", quality=90, exif=exif)
    return stored.getvalue()


def wait_for(page, words: str, *, script: bool, within: float = 240) -> None:
    """Wait for the page to say it; without script by loading it again."""
    if script:
        page.get_by_text(words).first.wait_for(timeout=within * 1000)
        return
    end = time.monotonic() + within
    while page.get_by_text(words).count() == 0:
        assert time.monotonic() < end, page.inner_text("main")
        page.wait_for_timeout(500)
        page.reload()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_phone_photo_becomes_a_sale(new_context, demo, script):
    caption = f"Breakfast {'with' if script else 'without'} script"
    author = new_context(java_script_enabled=script).new_page()

    # The author sends a photo at a product's page.
    author.goto(f"/en/shop/{PRODUCT}/")
    author.get_by_role("link", name="Share your photo").last.click()
    author.set_input_files(
        "#id_photos",
        {"name": "IMG_0042.JPG", "mimeType": "image/jpeg", "buffer": phone_photo()},
    )
    caption_field = "[data-items] [data-caption]" if script else "[name=caption]"
    alt_field = "[data-items] [data-alt]" if script else "[name=alt_text]"
    author.fill(caption_field, caption)
    author.fill(alt_field, "Two hands hold a cup and a pastry")
    author.fill("[name=persona_name]", "Mara")
    author.fill("[name=email]", "mara@example.org")
    for surface in ("product_pages", "galleries"):
        author.check(f"[name=surfaces][value={surface}]")
    author.get_by_role("button", name="Send", exact=True).click()
    author.wait_for_url(re.compile(r"/me/photos/[\w-]+/$"))
    public_id = author.url.rstrip("/").rsplit("/", 1)[1]

    # The ping comes by itself.
    wait_for(author, "Received and checked", script=script)
    files = [
        image.get_attribute("src") for image in author.locator(".ugc-picture img").all()
    ]
    assert files

    # A stranger finds nothing yet.
    stranger = new_context().new_page()
    assert stranger.request.get(f"/en/photos/{public_id}/").status == 404
    assert stranger.request.get(f"/en/me/photos/{public_id}/").status == 404
    for file in files:
        assert stranger.request.get(file).status == 404

    # The editor tags and approves.
    editor = new_context(
        java_script_enabled=script, viewport={"width": 1280, "height": 900}
    ).new_page()
    log_in(editor, demo)
    editor.goto(f"/cms/photos/{public_id}/")
    editor.locator("[data-asked] button").first.click()
    editor.locator(".wb-tag").first.wait_for()
    with editor.expect_response(lambda answer: answer.request.method == "POST"):
        editor.locator("#wb-approve button").click()

    # It is on the product's page at once; from there it is bought in two clicks.
    shopper = new_context(java_script_enabled=script).new_page()
    shopper.goto(f"/en/shop/{PRODUCT}/")
    assert shopper.context.cookies() == []
    shopper.locator(f"a[href*='/photos/{public_id}/']").first.click()
    assert shopper.get_by_role("heading", name=caption).count() == 1
    shopper.get_by_role("button", name=re.compile("Add to basket")).first.click()
    shopper.wait_for_url(re.compile("/basket/"))
    assert shopper.locator(f"a[href*='/photos/{public_id}/']").count() >= 1
    shopper.get_by_role("link", name=re.compile("[Cc]heckout")).click()
    for name, value in {
        "email": f"buyer-{str(script).lower()}@example.org",
        "name": "Bo Buyer",
        "street": "Hauptstr. 1",
        "postcode": "10115",
        "city": "Berlin",
    }.items():
        shopper.fill(f"[name={name}]", value)
    shopper.get_by_role("button", name="Buy now").click()
    shopper.get_by_role("button", name=re.compile("^Pay")).first.click()
    shopper.get_by_text("Thank you. It is yours.").wait_for()
    number = shopper.locator(".eyebrow").first.inner_text().split()[-1]

    # The mail comes, and names what was bought.
    end = time.monotonic() + 120
    while f"buyer-{str(script).lower()}@example.org" not in demo.mails():
        assert time.monotonic() < end, f"No order mail.\n{demo.worker_log()}"
        time.sleep(0.2)
    assert number.upper() in demo.mails().upper()

    # The author takes it back: gone everywhere, its files with it.
    shopper.goto(f"/en/photos/{public_id}/")
    public_files = {
        image.get_attribute("src")
        for image in shopper.locator(".weave-stage > picture img").all()
    }
    assert public_files
    author.reload()
    author.get_by_role("button", name="Take it back everywhere").click()
    author.get_by_role("button", name="Give it again").wait_for()
    assert shopper.request.get(f"/en/photos/{public_id}/").status == 404
    for file in public_files:
        assert shopper.request.get(file).status == 404


def test_a_hotspot_opens_by_keyboard_and_closes_with_escape(new_context, demo):
    page = new_context().new_page()
    page.goto("/en/")
    page.locator("button[popovertarget]").first.wait_for()
    hotspot = page.locator("button[popovertarget]").first
    box = hotspot.bounding_box()

    hotspot.focus()
    page.keyboard.press("Enter")
    card = page.locator(f"#{hotspot.get_attribute('popovertarget')}")

    assert min(box["width"], box["height"]) >= 24
    card.wait_for(state="visible")
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")


def test_the_secret_link_makes_any_browser_the_authors(new_context, demo):
    page = new_context().new_page()

    page.goto(demo.customer_link)

    assert "/me/open/" not in page.url
    assert page.get_by_role("button", name="Take it back everywhere").count() == 1
