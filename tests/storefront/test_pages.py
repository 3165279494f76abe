from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from django.urls import reverse

import storefront
from tests.storefront.factories import (
    CategoryFactory,
    ProductFactory,
    ProductPictureFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db

FOLDER = Path(storefront.__file__).parent


def data_block(response):
    [block] = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', response.text, re.S
    )
    return json.loads(block)


def test_a_product_page_shows_what_can_be_bought(browser):
    chairs = CategoryFactory(slug="chairs", english="Chairs")
    product = ProductFactory(
        key="chair", english="Oak chair", category=chairs, variants=0
    )
    VariantFactory(product=product, sku="oiled", english="Oiled", price="129.00")
    VariantFactory(product=product, sku="raw", english="Raw", price="119.00", on_hand=0)
    ProductPictureFactory(product=product)

    text = browser.get("/shop/chair/").text

    assert "<h1>Oak chair</h1>" in text
    assert "€129.00" in text
    assert "incl. VAT, plus shipping" in text
    assert re.search(r'value="oiled" required checked', text)
    assert re.search(r'value="raw" required disabled', text)
    assert "<legend>Size</legend>" in text
    assert 'alt="On a table"' in text
    assert '<a href="/shop/?category=chairs">Chairs</a>' in text
    assert "<p>Made by hand.</p>" in text


def test_a_sold_out_product_has_no_button(browser):
    ProductFactory(key="chair", variants__on_hand=0)

    text = browser.get("/shop/chair/").text

    assert "Sold out" in text
    assert "Add to basket" not in text


@pytest.mark.parametrize(
    "path", ["/shop/unknown/", "/shop/hidden/", "/shop/?category=x"]
)
def test_what_is_not_there_is_not_found(browser, path):
    ProductFactory(key="hidden", is_published=False)

    assert browser.get(path).status_code == 404


def test_search_engines_read_the_product_and_no_more(browser):
    name = 'Cup </script><script>alert("1")</script> & <!--'
    ProductFactory(key="cup", english=name)

    response = browser.get("/shop/cup/")

    data = data_block(response)
    assert data["name"] == name
    assert data["url"] == "http://testserver/shop/cup/"
    assert data["offers"][0]["price"] == "49.00"
    assert data["offers"][0]["availability"] == "https://schema.org/InStock"
    assert "<script>alert" not in response.text


def test_texts_from_a_file_can_not_bring_markup(browser):
    evil = "<img src=x onerror=alert(1)>"
    ProductFactory(key="cup", english=evil, description=evil, vendor=evil)

    for path in ("/shop/", "/shop/cup/", f"/shop/?q={evil}"):
        assert "<img src=x" not in browser.get(path).text


def test_a_list_links_to_its_other_pages_and_keeps_what_was_asked(browser, settings):
    settings.STOREFRONT_PAGE_SIZE = 2
    ProductFactory.create_batch(5, english="Red & blue cup")

    text = browser.get("/shop/?q=red&sort=price&page=2").text

    assert 'href="?q=red&amp;sort=price&amp;page=1"' in text
    assert 'href="?q=red&amp;sort=price&amp;page=3"' in text
    assert "Page 2 of 3" in text
    assert "5 products for “red”" in text


def test_an_empty_search_says_what_to_do(browser):
    ProductFactory()

    text = browser.get("/shop/?q=unicorn").text

    assert "Nothing here is called “unicorn”." in text
    assert "Show everything" in text


def test_an_empty_shop_says_so(browser):
    assert "There is nothing here yet." in browser.get("/shop/").text


def test_an_unknown_order_of_a_list_is_ours(browser):
    ProductFactory()

    assert browser.get("/shop/?sort='").context["sorting"] == ""


def test_german_pages_leave_no_english_word(browser):
    product = ProductFactory(key="cup", german="Tasse", variants=0)
    VariantFactory(product=product, english="Large", german="Groß")
    VariantFactory(product=product, english="Small", german="Klein")

    for path in ("/shop/", "/shop/?q=zzz", "/shop/cup/", "/basket/"):
        text = browser.get(path, headers={"accept-language": "de"}).text
        assert '<html lang="de">' in text
        words = re.sub(r"<script.*?</script>|<[^>]+>", " ", text, flags=re.S)
        english = re.findall(
            r"\b(?:the|basket|your|shipping|stock|left|sort|search|page|show)\b",
            words,
            re.I,
        )
        assert not english, (path, english)


def test_every_text_has_its_german():
    catalogue = (FOLDER / "locale/de/LC_MESSAGES/django.po").read_text()
    blocks = catalogue.split("\n\n")[1:]

    assert len(blocks) > 150
    assert not [
        block for block in blocks if re.search(r'msgstr(\[\d\])? ""\s*$', block, re.M)
    ]
    assert "fuzzy" not in catalogue


def test_a_site_without_the_catalogue_half_still_sells(browser, settings):
    settings.ROOT_URLCONF = "tests.storefront.checkout_urls"
    settings.STOREFRONT_PRODUCT_URL = "tests.storefront.renderers.share_url"
    VariantFactory(sku="SKU")

    browser.put("SKU")
    text = browser.get("/basket/").text

    assert "€49.00" in text
    assert "Look around" not in text
    assert browser.get("/shop/").status_code == 404


def test_a_site_without_the_checkout_half_only_shows(browser, settings):
    settings.ROOT_URLCONF = "tests.storefront.catalogue_urls"
    ProductFactory(key="cup")

    text = browser.get("/shop/cup/").text

    assert "€49.00" in text
    assert "<form" not in text
    assert "Basket" not in text


def test_both_halves_can_be_reversed():
    assert reverse("shoppable_store:basket") == "/basket/"
    assert reverse("shoppable_store:order", args=["x"]) == "/orders/x/"
    assert reverse("shoppable_catalogue:product", args=["cup"]) == "/shop/cup/"


def test_pages_bring_no_inline_style_or_script():
    pages = [
        path
        for path in (FOLDER / "templates").rglob("*.html")
        if path.parent.name != "mails"  # Mails know no stylesheets.
    ]

    assert len(pages) > 10
    for path in pages:
        text = path.read_text()
        assert "style=" not in text, path
        assert "<style" not in text, path
        assert "<script" not in text, path
        assert not re.search(r"\son[a-z]+=", text), path


def test_the_style_sheet_is_small():
    css = (FOLDER / "static/shoppable_store/store.css").read_bytes()

    assert len(gzip.compress(css)) <= 5 * 1024


def test_every_control_has_a_label(browser):
    ProductFactory(key="cup")
    browser.put("CUP-1")

    for path in ("/shop/", "/shop/cup/", "/basket/", "/checkout/"):
        text = browser.get(path).text
        controls = re.findall(
            r'<(?:input|select)(?![^>]*type="(?:hidden|radio)")[^>]*>', text
        )
        assert controls, path
        for control in controls:
            [name] = re.findall(r'\sid="([^"]+)"', control)
            assert f'for="{name}"' in text, (path, control)


def test_several_pictures_can_be_scrolled_by_keyboard(browser):
    lamp = ProductFactory(key="lamp", english="Paper lamp")
    for position in (1, 2):
        ProductPictureFactory(product=lamp, position=position)
    cup = ProductFactory(key="cup", english="Stoneware cup")
    ProductPictureFactory(product=cup)

    lamps, cups = (browser.get(f"/shop/{key}/").text for key in ("lamp", "cup"))

    assert (
        '<div class="store-pictures" role="group" tabindex="0" '
        'aria-label="Paper lamp">' in lamps
    )
    assert '<div class="store-pictures">' in cups  # nothing to scroll
