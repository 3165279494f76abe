from __future__ import annotations

import pytest
from django.utils.translation import override

from cms.workbench.findings import (
    REASONS,
    Badge,
    Findings,
    Score,
    read_findings,
    reason_words,
)
from media_pipeline.results import reason_code


def words_of(findings: Findings) -> list[str]:
    return [str(badge.words) for badge in findings.badges]


def result(**keys):
    return {"moderation": {"sexual": 0.01}, "findings": [], **keys}


def spoken(step: str, *reasons: str, verdict: str = "review") -> list[dict]:
    return [{"step": step, "verdict": verdict, "reasons": list(reasons)}]


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_result_counts_as_not_checked(nothing):
    findings = read_findings(nothing)

    assert findings.scores is None
    assert words_of(findings) == ["Not checked"]


def test_what_a_step_did_not_look_for_is_not_zero():
    findings = read_findings(result(tags=None, faces=None))

    assert findings.tags is None
    assert findings.faces is None


def test_scores_come_gravest_first_and_leave_out_what_nobody_looked_for():
    scores = read_findings(
        result(moderation={"sexual": 0.1, "graphic": 0.9, "weapon": None})
    ).scores

    assert [(str(score.name), score.value) for score in scores] == [
        ("Violence", 0.9),
        ("Nudity", 0.1),
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "unlikely"),
        (0.19, "unlikely"),
        (0.2, "possible"),
        (0.59, "possible"),
        (0.6, "likely"),
        (1.0, "likely"),
    ],
)
def test_a_score_is_put_in_words(value, words):
    assert str(Score("Nudity", value).words) == words


@pytest.mark.parametrize(
    ("findings", "is_flagged"),
    [
        ([], False),
        (spoken("moderation", "maybe_sexual"), True),
        (spoken("moderation", "sexual", verdict="reject"), True),
        (spoken("moderation", "graphic", verdict="pass"), True),
        (spoken("moderation", "alcohol", verdict="pass"), False),
        # A detector that could not run has seen nothing.
        (spoken("moderation", "moderation_unavailable"), False),
        (spoken("resolution", "low_resolution"), False),
    ],
)
def test_only_a_detector_that_spoke_up_veils_the_picture(findings, is_flagged):
    assert read_findings(result(findings=findings)).is_flagged is is_flagged


def test_badges_come_gravest_first_and_once():
    findings = read_findings(
        result(
            findings=[
                *spoken("quality", "blurred", verdict="pass"),
                *spoken("resolution", "low_resolution"),
                *spoken("moderation", "sexual", verdict="reject"),
                *spoken("other", "low_resolution"),
            ],
            faces=[[0, 0, 1, 1], [0, 0, 1, 1]],
        )
    )

    assert words_of(findings) == [
        "Nudity likely",
        "Small picture",
        "Blurred",
        "2 faces",
    ]
    assert findings.badges[0] == Badge(findings.badges[0].words, "bad")


def test_what_the_author_said_stands_beside_what_the_picture_shows():
    picture = result(findings=spoken("text", "qr_code"))

    findings = read_findings(picture, ["phone_number", "qr_code"])

    assert words_of(findings) == ["QR code", "Telephone number"]
    assert not findings.is_flagged
    assert words_of(read_findings(None, ["handle"])) == ["Name in a network"]


def test_reasons_of_unknown_steps_are_still_readable():
    findings = read_findings(
        result(findings=spoken("logo", "rival_brand", "logo_unavailable"))
    )

    assert words_of(findings) == ["Rival brand", "Check did not run: logo"]


@pytest.mark.parametrize(
    ("code", "english", "german"),
    [
        ("shows_knife", "Shows: knife", "Zu sehen: Messer"),
        ("shows_kitchen_knife", "Shows: kitchen knife", "Zu sehen: Küchenmesser"),
        ("shows_t_shirt", "Shows: t-shirt", "Zu sehen: T-Shirt"),
        ("shows_green_smoke", "Shows: green smoke", "Zu sehen: green smoke"),
        ("drugs_tobacco", "Drugs or tobacco", "Drogen oder Tabak"),
        ("other_language", "In another language", "In einer anderen Sprache"),
        (
            "words_unavailable",
            "Check did not run: Words",
            "Prüfung lief nicht: Worte",
        ),
    ],
)
def test_reasons_are_said_in_the_editors_language(code, english, german):
    assert str(reason_words(code)) == english
    with override("de"):
        assert str(reason_words(code)) == german


def test_an_editors_sentence_is_said_by_its_own_word():
    picture = result(findings=spoken("prompts", "shows_barbecue", "shows_knife"))

    findings = read_findings(picture, sentences={"barbecue": "Grillfest"})

    assert words_of(findings) == ["Shows: Grillfest", "Shows: knife"]


