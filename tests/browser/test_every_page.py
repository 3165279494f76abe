"""Every page kind: no barrier that axe knows, nothing wider than the screen."""

from __future__ import annotations

import re

import pytest

from media_pipeline.testing import picture_bytes

from .conftest import log_in

pytestmark = pytest.mark.browser

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
PAGES = {
    "home": "/en/",
    "home in German": "/de/",
    "products": "/en/shop/",
    "product": "/en/shop/leather-sofa/",
    "product in German": "/de/shop/leather-sofa/",
    "upload": "/en/share-your-photo/leather-sofa/",
    "product with a story": "/en/shop/stoneware-cup/",
    "galleries": "/en/galleries/",
    "gallery": "/en/galleries/four-windowsills/",
    "empty basket": "/en/basket/",
    "not found": "/en/nothing-here/",
}
EDITORS_PAGES = {"queue": "/cms/photos/"}


def barriers(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in found
        for node in rule["nodes"]
    ]


def small_spots(page) -> list[str]:
    """Hotspots that show less than the 24 px a finger needs (WCAG 2.2, 2.5.8)."""
    return [
        f"a hotspot of {box['width']} × {box['height']} px"
        for spot in page.locator(".weave-spot:visible").all()
        if (box := spot.bounding_box()) and min(box["width"], box["height"]) < 24
    ]


def overhang(page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def complaints_of(page) -> list[str]:
    said: list[str] = []
    page.on(
        "console",
        lambda message: (
            said.append(message.text)
            if message.type == "error" and not re.search("400|404|422", message.text)
            else None
        ),
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shoppers_pages_have_no_barriers(new_context, size, scheme):
    page = new_context(viewport=SIZES[size], color_scheme=scheme).new_page()
    said = complaints_of(page)
    wrong = {}
    with_spots = set()
    addresses = dict(PAGES)
    page.goto("/en/galleries/")
    photo = page.locator("main a[href*='/photos/']").first
    addresses["photo"] = photo.get_attribute("href")

    for name, address in addresses.items():
        answer = page.goto(address)
        assert answer.status == (404 if name == "not found" else 200), address
        found = barriers(page) + small_spots(page)
        if page.locator(".weave-spot:visible").count():
            with_spots.add(name)
        if overhang(page) > 0:
            found.append(f"{overhang(page)} px wider than the screen")
        if found:
            wrong[name] = found

    assert wrong == {}
    assert said == []
    assert {"product", "photo"} <= with_spots


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buying_has_no_barriers(new_context, size, scheme):
    page = new_context(viewport=SIZES[size], color_scheme=scheme).new_page()
    said = complaints_of(page)
    page.goto("/en/shop/woven-cushion/")
    page.get_by_role("button", name=re.compile("Add to basket")).first.click()
    page.wait_for_url(re.compile("/basket/"))
    wrong = {"basket": barriers(page)}
    page.get_by_role("link", name=re.compile("[Cc]heckout")).click()
    wrong["checkout"] = barriers(page)
    page.get_by_role("button", name="Buy now").click()
    wrong["checkout with errors"] = barriers(page)
    wide = overhang(page)
    for name, value in {
        "email": "axe@example.org",
        "name": "Bo Buyer",
        "street": "Hauptstr. 1",
        "postcode": "10115",
        "city": "Berlin",
    }.items():
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("button", name=re.compile("^Pay")).first.wait_for()
    wrong["test payment"] = barriers(page)
    wide = max(wide, overhang(page))
    page.get_by_role("button", name=re.compile("^Pay")).first.click()
    page.get_by_text("Thank you. It is yours.").wait_for()
    wrong["order"] = barriers(page)
    wide = max(wide, overhang(page))

    assert {name: found for name, found in wrong.items() if found} == {}
    assert wide <= 0
    assert said == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sharing_a_photo_has_no_barriers(new_context, size, scheme):
    page = new_context(viewport=SIZES[size], color_scheme=scheme).new_page()
    said = complaints_of(page)
    page.goto("/en/share-your-photo/leather-sofa/")
    page.set_input_files(
        "#id_photos",
        {
            "name": "IMG_1.JPG",
            "mimeType": "image/jpeg",
            "buffer": picture_bytes(900, 700),
        },
    )
    page.locator(".ugc-item").wait_for()
    wrong = {"with a photo": barriers(page)}
    # Past the browser's own asking: what the server says about a missing name.
    page.eval_on_selector("form[data-upload]", "form => { form.noValidate = true }")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("[data-errors]:visible").wait_for()
    wrong["with errors"] = barriers(page)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert overhang(page) <= 0
    assert said == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_authors_pages_have_no_barriers(new_context, demo, size, scheme):
    page = new_context(viewport=SIZES[size], color_scheme=scheme).new_page()
    said = complaints_of(page)
    page.goto(demo.customer_link)
    wrong = {"photo": barriers(page)}
    wide = overhang(page)
    page.goto("/en/me/photos/")
    assert page.locator("main a[href*='/me/photos/']").count()
    wrong["photos"] = barriers(page)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert max(wide, overhang(page)) <= 0
    assert said == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_workbench_has_no_barriers(new_context, demo, size, scheme):
    page = new_context(viewport=SIZES[size], color_scheme=scheme).new_page()
    log_in(page, demo)
    said = complaints_of(page)
    page.goto("/cms/photos/")
    wrong = {"queue": barriers(page)}
    page.locator("main a[href*='/cms/photos/']").last.wait_for()
    review = next(
        href
        for link in page.locator("a[href*='/cms/photos/']").all()
        if re.search(r"/cms/photos/[\w-]{22}/", href := link.get_attribute("href"))
    )
    page.goto(review)
    wrong["review"] = barriers(page)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert said == []


def test_scripts_and_styles_of_shoppers_pages_keep_their_budget(new_context, demo):
    import gzip

    page = new_context().new_page()
    for address in (*PAGES.values(), demo.customer_link):
        page.goto(address)
        for kind, selector, attribute, limit in (
            ("script", "script[src]", "src", 10 * 1024),
            ("style", "link[rel=stylesheet]", "href", 15 * 1024),
        ):
            files = [
                link.get_attribute(attribute) for link in page.locator(selector).all()
            ]
            size = sum(
                len(gzip.compress(page.request.get(file).body())) for file in files
            )
            assert size <= limit, f"{kind} of {address}: {size} bytes"
