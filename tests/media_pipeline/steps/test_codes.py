from __future__ import annotations

import sys

import pytest
import zxingcpp

from media_pipeline.backends.contract import drawn_frames
from media_pipeline.pipeline import build_pipeline
from media_pipeline.registry import discover
from media_pipeline.results import Verdict

from .drawing import frame_with_code

BARS = zxingcpp.BarcodeFormat


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("https://example.com/win", ("qr_code", "web_address")),
        ("https://wa.me/491712345678", ("qr_code", "messenger_link")),
        ("https://paypal.me/anna", ("qr_code", "payment_link")),
        ("BCD\n002\n1\nSCT\n\nAnna", ("qr_code", "payment_link")),
        ("mailto:anna@example.de", ("qr_code", "email_address")),
        ("WIFI:S:cafe;T:WPA;P:secret;;", ("qr_code",)),
    ],
)
def test_every_qr_code_asks_for_a_person_and_says_what_it_holds(text, reasons):
    result = discover().build("codes").inspect(frame_with_code(text))

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == reasons
    assert result.facts.as_json() == {"codes": [text]}


def test_the_place_of_a_code_is_where_it_lies():
    frame = frame_with_code("https://example.com/win", at=(300, 200))

    result = discover().build("codes").inspect(frame)

    assert result.finding.boxes == tuple({p.box for p in result.facts.places})
    left, top, width, height = result.facts.places[0].box
    assert 0.3 < left < 0.36
    assert 200 / 700 < top < 250 / 700
    assert 0.1 < width < 0.25
    assert 0.1 < height < 0.35


@pytest.mark.parametrize(
    ("text", "kind"), [("4006381333931", BARS.EAN13), ("036000291452", BARS.UPCA)]
)
def test_the_bars_on_packagings_pass_and_are_reported(text, kind):
    result = discover().build("codes").inspect(frame_with_code(text, kind, scale=3))

    assert result.verdict is Verdict.PASS
    assert result.reasons == ()
    assert len(result.facts.as_json()["codes"]) == 1


def test_contact_data_in_bars_is_noticed():
    frame = frame_with_code("WWW.SHOP.DE", BARS.Code128, scale=3, at=(100, 200))

    result = discover().build("codes").inspect(frame)

    assert result.reasons == ("web_address",)


def test_a_picture_without_codes_has_an_empty_list():
    for frame in drawn_frames().values():
        result = discover().build("codes").inspect(frame)

        assert result.facts.as_json() == {"codes": []}
        assert result.verdict is Verdict.PASS


def test_a_missing_package_asks_for_a_person(monkeypatch):
    monkeypatch.setitem(sys.modules, "zxingcpp", None)

    (result,) = build_pipeline(["codes"]).run(drawn_frames()["black"]).steps

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("codes_unavailable",)
