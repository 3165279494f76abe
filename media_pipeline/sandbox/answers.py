"""What a child says, read by the worker: nothing in it is trusted.

A child that a file has taken over may say what it likes. What is read here are
numbers within bounds, short visible texts, and files that begin as theirs do; all
else is a failed decoder.
"""

from __future__ import annotations

import json
import mmap
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from media_pipeline.exceptions import DecoderFailed, RefusedFile
from media_pipeline.renditions import FORMATS, MASTER_LONG_SIDE, PLACEHOLDER_FORMAT
from media_pipeline.results import FileFacts

_CODE = re.compile(r"[a-z0-9_]{1,40}")
_KINDS = ("master", "rendition", "placeholder")
_FORMATS = (*FORMATS, PLACEHOLDER_FORMAT)
#: A master, a placeholder, and five widths in each format; a few more do no harm.
_MOST_FILES = 32
_MOST_TEXT = 200  # signs
_LONGEST_MS = 1e6


@dataclass(frozen=True, slots=True)
class EncodedFile:
    format: str  # "avif", "jpeg"; of a placeholder "webp"
    width: int  # px
    height: int
    content: bytes


def parsed(message: bytes) -> dict[str, Any]:
    """Return an answer; raise the refusal that it is, or ``DecoderFailed``."""
    try:
        answer = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise DecoderFailed("malformed answer") from error
    if not isinstance(answer, dict):
        raise DecoderFailed("malformed answer")
    refused = answer.get("refused")
    if refused is None:
        return answer
    if not (isinstance(refused, str) and _CODE.fullmatch(refused)):
        raise DecoderFailed("malformed answer")
    raise RefusedFile(refused)


def timings(answer: Mapping[str, Any]) -> dict[str, float]:
    found = answer.get("timings_ms")
    if not isinstance(found, dict):
        raise DecoderFailed("malformed answer")
    if not all(_CODE.fullmatch(name) for name in found):
        raise DecoderFailed("malformed answer")
    return {name: _milliseconds(value) for name, value in found.items()}


def size(value: object, most: int) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise DecoderFailed("malformed answer")
    return _number(value[0], most), _number(value[1], most)


def facts(value: object) -> FileFacts:
    if not isinstance(value, dict):
        raise DecoderFailed("malformed answer")
    return FileFacts(
        camera=_text(value.get("camera")),
        taken=_text(value.get("taken")),
        had_location=value.get("had_location") is True,
        source_type=_text(value.get("source_type")),
        software=_text(value.get("software")),
        has_c2pa=value.get("has_c2pa") is True,
    )


def files(
    answer: Mapping[str, Any], memory: mmap.mmap
) -> list[tuple[str, EncodedFile]]:
    """Return kind and file of all that lie in this memory, one behind the other."""
    told = answer.get("files")
    if not isinstance(told, list) or len(told) > _MOST_FILES:
        raise DecoderFailed("malformed answer")
    found, at = [], 0
    for each in told:
        if not isinstance(each, dict) or each.get("at") != at:
            raise DecoderFailed("malformed answer")
        length = _number(each.get("bytes"), len(memory) - at)
        content = memory[at : at + length]
        at += length
        format = _one_of(_FORMATS, each.get("format"))
        if not _begins_as(format, content):
            raise DecoderFailed("malformed answer")
        file = EncodedFile(
            format=format,
            width=_number(each.get("width"), MASTER_LONG_SIDE),
            height=_number(each.get("height"), MASTER_LONG_SIDE),
            content=content,
        )
        found.append((_one_of(_KINDS, each.get("kind")), file))
    return found


def _begins_as(format: str, content: bytes) -> bool:
    """Whether a browser would take it for this kind, whatever else it is."""
    if format == "jpeg":
        return content.startswith(b"\xff\xd8\xff")
    if format == "avif":
        return content[4:12] == b"ftypavif"
    return content.startswith(b"RIFF") and content[8:12] == b"WEBP"


def _number(value: object, most: int, least: int = 1) -> int:
    if type(value) is not int or not least <= value <= most:
        raise DecoderFailed("malformed answer")
    return value


def _milliseconds(value: object) -> float:
    # Written so that what is no number at all, NaN, is not one either.
    if isinstance(value, int | float) and 0 <= value <= _LONGEST_MS:
        return float(value)
    raise DecoderFailed("malformed answer")


def _one_of(choices: tuple[str, ...], value: object) -> str:
    if not isinstance(value, str) or value not in choices:
        raise DecoderFailed("malformed answer")
    return value


def _text(value: object) -> str | None:
    """Return one visible line: no controls, no direction marks, no half signs."""
    if not isinstance(value, str):
        return None
    kept = (
        s for s in value[:_MOST_TEXT] if not unicodedata.category(s).startswith("C")
    )
    return " ".join("".join(kept).split()) or None
