"""The contract object, made from values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from media_pipeline.registry import discover
from media_pipeline.results import (
    Frame,
    PipelineResult,
    StepResult,
    Tag,
    Verdict,
    as_contract,
    as_refusal,
    as_stored,
)


@dataclass(frozen=True)
class Answers:
    json: Mapping[str, Any]

    def as_json(self) -> Mapping[str, Any]:
        return self.json


FRAME = Frame(pixels=np.zeros((4, 4, 3), np.uint8), size=(40, 40))


def contract(*steps: StepResult) -> dict[str, Any]:
    return as_contract(
        file="a.jpg", frame=FRAME, result=PipelineResult(steps), sha256="ab"
    )


def test_the_strictest_advice_counts_and_none_means_a_look():
    review = StepResult(step="a", verdict=Verdict.REVIEW)
    reject = StepResult(step="b", verdict=Verdict.REJECT)

    assert PipelineResult(()).verdict is Verdict.REVIEW
    assert PipelineResult((StepResult(step="c"),)).verdict is Verdict.PASS
    assert PipelineResult((review, reject)).verdict is Verdict.REJECT
    assert contract(review)["verdict"] == "review"


def test_two_steps_may_answer_one_key():
    one = StepResult(step="a", facts=Answers({"moderation": {"sexual": 0.1}}))
    two = StepResult(step="b", facts=Answers({"moderation": {"graphic": 0.2}}))
    faces = [
        StepResult(step=name, facts=Answers({"faces": [box]}))
        for name, box in (("c", [0, 0, 1, 1]), ("d", [0, 0, 0.5, 0.5]))
    ]

    answer = contract(one, two, *faces)

    assert answer["moderation"] == {"sexual": 0.1, "graphic": 0.2}
    assert answer["faces"] == [[0, 0, 1, 1], [0, 0, 0.5, 0.5]]


def test_only_advice_is_a_finding():
    answer = contract(
        StepResult(step="calm"),
        StepResult(step="hint", reasons=("a_bit_dark",)),
        StepResult(step="loud", verdict=Verdict.REVIEW),
    )

    assert answer["findings"] == [
        {"step": "hint", "verdict": "pass", "reasons": ["a_bit_dark"]},
        {"step": "loud", "verdict": "review", "reasons": []},
    ]


def test_tags_are_null_until_somebody_looked():
    failed = StepResult(
        step="tags", verdict=Verdict.REVIEW, reasons=("tags_unavailable",)
    )

    assert contract()["tags"] is None
    assert contract(failed)["tags"] is None
    assert contract(StepResult(step="tags"))["tags"] == []
    assert contract(StepResult(step="mine", tags=(Tag("chair", 0.91),)))["tags"] == [
        {"label": "chair", "confidence": 0.91, "source": "mine"}
    ]


@pytest.mark.parametrize(
    "step", ["tags", "clothing", "categories", "own_labels", "objects", "prompts"]
)
def test_a_step_that_looked_for_tags_in_vain_has_looked(step):
    facts = Answers({}) if step in {"objects", "prompts"} else None
    hint = StepResult(
        step=step, verdict=Verdict.REVIEW, reasons=("shows_knife",), facts=facts
    )
    failed = StepResult(
        step=step, verdict=Verdict.REVIEW, reasons=(f"{step}_unavailable",)
    )

    assert contract(StepResult(step=step, facts=facts))["tags"] == []
    assert contract(hint)["tags"] == []
    assert contract(failed)["tags"] is None
    assert contract(failed, StepResult(step="tags"))["tags"] == []


@pytest.mark.parametrize("name", ["own_labels", "objects", "prompts"])
def test_a_step_without_a_network_has_not_looked(name):
    step = discover().build(name)

    result = step.inspect(FRAME)

    assert contract(result)["tags"] is None
    assert PipelineResult((result,)).verdict is Verdict.PASS


def test_the_files_sum_joins_the_hashes_only_if_they_were_made():
    hashes = StepResult(step="hashes", facts=Answers({"hashes": {"phash": "00"}}))

    assert contract()["hashes"] is None
    assert contract(hashes)["hashes"] == {"phash": "00", "sha256": "ab"}


def test_a_refusal_has_four_keys():
    assert as_refusal(file="a", reasons=("damaged",), timings_ms={"total": 1.26}) == {
        "file": "a",
        "outcome": "refused",
        "reasons": ["damaged"],
        "timings_ms": {"total": 1.3},
    }


def test_places_are_kept_and_not_part_of_the_contract():
    box = (0.1, 0.2, 0.30000001, 0.4)
    step = StepResult(
        step="text",
        verdict=Verdict.REVIEW,
        reasons=("email_address", "handle"),
        boxes=(box, box, (0.0, 0.0, 0.5, 0.5)),
    )
    result = PipelineResult((step, StepResult(step="hint", reasons=("dark",))))

    (found, hint) = as_stored(frame=FRAME, result=result, sha256="ab")["findings"]

    assert found["boxes"] == [[0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 0.5, 0.5]]
    assert "boxes" not in hint
    assert set(contract(step)["findings"][0]) == {"step", "verdict", "reasons"}
