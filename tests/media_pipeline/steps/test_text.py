from __future__ import annotations

import socket
from dataclasses import dataclass, replace

import pytest

from media_pipeline.backends import ocr, sessions
from media_pipeline.backends.contract import drawn_frames
from media_pipeline.backends.ocr import RapidOcr, TextLine
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.pipeline import build_pipeline
from media_pipeline.registry import WrongConfiguration, discover
from media_pipeline.results import Verdict, as_contract

from .drawing import frame_with


@dataclass
class GivenLines:
    lines: tuple = ()

    def read(self, pixels):
        return tuple(
            TextLine(text, (0.1, 0.1 + 0.1 * row, 0.5, 0.05), 0.9)
            for row, text in enumerate(self.lines)
        )


def inspected(*lines):
    options = {
        "backend": "tests.media_pipeline.steps.test_text.GivenLines",
        "backend_options": {"lines": lines},
    }
    return discover().build("text", options).inspect(drawn_frames()["black"])


@pytest.fixture
def no_network(monkeypatch):
    """Whoever opens a connection fails the test."""

    def refuse(*args, **kwargs):
        raise AssertionError("asked for the network")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def forget_readers():
    ocr.forget()
    sessions.forget()


def test_text_is_read_from_the_pixels_without_a_network(no_network):
    forget_readers()
    frame = frame_with("Summer sale", "anna.muster@example.de")

    result = discover().build("text").inspect(frame)

    assert result.facts.as_json() == {"text": ["Summer sale", "anna.muster@example.de"]}
    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("email_address",)


def test_the_place_of_a_finding_is_where_it_stands():
    frame = frame_with("Summer sale", "0171 / 234 56 78")

    result = discover().build("text").inspect(frame)

    (place,) = result.facts.places
    assert place.reason == "phone_number"
    assert result.finding.boxes == (place.box,)
    left, top, width, height = place.box
    assert left == pytest.approx(80 / 1000, abs=0.02)
    assert top == pytest.approx(175 / 700, abs=0.03)
    assert 0.2 < width < 0.6
    assert 0.03 < height < 0.12


def test_a_picture_without_text_has_an_empty_list():
    result = discover().build("text").inspect(drawn_frames()["gradient"])

    assert result.facts.as_json() == {"text": []}
    assert result.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        (["B-AB 1234"], ("number_plate",)),
        (["www . shop . de"], ("web_address",)),
        (["anna.muster@", "web.de"], ("web_address", "email_address")),
        (["@anna_styles", "paypal.me/anna"], ("handle", "payment_link")),
        (["Arschloch"], ("bad_words",)),
        (["Ausländer raus"], ("threat_or_hate",)),
    ],
)
def test_what_a_person_should_see_has_a_reason(lines, reasons):
    result = inspected(*lines)

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == reasons


@pytest.mark.parametrize(
    "line", ["SONY", "Sony Lens G", "Größe 38", "100 % Baumwolle", "19,99 €", "1984"]
)
def test_brands_and_labels_pass_and_are_reported(line):
    result = inspected(line)

    assert result.verdict is Verdict.PASS
    assert result.facts.as_json() == {"text": [line]}


def test_single_signs_are_no_text():
    assert not ocr.is_text("回")
    assert not ocr.is_text("- . -")
    assert ocr.is_text("M 8")


def test_the_networks_are_those_whose_sums_are_named():
    for model in ocr.models():
        assert sessions.session_of(model) is not None


def test_a_changed_network_leaves_the_key_null(monkeypatch, no_network):
    changed = tuple(replace(model, sha256="0" * 64) for model in ocr.models())
    monkeypatch.setattr(ocr, "models", lambda: changed)
    forget_readers()
    frame = drawn_frames()["gradient"]

    result = build_pipeline(["text"]).run(frame)

    forget_readers()
    answer = as_contract(file="x", frame=frame, result=result, sha256="0" * 64)
    assert answer["text"] is None
    assert answer["findings"] == [
        {"step": "text", "verdict": "review", "reasons": ["text_unavailable"]}
    ]


def test_a_missing_package_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(BackendUnavailable, match="rapidocr is not installed"):
        ocr.models()


def test_a_reader_that_fails_is_unavailable(monkeypatch):
    def fails(pixels):
        raise RuntimeError("inside the library")

    monkeypatch.setattr(ocr, "_make_reader", lambda side: fails)

    with pytest.raises(BackendUnavailable, match="inside the library"):
        RapidOcr().read(drawn_frames()["black"].pixels)


@pytest.mark.parametrize(
    "box", [(0.5, 0.1, 0.6, 0.1), (-0.1, 0, 0.1, 0.1), (float("nan"), 0, 0.1, 0.1)]
)
def test_a_box_outside_the_picture_makes_the_answer_unusable(monkeypatch, box):
    monkeypatch.setattr(
        GivenLines, "read", lambda self, pixels: (TextLine("x y", box, 0.9),)
    )

    with pytest.raises(BackendUnavailable):
        inspected()


def test_options_are_checked():
    with pytest.raises(WrongConfiguration, match="has no method 'read'"):
        discover().build(
            "text", {"backend": "media_pipeline.backends.centerface.CenterFace"}
        )
