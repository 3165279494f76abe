"""Anyone's step may answer anything; then its photo waits for a person."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from django.core.files.base import ContentFile

from media_pipeline import services
from media_pipeline.__main__ import main
from media_pipeline.backends.contract import drawn_frames
from media_pipeline.models import Asset
from media_pipeline.pipeline import Pipeline
from media_pipeline.registry import registry
from media_pipeline.results import StepResult, Tag, Verdict, as_contract, as_stored
from media_pipeline.testing import picture_bytes

from ..conftest import folders  # noqa: F401 - a fixture


@dataclass(frozen=True)
class Facts:
    json: Any

    def as_json(self):
        return self.json


@dataclass(frozen=True)
class KeptFacts(Facts):
    stored: Any
    models: Any = ()

    def as_stored(self):
        return self.stored


class Endless(Facts):
    def as_json(self):
        nested: list[Any] = []
        nested.append(nested)
        return {"text": nested}


class SaysItOnce:
    """Facts that can't be asked a second time."""

    asked = False

    def as_json(self):
        assert not self.asked
        self.asked = True
        return {"text": ["once"]}


@dataclass(frozen=True)
class Odd:
    """A step that answers what the test wants."""

    name: ClassVar[str] = "odd"
    answer: ClassVar[Callable[[], Any]]

    def inspect(self, frame):
        return type(self).answer()


def says(**values: Any) -> Callable[[], StepResult]:
    return lambda: StepResult(**{"step": "odd", **values})


def knows(**answers: Any) -> Callable[[], StepResult]:
    return says(facts=Facts(answers))


def exits() -> StepResult:
    raise SystemExit(3)


BOX = (0.1, 0.1, 0.2, 0.2)
COLOUR = {"name": "red", "hex": "#aa0000", "share": 0.5}
PRODUCT = {"key": "mug", "score": 0.8, "box": list(BOX)}

MALFORMED: Mapping[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "a mapping": lambda: {"step": "odd", "verdict": "pass"},
    "another step": says(step="other"),
    "verdict in words": says(verdict="review", reasons=("odd",)),
    "verdict as a number": says(verdict=1),
    "no verdict": says(verdict=None),
    "off or not": says(is_off="no"),
    "no reasons": says(reasons=None),
    "reasons as one text": says(reasons="odd"),
    "reasons in a list": says(reasons=["odd"]),
    "reason in words": says(reasons=("Bad Code!",)),
    "reason with markup": says(reasons=("<b>",)),
    "reason of nothing": says(reasons=("",)),
    "reason without end": says(reasons=("a" * 10_000,)),
    "reason as a number": says(reasons=(7,)),
    "its own failure as a pass": says(reasons=("odd_unavailable",)),
    "no tags": says(tags=None),
    "tag as a text": says(tags=("chair",)),
    "tag without a label": says(tags=(Tag(None, 0.5),)),  # type: ignore[arg-type]
    "tag of blanks": says(tags=(Tag(" ", 0.5),)),
    "tag without end": says(tags=(Tag("a" * 10_000, 0.5),)),
    "tag in percent": says(tags=(Tag("chair", 50.0),)),
    "tag that is not sure of a number": says(tags=(Tag("chair", math.nan),)),
    "tag without a confidence": says(tags=(Tag("chair", None),)),  # type: ignore[arg-type]
    "tag with a truth": says(tags=(Tag("chair", True),)),
    "no boxes": says(boxes=None),
    "box in px": says(boxes=((5.0, 5.0, 5.0, 5.0),), reasons=("odd",)),
    "box outside": says(boxes=((0.8, 0.1, 0.4, 0.1),), reasons=("odd",)),
    "box of three": says(boxes=((0.1, 0.1, 0.1),), reasons=("odd",)),
    "box of texts": says(boxes=(("0", "0", "1", "1"),), reasons=("odd",)),
    "box of no number": says(boxes=((0.0, 0.0, math.nan, 1.0),), reasons=("odd",)),
    "box turned over": says(boxes=((0.5, 0.5, -0.1, 0.1),), reasons=("odd",)),
    "facts that say nothing": says(facts=object()),
    "facts as a list": says(facts=Facts([1])),
    "facts in a circle": says(facts=Endless(None)),
    "facts without end": knows(text=["a" * 2_000_000]),
    "facts of another's": knows(verdict="pass"),
    "facts in no JSON": knows(quality={"sharpness": object()}),
    "score of no number": knows(moderation={"sexual": math.nan}),
    "score in percent": knows(moderation={"sexual": 35.0}),
    "score in words": knows(moderation={"sexual": "0.1"}),
    "scores in a list": knows(moderation=[0.1]),
    "colours as one": knows(colours=COLOUR),
    "colour of another kind": knows(colours=[{**COLOUR, "hex": "red"}]),
    "colour without a name": knows(colours=[{**COLOUR, "name": None}]),
    "colour in percent": knows(colours=[{**COLOUR, "share": 50}]),
    "face in px": knows(faces=[[10, 10, 80, 80]]),
    "faces counted": knows(faces=3),
    "text as one": knows(text="hello"),
    "text of numbers": knows(text=[1]),
    "codes of bytes": knows(codes=[b"1"]),
    "measure in words": knows(quality={"sharpness": "good"}),
    "measures in a list": knows(quality=[1.0]),
    "hash of another length": knows(hashes={"phash": "00" * 40}),
    "hash as a number": knows(hashes={"phash": 7}),
    "product without a key": knows(products=[{**PRODUCT, "key": ""}]),
    "product without a box": knows(products=[{**PRODUCT, "box": None}]),
    "product in percent": knows(products=[{**PRODUCT, "score": 80}]),
    "products by key": knows(products={"mug": 0.8}),
    "keeps a verdict": says(facts=KeptFacts({}, {"verdict": "pass"})),
    "keeps a ban": says(facts=KeptFacts({}, {"duplicates": [{"kind": "banned"}]})),
    "keeps a list": says(facts=KeptFacts({}, ["odd"])),
    "models as a number": says(facts=KeptFacts({}, {}, models=7)),
    "models of numbers": says(facts=KeptFacts({}, {}, models=(7,))),
    "leaves": exits,
}


