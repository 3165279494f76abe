from __future__ import annotations

import pytest

from media_pipeline.contact_data import (
    find_contacts,
    is_number_plate,
    read_as_contacts,
)
from media_pipeline.plain_text import plain_text

from .captions import HIDDEN, HONEST


def found_in(text):
    return [
        (contact.kind, text[contact.start : contact.end])
        for contact in find_contacts(text)
    ]


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("write to anna.m@example.de!", "email_address", "anna.m@example.de"),
        ("anna (at) example (dot) de", "email_address", "anna (at) example (dot) de"),
        ("anna at example dot com", "email_address", "anna at example dot com"),
        ("Tel. 0171/2345678", "phone_number", "0171/2345678"),
        ("+49 (0) 30 / 12 34 56", "phone_number", "+49 (0) 30 / 12 34 56"),
        ("ruf an: (030) 12 34 56-7", "phone_number", "(030) 12 34 56-7"),
        ("0043 660 1234567", "phone_number", "0043 660 1234567"),
        ("015123456789", "phone_number", "015123456789"),
        ("+44 20 7946 0958", "phone_number", "+44 20 7946 0958"),
        ("call (555) 123-4567", "phone_number", "(555) 123-4567"),
        ("tel:+491712345678", "phone_number", "tel:+491712345678"),
        ("auf www.mein-shop.at", "web_address", "www.mein-shop.at"),
        ("https://example.org/a?b=c", "web_address", "https://example.org/a?b=c"),
        ("Schau auf anna-styles.de vorbei", "web_address", "anna-styles.de"),
        ("linktr.ee/anna", "web_address", "linktr.ee/anna"),
        ("thanks to @anna_styles", "handle", "@anna_styles"),
        ("insta: anna.styles", "handle", "insta: anna.styles"),
        ("wa.me/49171234", "messenger_link", "wa.me/49171234"),
        ("https://t.me/anna", "messenger_link", "https://t.me/anna"),
        ("paypal.me/anna", "payment_link", "paypal.me/anna"),
        ("bitcoin:1BoatSLRHtKNngkd", "payment_link", "bitcoin:1BoatSLRHtKNngkd"),
        (
            "DE89 3704 0044 0532 0130 00 DANKE",
            "bank_account",
            "DE89 3704 0044 0532 0130 00 DANKE",
        ),
    ],
)
def test_contact_data_is_found_with_its_place(text, kind, place):
    assert found_in(text) == [(kind, place)]


@pytest.mark.parametrize(
    "text",
    [
        "Sieht super aus.Am liebsten im Sommer",
        "Love it.At last a good fit",
        "Größe 38/40, 1,75 m groß",
        "01.02.2024",
        "02.03.2024 09:30-18:00",
        "09.30 - 18.00 Uhr",
        "US 0 2 4 6 8 10 12 14",
        "36 38 40 42 44 46 48",
        "19,99 € statt 1.299,00 EUR",
        "4006381333931",  # EAN
        "036000291452",  # UPC
        "und/oder",
        "100% Baumwolle",
        "2 @ 20 Euro",
        "v1.2.3",
        "z.B. die Jacke, d.h. u.a.",
        "U.S.A.",
        "ISBN 978-3-16-148410-0",
        "24/7",
        "Bestellung 2024000123",
        "",
    ],
)
def test_ordinary_texts_hold_no_contact_data(text):
    assert found_in(text) == []


@pytest.mark.parametrize("text", HONEST)
def test_what_people_write_under_photos_is_left_alone(text):
    assert found_in(text) == []


@pytest.mark.parametrize(("text", "kind"), HIDDEN)
def test_common_ways_around_the_rules_are_known(text, kind):
    assert kind in [contact.kind for contact in find_contacts(text)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("🎉½ Preis: ０１７１ ２３４５６７８!", "０１７１ ２３４５６７８"),
        ("schau: e\u0301vi\u00adl (dot) com …", "e\u0301vi\u00adl (dot) com"),
        ("jetzt an\u200bna (ät) web [punkt] de …", "an\u200bna (ät) web [punkt] de"),
    ],
)
def test_places_are_those_of_the_text_as_it_was_written(text, place):
    assert [found for _, found in found_in(text)] == [place]


def test_plain_text_remembers_where_each_sign_stood():
    plain = plain_text("a\u00ad½e\u0301＠")

    assert plain.text == "a1⁄2é@"
    assert plain.place(1, 4) == (2, 3)
    assert plain.place(4, 5) == (3, 5)
    assert plain.place(5, 6) == (5, 6)


def test_an_old_wallet_with_wrong_check_digits_is_none():
    assert found_in("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb") == []


def test_places_never_overlap():
    text = "https://paypal.me/anna@example.de?tel:0171/2345678"

    places = find_contacts(text)

    assert [place.kind for place in places] == ["payment_link"]


@pytest.mark.parametrize("line", ["B-AB 1234", "M XY 12", "HH:AB 123E", "KA-A1"])
def test_number_plates_are_told_by_their_form(line):
    assert is_number_plate(line)


@pytest.mark.parametrize(
    "line", ["XL", "EUR 38", "LEVI 501", "ISO 100", "F 1.8", "SIZE M 38", "b-ab 12"]
)
def test_sizes_and_models_are_no_number_plates(line):
    assert not is_number_plate(line)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("paypal . me / anna", "payment_link"),
        ("www. shop. de", "web_address"),
        ("anna @ web. de", "email_address"),
        ("M XY 12", "number_plate"),
    ],
)
def test_a_readers_blanks_hide_nothing(line, kind):
    assert kind in read_as_contacts(line)


def test_an_account_number_with_wrong_check_digits_is_none():
    assert ("bank_account", "DE89 3704 0044 0532 0130 01") not in found_in(
        "DE89 3704 0044 0532 0130 01"
    )


@pytest.mark.parametrize(
    "part",
    [
        *("0 ", "a.", "@", "+1 ", "A1", "a", "a_", "a@", "@a ", "insta ", "insta: "),
        *("ig ist ", "follow me ", "a dot ", "a at b dot ", "(at)", "(dot)", " (", "<"),
        *("a . ", "www.", "http://", "1", "5551234567", "bc1q", "0xa", "0.1-", "nr. "),
        *("order no ", "\u0301", "\u200b", "０", "…", "½", "DE89 3704 ", "-", "snap _"),
    ],
)
def test_long_hostile_texts_are_read_to_their_end(part):
    text = part * (20_000 // len(part)) + " or anna@web.de"

    assert find_contacts(text)[-1].kind == "email_address"
