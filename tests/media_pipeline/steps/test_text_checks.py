from __future__ import annotations

import sys

import pytest

from media_pipeline import services, text_checks
from media_pipeline.results import Finding, Verdict
from media_pipeline.text_checks import check_text, find_words, language_of

from .captions import FOREIGN, HONEST


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("what a fucking mess", "bad_words"),
        ("Du Arschloch!", "bad_words"),
        ("sch3iße Qualität", "bad_words"),
        ("fuuuck", "bad_words"),
        ("what a dickhead", "bad_words"),
        ("you dick", "bad_words"),
        ("suck my dick", "bad_words"),
        ("lutsch meinen Schwanz", "bad_words"),
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
        "Die Decke ist schön dick und warm",
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
    checked = check_text("Mein Lieblingskleid, seit Jahren immer wieder", ["en-gb"])

    assert checked.language == "de"
    assert checked.reasons == ("other_language",)
    assert checked.verdict is Verdict.PASS


@pytest.mark.parametrize("text", FOREIGN)
def test_words_that_no_list_knows_are_for_a_person(text):
    checked = check_text(text, ["en", "de-at"])

    assert checked.findings == (
        Finding("language", Verdict.REVIEW, ("other_language",)),
    )
    assert checked.language == ""


@pytest.mark.parametrize(
    "text",
    [
        *HONEST,
        *("Très joli", "Dolce vita", "Pendant lamp", "¡Olé!", "Спасибо!", "好看"),
        "Grüezi mitenand, das isch mis neue Sofa, mega schön",
        "Kartell Louis Ghost, Eames Lounge Chair, Artemide Tolomeo",
        "Croissant, Café au lait, Baguette und diese Tasse",
        "Greetings from Santiago de Compostela, Spain",
        "#interiordesign #wohnzimmer #casa",
        "hahahahahahahahaha zu gut",
    ],
)
def test_short_and_ordinary_texts_are_in_no_other_language(text):
    assert check_text(text, ["en", "de"]).findings == ()


def test_a_language_that_is_expected_is_no_other_one():
    text = "Ma robe préférée pour les soirées d'été au bord du lac"

    assert check_text(text, ["en", "de", "fr"]).findings == ()


def test_nothing_is_said_of_languages_that_the_model_does_not_know():
    text = "Ma robe préférée pour les soirées d'été au bord du lac"

    assert check_text(text, ["en", "gsw"]).findings == ()


def test_the_shops_languages_may_name_regions_and_unknown_ones(settings):
    settings.MEDIA_PIPELINE_TEXT_LANGUAGES = ["en-gb", "de-AT", "gsw"]

    assert language_of("Die Jacke trage ich seit drei Jahren im Herbst") == "de"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("so ein Ａｒｓｃｈｌｏｃｈ…", "Ａｒｓｃｈｌｏｃｈ"),
        ("½ Tag, du Arsch\u200bloch", "Arsch\u200bloch"),
        ("… go  ｋｉｌｌ yourself", "go  ｋｉｌｌ yourself"[4:]),
    ],
)
def test_words_in_look_alike_signs_are_found_where_they_stand(text, place):
    (span,), _ = find_words(text)

    assert text[slice(*span)] == place


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


def test_a_language_without_a_list_stops_no_check(settings, caplog):
    settings.MEDIA_PIPELINE_TEXT_LANGUAGES = ["de-AT", "gsw"]
    text_checks._filter.cache_clear()  # it warns when it loads

    assert check_text("Arschloch").reasons == ("bad_words",)
    assert "'gsw'" in caplog.text


def test_without_the_lists_a_text_does_not_look_clean(monkeypatch):
    text_checks._filter.cache_clear()
    monkeypatch.setitem(sys.modules, "badwords", None)

    assert find_words("what a mess")[1] == ("words_unavailable",)


def test_other_packages_ask_the_services():
    assert services.check_text("ruf an: 0171/2345678").reasons == ("phone_number",)


def test_a_long_text_takes_no_time():
    check_text("sch e i s s e " * 5000)
