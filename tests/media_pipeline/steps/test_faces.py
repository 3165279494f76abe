from __future__ import annotations

import math

import pytest

from media_pipeline.backends.centerface import Face
from media_pipeline.backends.contract import drawn_frames
from media_pipeline.pipeline import build_pipeline
from media_pipeline.registry import WrongConfiguration, discover
from media_pipeline.results import Verdict

from .conftest import photo


class GivenFaces:
    box = (0.0, 0.0, 1.0, 1.0)

    def find(self, pixels):
        return (Face(self.box, 0.9),)


@pytest.mark.parametrize(
    "box",
    [
        (math.nan, 0.1, 0.2, 0.2),
        (0.1, 0.1, math.nan, 0.2),
        (0.1, 0.1, math.inf, 0.2),
        (-0.1, 0.1, 0.2, 0.2),
        (0.9, 0.1, 0.2, 0.2),
        (10, 20, 50, 60),
        (0.1, 0.1, 0.2),
    ],
)
def test_a_face_outside_the_picture_is_no_answer(monkeypatch, box):
    monkeypatch.setattr(GivenFaces, "box", box)
    options = {"backend": f"{__name__}.GivenFaces"}
    pipeline = build_pipeline({"faces": options})

    (result,) = pipeline.run(drawn_frames()["black"]).steps

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("faces_unavailable",)
    assert result.facts is None


def boxes_in(name):
    facts = discover().build("faces").inspect(photo(name)).facts
    return facts.as_json()["faces"]


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("customer/barista-with-cups.jpg", 1),
        ("customer/suits-and-hats.jpg", 4),
        ("customer/street-style-pair.jpg", 1),
        ("packshots/tan-leather-sofa.jpg", 0),
        ("packshots/road-bike.jpg", 0),
        ("customer/leather-sofa-loft.jpg", 0),
    ],
)
def test_faces_are_counted(name, count):
    assert len(boxes_in(name)) == count


@pytest.mark.usefixtures("models")
def test_the_box_lies_where_the_face_is():
    ((left, top, width, height),) = boxes_in("customer/barista-with-cups.jpg")

    assert 0.02 < width < 0.2
    assert 0.02 < height < 0.3
    assert top + height < 0.6


@pytest.mark.usefixtures("models")
def test_no_face_is_an_empty_list_and_not_null():
    facts = discover().build("faces").inspect(drawn_frames()["black"]).facts

    assert facts.as_json() == {"faces": []}


def test_options_of_the_backend_are_checked():
    with pytest.raises(WrongConfiguration, match="sidee"):
        discover().build("faces", {"backend_options": {"sidee": 640}})
