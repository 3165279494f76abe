from __future__ import annotations

import pytest

from media_pipeline.backends.contract import drawn_frames
from media_pipeline.registry import WrongConfiguration, discover

from .conftest import photo

pytestmark = pytest.mark.usefixtures("models")


def boxes_in(name):
    facts = discover().build("faces").inspect(photo(name)).facts
    return facts.as_json()["faces"]


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


def test_the_box_lies_where_the_face_is():
    ((left, top, width, height),) = boxes_in("customer/barista-with-cups.jpg")

    assert 0.02 < width < 0.2
    assert 0.02 < height < 0.3
    assert top + height < 0.6


def test_no_face_is_an_empty_list_and_not_null():
    facts = discover().build("faces").inspect(drawn_frames()["black"]).facts

    assert facts.as_json() == {"faces": []}


def test_options_of_the_backend_are_checked():
    with pytest.raises(WrongConfiguration, match="sidee"):
        discover().build("faces", {"backend_options": {"sidee": 640}})