def test_whatever_rekognition_may_report_has_words():
    # Labels of the moderation taxonomy, versions 6 and 7, below no subject of ours.
    names = (
        *("Drugs & Tobacco", "Products", "Pills", "Smoking", "Gambling", "Drugs"),
        *("Drugs & Tobacco Paraphernalia & Use", "Rude Gestures", "Middle Finger"),
        *("Hate Symbols", "Nazi Party", "White Supremacy", "Extremist", "Tobacco"),
        *("Drug Products", "Drug Use", "Drug Paraphernalia", "Tobacco Products"),
    )

    assert {reason_code(name) for name in names} <= set(REASONS)


def test_a_tag_seen_twice_is_shown_once_with_the_higher_confidence():
    tags = read_findings(
        result(
            tags=[
                {"label": "cup", "confidence": 0.4, "source": "a"},
                {"label": "table", "confidence": 0.5, "source": "a"},
                {"label": "cup", "confidence": 0.9, "source": "b"},
            ]
        )
    ).tags

    assert [(tag.label, tag.percent) for tag in tags] == [("cup", 90), ("table", 50)]


def test_a_candidate_points_at_the_middle_of_its_box():
    (candidate,) = read_findings(
        result(products=[{"key": "mug", "score": 0.8, "box": [0.2, 0.4, 0.2, 0.4]}])
    ).candidates

    assert (candidate.x, candidate.y) == pytest.approx((0.3, 0.6))


# --- where it is, and what it may be a copy of --------------------------------------


def test_places_are_numbered_and_stay_within_the_picture():
    places = read_findings(
        result(
            findings=[
                {
                    "step": "text",
                    "verdict": "review",
                    "reasons": ["email_address", "phone_number"],
                    "boxes": [[0.1, 0.5, 0.2, 0.1], [-0.1, 0.9, 0.3, 0.5]],
                },
                {"step": "quality", "verdict": "pass", "reasons": ["blurred"]},
            ],
            faces=[[0.4, 0.4, 0.2, 0.2]],
        )
    ).places

    assert [(place.number, place.level) for place in places] == [
        (1, "warn"),
        (2, "warn"),
        (0, "face"),
    ]
    assert places[0].svg == {
        "x": "10.00%",
        "y": "50.00%",
        "width": "20.00%",
        "height": "10.00%",
    }
    outside = places[1]
    assert (outside.x, outside.y) == (0.0, 0.9)
    assert (outside.width, outside.height) == pytest.approx((0.2, 0.1))


def test_a_number_stands_below_a_box_at_the_upper_edge():
    boxes = [[0.1, 0.01, 0.2, 0.1]]
    finding = {"step": "codes", "verdict": "review", "reasons": ["qr_code"]}

    (place,) = read_findings(result(findings=[{**finding, "boxes": boxes}])).places

    assert place.svg["plate"] == "11.00%"


def test_each_remark_is_said_once_with_all_its_numbers():
    findings = read_findings(
        result(
            findings=[
                {
                    "step": "text",
                    "verdict": "review",
                    "reasons": ["handle"],
                    "boxes": [[0, 0, 1, 1], [0.5, 0.5, 0.1, 0.1]],
                },
                {
                    "step": "codes",
                    "verdict": "review",
                    "reasons": ["qr_code"],
                    "boxes": [[0, 0, 0.5, 0.5]],
                },
            ],
            faces=[[0, 0, 1, 1]],
        )
    )

    assert [(r.words, r.numbers) for r in findings.places_by_remark] == [
        ("Name in a network", (1, 2)),
        ("QR code", (3,)),
    ]


def test_a_comparison_that_did_not_run_is_not_one_that_found_nothing():
    assert read_findings(result()).likenesses is None
    assert read_findings(result(duplicates=[])).likenesses == ()


def test_a_likeness_says_how_and_by_which_figures():
    (likeness,) = read_findings(
        result(
            duplicates=[
                {
                    "kind": "photo",
                    "id": "x",
                    "how": "features",
                    "is_confirmed": True,
                    "distance": 3,
                    "cosine": 0.941,
                    "agreeing": 152,
                }
            ]
        )
    ).likenesses

    assert str(likeness.words) == "The same details in the same places"
    assert likeness.figures == (
        "152 details agree",
        "3 of 64 bits differ",
        "94 % alike",
    )


def test_of_several_likenesses_the_banned_one_is_marked_as_grave():
    findings = read_findings(
        result(
            findings=[
                *spoken(
                    "duplicates", "seen_before", "banned_picture", verdict="reject"
                ),
            ]
        )
    )

    assert [(str(b.words), b.level) for b in findings.badges] == [
        ("On the ban list", "bad"),
        ("Was here before", "warn"),
    ]


def test_colours_are_named_in_the_editors_language():
    red = {"name": "dark red", "hex": "#7a1420", "share": 0.4}

    german = read_findings(result(colours=[red]), language="de").colours

    assert german[0].name == "Dunkelrot"
    assert read_findings(result(colours=[red])).colours[0].name == "dark red"
