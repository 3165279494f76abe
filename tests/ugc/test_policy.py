from __future__ import annotations

from dataclasses import dataclass

import pytest

from ugc.policy import (
    Next,
    is_surely_banned,
    outcome_of,
    products_to_tag,
    reasons_of,
    words_of,
)

FINDINGS = {
    "findings": [
        {"step": "a", "verdict": "pass", "reasons": ["fine"]},
        {"step": "b", "verdict": "review", "reasons": ["low_resolution", "blurry"]},
        {"step": "c", "verdict": "reject", "reasons": ["banned"]},
        {"step": "d", "verdict": "review", "reasons": ["blurry"]},
        {"step": "e", "verdict": "review", "reasons": None},
    ]
}


@pytest.mark.parametrize("verdict", ["pass", "review", "reject", "", "nonsense"])
def test_whatever_software_says_of_a_good_file_a_person_looks(verdict):
    outcome = outcome_of(state="processed", verdict=verdict, result={})

    assert outcome.next is Next.IN_REVIEW


def test_the_stricter_the_advice_the_earlier_it_is_looked_at():
    ranks = [
        outcome_of(state="processed", verdict=verdict, result={}).priority
        for verdict in ("pass", "review", "reject")
    ]

    assert ranks == sorted(set(ranks))


def test_an_unknown_verdict_ranks_like_the_strictest():
    unknown = outcome_of(state="processed", verdict="", result={})

    assert (
        unknown.priority
        == outcome_of(state="processed", verdict="reject", result={}).priority
    )


def test_words_worth_a_look_raise_the_priority_and_are_named():
    outcome = outcome_of(
        state="processed", verdict="pass", result=FINDINGS, said=["blurry", "handle"]
    )

    review = outcome_of(state="processed", verdict="review", result={})
    assert outcome.next is Next.IN_REVIEW
    assert outcome.priority == review.priority
    assert outcome.reasons == ("banned", "low_resolution", "blurry", "handle")


def test_what_may_show_violence_is_looked_at_first_though_it_passes():
    finding = {"step": "moderation", "verdict": "pass", "reasons": ["graphic"]}
    hint = {**finding, "reasons": ["weapon"]}

    ranked, other = (
        outcome_of(state="processed", verdict="pass", result={"findings": [each]})
        for each in (finding, hint)
    )

    review = outcome_of(state="processed", verdict="review", result={})
    assert (ranked.priority, ranked.reasons) == (review.priority, ("graphic",))
    assert (other.priority, other.reasons) == (0, ())


def test_words_never_lower_what_the_picture_asks_for():
    strict = outcome_of(state="processed", verdict="reject", result={}, said=["handle"])

    assert (
        strict.priority
        == outcome_of(state="processed", verdict="reject", result={}).priority
    )


def test_a_refused_file_leads_back_to_the_draft_with_its_reason():
    outcome = outcome_of(state="refused_file", reason="animated", result={})

    assert outcome.next is Next.DRAFT
    assert outcome.reasons == ("animated",)


@pytest.mark.parametrize("state", ["quarantined", "pending", "something new"])
def test_what_nobody_knows_yet_stays_and_asks_for_attention(state):
    outcome = outcome_of(state=state, result={})

    assert outcome.next is Next.SUBMITTED
    assert outcome.priority > 0


def test_reasons_are_the_strictest_first_and_each_once():
    assert reasons_of(FINDINGS) == ("banned", "low_resolution", "blurry")
    assert reasons_of({}) == ()
    assert reasons_of({"findings": None}) == ()


def test_words_are_the_sure_ones_lower_case_and_once():
    result = {
        "tags": [
            {"label": "Cup", "confidence": 0.6, "source": "b"},
            {"label": "Mug", "confidence": 0.9, "source": "a"},
            {"label": "cup", "confidence": 0.7, "source": "c"},
            {"label": "dog", "confidence": 0.2, "source": "a"},
            {"label": "", "confidence": 1.0, "source": "a"},
        ]
    }

    assert words_of(result, min_confidence=0.5) == {"mug": "a", "cup": "c"}
    assert words_of({"tags": None}, min_confidence=0.5) == {}


# --- the ban list -----------------------------------------------------------------


def match(kind, *, is_confirmed):
    return {"duplicates": [{"kind": kind, "id": "x", "is_confirmed": is_confirmed}]}


def test_a_confirmed_match_with_the_ban_list_alone_refuses():
    banned = match("banned", is_confirmed=True)

    outcome = outcome_of(state="processed", verdict="reject", result=banned)

    assert outcome.next is Next.IN_REVIEW  # from where it is refused
    assert outcome.is_banned


@pytest.mark.parametrize(
    ("verdict", "result"),
    [
        ("reject", match("banned", is_confirmed=False)),
        ("reject", match("banned", is_confirmed=None)),
        ("reject", match("photo", is_confirmed=True)),
        ("reject", match("product", is_confirmed=True)),
        ("reject", {"duplicates": None}),
        ("reject", FINDINGS),  # whatever other steps advise
        # Compared by a step that advises otherwise by its settings.
        ("review", match("banned", is_confirmed=True)),
    ],
)
def test_nothing_else_refuses(verdict, result):
    outcome = outcome_of(state="processed", verdict=verdict, result=result)

    assert not outcome.is_banned


def test_one_confirmed_match_among_others_is_enough():
    likely = match("banned", is_confirmed=False)["duplicates"]
    sure = match("banned", is_confirmed=True)["duplicates"]

    assert is_surely_banned({"duplicates": [*likely, *sure]})
    assert not is_surely_banned({})


# --- products -------------------------------------------------------------------


@dataclass
class Found:
    key: str
    box: tuple = (0.0, 0.0, 1.0, 1.0)


def test_a_tag_stands_in_the_middle_of_its_window():
    found = products_to_tag(
        [Found("sofa", (0.0, 0.2, 0.5, 0.5)), Found("mug", (0.5, 0.5, 0.5, 0.5))]
    )

    assert [(each.key, each.x, each.y) for each in found] == [
        ("sofa", 0.25, 0.45),
        ("mug", 0.75, 0.75),
    ]


def test_tags_of_one_window_stand_side_by_side_and_within_the_picture():
    corner = (0.9, 0.9, 0.1, 0.1)

    found = products_to_tag([Found(f"p{n}", corner) for n in range(40)])

    places = [(each.x, each.y) for each in found]
    assert len(set(places)) == len(places) == 10
    assert all(0 <= side <= 1 for place in places for side in place)


def test_a_product_is_tagged_once():
    assert len(products_to_tag([Found("mug"), Found("mug")])) == 1
