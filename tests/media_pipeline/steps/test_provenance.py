from __future__ import annotations

import pytest

from media_pipeline.backends.contract import StepContract, drawn_frames
from media_pipeline.registry import discover
from media_pipeline.results import FileFacts, Frame, Verdict


def inspected(options=None, **facts):
    drawn = drawn_frames()["gradient"]
    frame = Frame(pixels=drawn.pixels, size=drawn.size, facts=FileFacts(**facts))
    return discover().build("provenance", options).inspect(frame)


class TestProvenance(StepContract):
    def make_step(self):
        return discover().build("provenance")


@pytest.mark.parametrize(
    ("source_type", "reason"),
    [
        ("trainedAlgorithmicMedia", "states_ai_generated"),
        ("compositeWithTrainedAlgorithmicMedia", "states_ai_parts"),
    ],
)
def test_a_file_that_states_a_model_is_shown_to_a_person(source_type, reason):
    result = inspected(source_type=source_type)

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == (reason,)


@pytest.mark.parametrize(
    ("source_type", "reason"),
    [
        ("digitalArt", "states_drawn"),
        ("compositeCapture", "states_composite"),
        ("screenCapture", "states_screenshot"),
    ],
)
def test_other_statements_are_repeated_and_hold_nothing_back(source_type, reason):
    result = inspected(source_type=source_type)

    assert result.verdict is Verdict.PASS
    assert result.reasons == (reason,)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"source_type": "digitalCapture"},
        {"source_type": "humanEdits", "software": "Adobe Photoshop 26.0"},
        {"source_type": "somethingNew"},
        {"software": "Dalles Editor"},
    ],
)
def test_a_camera_an_editor_or_silence_need_no_remark(facts):
    result = inspected(**facts)

    assert result.verdict is Verdict.PASS
    assert result.reasons == ()


@pytest.mark.parametrize(
    "software", ["Midjourney 7", "DALL-E 3", "Stable Diffusion XL"]
)
def test_programs_that_only_generate_are_named(software):
    result = inspected(software=software)

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("states_ai_software",)


def test_a_shop_may_have_it_only_repeated():
    result = inspected({"reviews_ai": False}, source_type="trainedAlgorithmicMedia")

    assert result.verdict is Verdict.PASS
    assert result.reasons == ("states_ai_generated",)


def test_content_credentials_are_named_and_hold_nothing_back():
    result = inspected(has_c2pa=True)

    assert result.verdict is Verdict.PASS
    assert result.reasons == ("states_content_credentials",)
