"""The demo's files are whole, true to the pictures and free of others' names."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from config.site.demo_files import default_folder
from ugc.models import Photo, Surface
from ugc.reasons import REASONS

DEMO = Path(__file__).resolve().parents[2] / "demo"
PHOTOS = DEMO / "photos"
FILES = sorted(file.relative_to(PHOTOS).as_posix() for file in PHOTOS.rglob("*.jpg"))

# Seen on some pictures; no text of ours names them.
BRANDS = (
    "adidas", "apple", "brxtn", "canon", "chanel", "converse", "dell", "everlast",
    "ikea", "instamatic", "iphone", "kodak", "leica", "lenovo", "macbook", "mikasa",
    "nike", "nikon", "olympus", "polaroid", "puma", "rolleiflex", "samsung", "sony",
    "starbucks", "title boxing", "unsplash", "vans", "wilson", "yashica", "zeiss",
)  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_handle(name: str) -> dict[str, list[dict[str, str]]]:
    grouped = defaultdict(list)
    for row in rows(name):
        grouped[row["Handle"]].append(row)
    return dict(grouped)


@pytest.fixture(scope="module")
def catalogue():
    return by_handle("catalogue.csv")


@pytest.fixture(scope="module")
def german():
    return by_handle("catalogue.de.csv")


@pytest.fixture(scope="module")
def photos():
    return default_folder().photos()


def test_the_shop_has_20_to_28_products(catalogue):
    assert 20 <= len(catalogue) <= 28


def test_each_product_has_text_vendor_type_and_a_picture_with_alt_text(catalogue):
    for handle, lines in catalogue.items():
        first = lines[0]
        for column in ("Title", "Body (HTML)", "Vendor", "Type"):
            assert first[column], (handle, column)
        pictures = [line for line in lines if line["Image Src"]]
        assert pictures, handle
        for line in pictures:
            assert (PHOTOS / line["Image Src"]).is_file(), line["Image Src"]
            assert line["Image Alt Text"], line["Image Src"]


def test_each_variant_has_its_own_sku_a_price_and_stock(catalogue):
    skus = []
    for lines in catalogue.values():
        variants = [line for line in lines if line["Variant SKU"]]
        assert variants
        for line in variants:
            assert Decimal(line["Variant Price"]) > 0
            assert int(line["Variant Inventory Qty"]) >= 0
            skus.append(line["Variant SKU"])

    assert len(skus) == len(set(skus))


def test_some_variants_are_sold_out(catalogue):
    stocks = {
        line["Variant Inventory Qty"] for lines in catalogue.values() for line in lines
    }

    assert "0" in stocks


def test_german_says_all_that_english_says(catalogue, german):
    assert german.keys() == catalogue.keys()
    for handle, lines in catalogue.items():
        for line, translated in zip(lines, german[handle], strict=True):
            assert line["Variant SKU"] == translated["Variant SKU"]
            for column in translated:
                assert bool(translated[column]) == bool(line[column]), (handle, column)


def test_german_differs_where_it_should(catalogue, german):
    for handle, lines in catalogue.items():
        assert german[handle][0]["Body (HTML)"] != lines[0]["Body (HTML)"]


def test_every_picture_is_a_product_picture_or_a_customers_photo(catalogue, photos):
    used = {line["Image Src"] for lines in catalogue.values() for line in lines} - {""}
    sent = {photo.file for photo in photos}

    assert not used & sent
    assert used | sent == set(FILES)


def test_every_picture_is_credited_once():
    text = (DEMO / "CREDITS.md").read_text()

    credited = re.findall(r"^\| (\S+\.jpg) \|", text, flags=re.M)

    assert sorted(credited) == FILES
    assert "GitHub" not in text


def test_pictures_are_small_and_say_nothing_of_their_origin():
    assert sum((PHOTOS / file).stat().st_size for file in FILES) <= 8_000_000
    for file in FILES:
        with Image.open(PHOTOS / file) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) <= 1600
            assert not picture.getexif()
            assert not {"icc_profile", "comment", "xmp"} & picture.info.keys()


def test_photos_show_products_of_the_catalogue_at_points_inside(catalogue, photos):
    for photo in photos:
        for tag in photo.products:
            assert tag.product_key in catalogue, photo.file
            assert 0 < tag.x < 1, photo.file
            assert 0 < tag.y < 1, photo.file
            skus = {line["Variant SKU"] for line in catalogue[tag.product_key]}
            assert tag.variant_sku in {*skus, ""}, (photo.file, tag.variant_sku)
        if photo.asked_product:
            assert photo.asked_product in catalogue


def test_photos_have_a_name_words_alt_text_and_a_permission(photos):
    for photo in photos:
        assert photo.name
        assert photo.caption
        assert photo.alt_text
        assert photo.language in {"en", "de"}
        assert photo.surfaces


def test_photos_reach_every_state_an_editor_should_see(photos):
    states = [photo.state for photo in photos]

    assert states.count(Photo.State.IN_REVIEW) >= 3
    assert states.count(Photo.State.REFUSED) == 1
    assert states.count(Photo.State.WITHDRAWN) == 1
    assert states.count(Photo.State.APPROVED) > len(states) / 2


def test_refusals_name_known_reasons(photos):
    known = {reason.code for reason in REASONS}
    for photo in photos:
        assert set(photo.reasons) <= known
        assert bool(photo.reasons) == (photo.state == Photo.State.REFUSED)


def test_both_languages_and_every_surface_are_used(photos):
    assert {photo.language for photo in photos} == {"en", "de"}
    for surface in Surface:
        assert any(surface in photo.surfaces for photo in photos)


def test_texts_name_no_brand_of_others():
    said = "\n".join(
        (DEMO / name).read_text().lower()
        for name in ("catalogue.csv", "catalogue.de.csv", "photos.csv")
    )

    found = [brand for brand in BRANDS if re.search(rf"\b{brand}\b", said)]

    assert found == []


def test_a_bad_line_is_named(tmp_path):
    (tmp_path / "photos.csv").write_text(
        (DEMO / "photos.csv").read_text().replace("@0.47,0.60", "@4.7,0.60")
    )

    with pytest.raises(Exception, match=r"photos\.csv, line 2: .*4\.7"):
        type(default_folder())(tmp_path).photos()
