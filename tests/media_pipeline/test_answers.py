"""What a child may say: whatever it is, the worker takes no harm from it."""

from __future__ import annotations

import json
import mmap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline import sandbox
from media_pipeline.exceptions import DecoderFailed, RefusedFile
from media_pipeline.results import FileFacts
from media_pipeline.sandbox import answers
from media_pipeline.testing import picture_bytes
from tests.faulty_sandbox import marked

JPEG = b"\xff\xd8\xff" + bytes(20)
AVIF = bytes(4) + b"ftypavif" + bytes(20)


@pytest.fixture
def memory():
    with mmap.mmap(-1, 4096) as mapping:
        mapping[: len(JPEG)] = JPEG
        mapping[len(JPEG) : len(JPEG) + len(AVIF)] = AVIF
        yield mapping


def file(**changes: Any) -> dict[str, Any]:
    told = {"kind": "rendition", "format": "jpeg", "width": 320, "height": 240}
    return {**told, "at": 0, "bytes": len(JPEG), **changes}


def test_files_lie_one_behind_the_other(memory):
    second = file(format="avif", at=len(JPEG), bytes=len(AVIF))

    found = answers.files({"files": [file(), second]}, memory)

    assert [each.content for _kind, each in found] == [JPEG, AVIF]


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        "files",
        [1],
        [None],
        [{}],
        [file(kind="page")],
        [file(kind=["rendition"])],
        [file(format="svg")],
        [file(format=None)],
        [file(format="avif")],
        [file(width=0)],
        [file(width=True)],
        [file(width=320.0)],
        [file(height=5_000)],
        [file(at=-1)],
        [file(at=7)],
        [file(bytes=0)],
        [file(bytes=4_097)],
        [file(bytes=10**400)],
        # The same megabytes a thousand times over.
        [file(), file()],
        [file()] * 40,
    ],
)
def test_files_that_cannot_be_are_a_failed_decoder(memory, told):
    with pytest.raises(DecoderFailed, match="malformed answer"):
        answers.files({"files": told}, memory)


@pytest.mark.parametrize("content", [b"<!DOCTYPE html>", b"<svg xmlns=", b"GIF89a"])
@pytest.mark.parametrize("format", ["jpeg", "avif", "webp"])
def test_a_page_is_no_rendition_whatever_it_is_called(memory, format, content):
    memory[: len(JPEG)] = content.ljust(len(JPEG), b" ")

    with pytest.raises(DecoderFailed):
        answers.files({"files": [file(format=format)]}, memory)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00\xff",
        b"[]",
        b"1",
        b'"text"',
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b"1" * 60_000,
        b'{"refused": 1}',
        b'{"refused": ""}',
        b'{"refused": "Two words"}',
        b'{"refused": "\\u00fcber"}',
        b'{"refused": "' + b"a" * 41 + b'"}',
        b'{"refused": ["too_small"]}',
    ],
)
def test_messages_that_are_none_are_a_failed_decoder(message):
    with pytest.raises(DecoderFailed, match="malformed answer"):
        answers.parsed(message)


def test_a_refusal_is_one():
    with pytest.raises(RefusedFile) as refused:
        answers.parsed(b'{"refused": "too_small"}')

    assert refused.value.code == "too_small"


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"decode": None},
        {"decode": "1"},
        {"decode": -1},
        {"decode": float("nan")},
        {"decode": float("inf")},
        {"decode": 10**400},
        {"<script>": 1},
        {"a" * 41: 1},
    ],
)
def test_times_that_cannot_be_are_a_failed_decoder(told):
    with pytest.raises(DecoderFailed, match="malformed answer"):
        answers.timings({"timings_ms": told})


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Canon\x00 EOS\x1b[31m R5", "Canon EOS[31m R5"),
        ("\u202egnp.exe", "gnp.exe"),
        ("half \ud83d sign", "half sign"),
        ("a\n\n b\t c", "a b c"),
        ("x" * 999, "x" * 200),
        ("\x07", None),
        (7, None),
        (["Canon"], None),
        ({"a": 1}, None),
    ],
)
def test_a_text_is_kept_as_one_visible_line(said, kept):
    found = answers.facts({"camera": said})

    assert found == FileFacts(camera=kept)
    # As a database and a browser need it.
    json.dumps(found.as_json()).encode("utf-8")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["files", "timings_ms", "facts", "size", "refused"]),
        json_values,
    )
)
def test_whatever_is_said_the_worker_knows_what_to_do(said):
    message = json.dumps(said).encode()

    with mmap.mmap(-1, 4096) as memory:
        for read in (
            lambda answer: answers.files(answer, memory),
            answers.timings,
            lambda answer: answers.size(answer.get("size"), 4096),
            lambda answer: answers.facts(answer.get("facts")),
        ):
            try:
                read(answers.parsed(message))
            except (DecoderFailed, RefusedFile):
                continue


@pytest.mark.usefixtures("faulty")
def test_an_answer_without_end_is_a_failed_decoder_and_the_next_picture_works():
    picture = picture_bytes(320, 240)

    with (
        pytest.raises(DecoderFailed, match="malformed answer"),
        sandbox.opened(marked(picture, "flood")),
    ):
        pass

    with sandbox.opened(picture) as opened:
        assert opened.render().renditions