def answering(monkeypatch, answer):
    monkeypatch.setitem(registry._classes, "odd", Odd)
    monkeypatch.setattr(Odd, "answer", staticmethod(answer), raising=False)


def run_alone():
    frame = drawn_frames()["gradient"]
    return frame, Pipeline(steps=(Odd(),)).run(frame)


@pytest.mark.parametrize("answer", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_answer_is_none_and_a_person_looks(answer, monkeypatch):
    answering(monkeypatch, answer)

    frame, result = run_alone()

    (step,) = result.steps
    assert step == StepResult.unavailable("odd")
    assert result.verdict is Verdict.REVIEW
    assert not result.editions
    assert not result.models
    said = as_contract(file="a", frame=frame, result=result, sha256="ab")
    json.dumps(said, allow_nan=False)
    assert said["findings"] == [
        {"step": "odd", "verdict": "review", "reasons": ["odd_unavailable"]}
    ]


def in_turn(monkeypatch):
    """Have the step give one malformed answer after the other."""
    answers = iter(MALFORMED.values())
    answering(monkeypatch, lambda: next(answers)())


@pytest.mark.slow
def test_the_command_answers_all_files_all_the_same(tmp_path, capfd, monkeypatch):
    in_turn(monkeypatch)
    photo = tmp_path / "a.jpg"
    photo.write_bytes(picture_bytes(320, 240))

    status = main(["--steps", "odd,hashes", *[str(photo)] * len(MALFORMED)])

    answers = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert status == 0
    for kind, answer in zip(MALFORMED, answers, strict=True):
        assert answer["verdict"] == "review", kind
        assert answer["findings"][0]["reasons"] == ["odd_unavailable"], kind
        assert answer["hashes"] is not None, kind


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("folders")
def test_the_worker_settles_every_asset_for_a_person(settings, monkeypatch):
    in_turn(monkeypatch)
    settings.MEDIA_PIPELINE_STEPS = ["odd", "hashes"]
    upload = picture_bytes(320, 240)

    for kind in MALFORMED:
        asset = services.receive_upload(file=ContentFile(upload, name="a.jpg"))

        assert services.process_asset(asset.pk), kind

        asset.refresh_from_db()
        assert (asset.state, asset.verdict) == (Asset.State.PROCESSED, "review"), kind
        assert set(asset.result["editions"]) == {"hashes"}, kind
        assert "odd_unavailable" in asset.result["findings"][0]["reasons"], kind


def test_a_whole_answer_is_kept_in_plain_types(monkeypatch):
    whole = says(
        verdict=Verdict.REVIEW,
        reasons=("shows_blüte", "hint_2"),
        tags=(Tag("Straße", np.float32(0.5)),),  # type: ignore[arg-type]
        boxes=([0, 0, 1, 1], (0.5, 0.5, 0.5, 0.5004)),  # engines round
        facts=KeptFacts(
            {
                "moderation": {"sexual": np.float32(0.25), "graphic": None},
                "colours": [COLOUR],
                "faces": [BOX],
                "text": ["Prost"],
                "codes": None,
                "quality": {"sharpness": np.float64(88.5)},
                "hashes": {"phash": "00ff" * 4},
                "products": [PRODUCT],
            },
            {"more": {"so": [1, 2]}},
            models=["mine 1"],
        ),
    )
    answering(monkeypatch, whole)

    frame, result = run_alone()

    assert result.models == {"odd": ("mine 1",)}
    kept = as_stored(frame=frame, result=result, sha256="ab")
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert kept["moderation"] == {"sexual": 0.25, "graphic": None}
    assert kept["faces"] == [list(BOX)]
    assert kept["tags"] == [{"label": "Straße", "confidence": 0.5, "source": "odd"}]
    assert kept["findings"][0]["boxes"][0] == [0, 0, 1, 1]
    assert kept["more"] == {"so": [1, 2]}


def test_facts_are_asked_once(monkeypatch):
    answering(monkeypatch, says(facts=SaysItOnce()))

    frame, result = run_alone()

    for _ in range(2):
        kept = as_stored(frame=frame, result=result, sha256="ab")
        assert kept["text"] == ["once"]


def test_signs_that_no_database_takes_are_replaced(monkeypatch):
    """A QR code may well hold them."""
    signs = "a\x00b\ud800c"
    answering(
        monkeypatch,
        says(
            tags=(Tag(signs, 0.5),),
            facts=KeptFacts({"codes": [signs]}, {signs: signs}, models=(signs,)),
        ),
    )

    frame, result = run_alone()

    kept = as_stored(frame=frame, result=result, sha256="ab")
    said = json.dumps(kept, ensure_ascii=False)
    assert kept["codes"] == ["a\ufffdb\ufffdc"]
    assert kept["tags"][0]["label"] == "a\ufffdb\ufffdc"
    assert "\\u0000" not in said
    assert said.encode()
