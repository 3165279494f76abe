from __future__ import annotations

import sys

import pytest

from media_pipeline import services, text_checks
from media_pipeline.results import Finding, Verdict
from media_pipeline.text_checks import check_text, find_words, language_of


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("what a fucking mess", "bad_words"),
        ("Du Arschloch!", "bad_words"),
        ("sch3iße Qualität", "bad_words"),
        ("fuuuck", "bad_words"),
        ("Go kill yourself", "threat_or_hate"),
        ("I will find you", "threat_or_hate"),
        ("Geh sterben!", "threat_or_hate"),
        ("Ausländer raus", "threat_or_hate"),
        ("Ich finde dich.", "threat_or_hate"),
        ("ich weiß, wo du wohnst", "threat_or_hate"),
        ("mehr auf anna-styles.de", "web_address"),
        ("dm @anna_styles", "handle"),
    ],
)
def test_what_a_person_should_see_is_found(text, reason):
    checked = check_text(text)

    assert checked.verdict is Verdict.REVIEW
    assert checked.reasons == (reason,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Damn good coffee",
        "Ich finde dich schön, kleines Sofa",
        "Sexy Kleid, der Schlitz sitzt perfekt",
        "Mit Abstand die besten Bälle, auch bei Schmutz",
        "Nude is the colour of this thong bra",
        "Der Waschbär auf dem Pulli hat einen langen Schwanz",
        "Bronze lamp, rubber boots, leather strap",
        "Größe 38/40, gekauft am 01.02.2024 für 19,99 €",
    ],
)
def test_what_people_say_of_goods_is_left_alone(text):
    assert check_text(text) == text_checks.TextFindings()


def test_findings_name_their_part_and_say_where():
    text = "Ärgerlich: schreib anna@web.de, du Hure"

    checked = check_text(text)

    assert checked.findings == (
        Finding("contact_data", Verdict.REVIEW, ("email_address",)),
        Finding("words", Verdict.REVIEW, ("bad_words",)),
    )
    (contact,) = checked.contacts
    (word,) = checked.words
    assert text[contact.start : contact.end] == "anna@web.de"
    assert text[slice(*word)] == "Hure"


def test_another_language_is_mentioned_and_holds_nothing_back():
    checked = check_text("Mein Lieblingskleid, seit Jahren immer wieder", "en-gb")

    assert checked.language == "de"
    assert checked.reasons == ("other_language",)
    assert checked.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My favourite dress for summer evenings by the lake", "en"),
        ("Die Jacke trage ich seit drei Jahren im Herbst", "de"),
        ("Cool", ""),  # too short
        ("1234567890 1234567890 1234567890", ""),
    ],
)
def test_the_shops_languages_are_told_apart(text, language):
    assert language_of(text) == language


def test_without_an_expected_language_no_model_is_loaded(monkeypatch):
    monkeypatch.setattr(
        text_checks, "_identifier", lambda languages: pytest.fail("loaded")
    )

    assert check_text("Mein Lieblingskleid, seit Jahren immer wieder").language == ""


def test_a_shop_adds_words_of_its_own(settings):
    settings.MEDIA_PIPELINE_BAD_WORDS = ["konkurrenzia", "lust"]

    assert check_text("besser als Konkurrenzia").reasons == ("bad_words",)
    assert check_text("Lust auf mehr").reasons == ("bad_words",)


def test_a_shop_calls_words_harmless(settings):
    assert check_text("Dildo").reasons == ("bad_words",)

    settings.MEDIA_PIPELINE_HARMLESS_WORDS = ["dildo"]

    assert check_text("Dildo").reasons == ()


def test_the_shops_languages_choose_the_lists(settings):
    settings.MEDIA_PIPELINE_TEXT_LANGUAGES = ["en"]

    assert check_text("Arschloch").reasons == ()


def test_without_the_lists_a_text_does_not_look_clean(monkeypatch):
    text_checks._filter.cache_clear()
    monkeypatch.setitem(sys.modules, "badwords", None)

    assert find_words("what a mess")[1] == ("words_unavailable",)


def test_other_packages_ask_the_services():
    assert services.check_text("ruf an: 0171/2345678").reasons == ("phone_number",)


def test_a_long_text_takes_no_time():
    check_text("sch e i s s e " * 5000)
