from __future__ import annotations

import pytest

from media_pipeline.backends import lite0, nudity
from media_pipeline.backends.contract import drawn_frames
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import WrongConfiguration, discover
from media_pipeline.results import Verdict

from .conftest import photo

PATH = "tests.media_pipeline.steps.backends.GivenScores"


def advice(**scores):
    step = discover().build("moderation", {"backend": PATH, "backend_options": scores})
    return step.inspect(drawn_frames()["gradient"])


@pytest.mark.parametrize(
    ("scores", "verdict", "reasons"),
    [
        ({"sexual": 0.0}, Verdict.PASS, ()),
        ({"sexual": 0.3499}, Verdict.PASS, ()),
        ({"sexual": 0.35}, Verdict.REVIEW, ("maybe_sexual",)),
        ({"sexual": 0.7999}, Verdict.REVIEW, ("maybe_sexual",)),
        ({"sexual": 0.8}, Verdict.REVIEW, ("sexual",)),
        ({"sexual": 1.0}, Verdict.REVIEW, ("sexual",)),
        ({"graphic": 0.4999}, Verdict.PASS, ()),
        ({"graphic": 0.5}, Verdict.PASS, ("graphic",)),
        ({"graphic": 1.0}, Verdict.PASS, ("graphic",)),
        ({"weapon": 0.1999}, Verdict.PASS, ()),
        ({"weapon": 0.2}, Verdict.PASS, ("weapon",)),
        ({"alcohol": 0.3999}, Verdict.PASS, ()),
        ({"alcohol": 0.4}, Verdict.PASS, ("alcohol",)),
        (
            {"sexual": 1.0, "graphic": 1.0, "weapon": 1.0, "alcohol": 1.0},
            Verdict.REVIEW,
            ("sexual", "graphic", "weapon", "alcohol"),
        ),
        ({"graphic": None, "weapon": None, "alcohol": None}, Verdict.PASS, ()),
    ],
)
def test_scores_turn_into_advice_but_never_into_rejection(scores, verdict, reasons):
    result = advice(**scores)

    assert (result.verdict, result.reasons) == (verdict, reasons)


@pytest.mark.parametrize("hint", ["graphic", "weapon", "alcohol"])
def test_a_shop_may_have_hints_reviewed(hint):
    options = {"backend": PATH, "backend_options": {hint: 0.9}, "hints_review": True}

    result = discover().build("moderation", options).inspect(drawn_frames()["black"])

    assert (result.verdict, result.reasons) == (Verdict.REVIEW, (hint,))


@pytest.mark.parametrize("value", [float("nan"), -0.1, 1.1, float("inf"), None])
def test_a_score_that_is_no_probability_counts_as_no_answer(value):
    with pytest.raises(BackendUnavailable):
        advice(sexual=value)


def test_a_shop_sets_its_own_limits():
    step = discover().build(
        "moderation",
        {
            "sexual_review": 0.6,
            "backend": PATH,
            "backend_options": {"sexual": 0.5},
        },
    )

    assert step.inspect(drawn_frames()["gradient"]).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "backend",
    [
        "nowhere.Nothing",
        "NoDots",
        "",
        "media_pipeline.backends.nudity.Nothing",
        "media_pipeline.backends.lite0.ImageNetTagger",
    ],
)
def test_a_backend_that_is_not_there_or_no_moderator_is_refused(backend):
    with pytest.raises(WrongConfiguration):
        discover().build("moderation", {"backend": backend})


def test_scores_name_the_models_that_gave_them():
    result = advice()

    assert result.facts.scores.models == ("given 1",)


@pytest.mark.usefixtures("models")
def test_a_harmless_photo_passes_with_every_score_low():
    result = (
        discover().build("moderation").inspect(photo("packshots/tan-leather-sofa.jpg"))
    )

    assert result.verdict is Verdict.PASS
    assert result.facts.scores.sexual < 0.1
    assert result.facts.scores.graphic < 0.5
    assert result.facts.scores.weapon < 0.05
    assert len(result.facts.scores.models) == 3


@pytest.mark.usefixtures("models")
def test_the_nudity_score_is_the_mean_of_two_opinions():
    pixels = photo("packshots/tan-leather-bag.jpg").pixels

    score = nudity.LocalModeration().score(pixels).sexual

    opinions = (nudity.open_nsfw(pixels), nudity.image_safety(pixels)[1])
    assert score == pytest.approx(sum(opinions) / 2, abs=1e-6)


@pytest.mark.usefixtures("models")
def test_the_second_opinion_shares_one_whole():
    scores = nudity.image_safety(drawn_frames()["noise"].pixels)

    assert sum(scores) == pytest.approx(1, abs=1e-4)


def test_hints_of_weapons_and_alcohol_share_no_class():
    assert not set(nudity.WEAPONS) & set(nudity.ALCOHOL)
    assert all(400 <= place < 1000 for place in (*nudity.WEAPONS, *nudity.ALCOHOL))


@pytest.mark.usefixtures("models")
def test_a_sofa_is_no_hint_of_alcohol():
    sofa = photo("packshots/tan-leather-sofa.jpg").pixels

    assert lite0.probability_of(sofa, nudity.ALCOHOL) < 0.05
