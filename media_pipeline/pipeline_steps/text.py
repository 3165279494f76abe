from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, Protocol

from media_pipeline import conf
from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.ocr import TextLine
from media_pipeline.backends.pictures import Pixels
from media_pipeline.contact_data import read_as_contacts
from media_pipeline.editions import installed
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import registry
from media_pipeline.results import Box, Frame, StepResult, Verdict
from media_pipeline.text_checks import HARMLESS_WORDS, UNAVAILABLE, find_words


class TextBackend(Protocol):
    def read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the lines in reading order, or raise ``BackendUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Why a place in the picture should be looked at."""

    reason: str
    box: Box


@dataclass(frozen=True, slots=True)
class TextFacts:
    """The lines, and where those lie that someone should look at."""

    lines: tuple[TextLine, ...]
    places: tuple[Place, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"text": [line.text for line in self.lines]}


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Read what stands in a picture; ask for review of contact data and bad words.

    Also of number plates, as far as the reader sees them. Brand names and slogans
    are only reported.
    """

    name: ClassVar[str] = "text"
    packages: ClassVar[tuple[str, ...]] = ("badwords-py",)  # beside the backend's
    backend: str = "media_pipeline.backends.ocr.RapidOcr"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: TextBackend = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = build_backend(self.backend, self.backend_options, method="read")
        object.__setattr__(self, "engine", engine)

    @property
    def rests_on(self) -> Mapping[str, Any]:
        """The word lists, ours and the settings', and the packages with rules."""
        return {
            "languages": sorted(set(conf.text_languages())),
            "bad_words": sorted(set(conf.bad_words())),
            "harmless_words": sorted({*conf.harmless_words(), *HARMLESS_WORDS}),
            "packages": [installed(package) for package in self.packages],
        }

    def inspect(self, frame: Frame) -> StepResult:
        lines = self.engine.read(frame.pixels)
        check_places([line.box for line in lines])
        places = [
            Place(reason, line.box)
            for line in lines
            for reason in (*read_as_contacts(line.text), *_words_in(line.text))
        ]
        places += _over_two_lines(lines)
        reasons = tuple(dict.fromkeys(place.reason for place in places))
        return StepResult(
            step=self.name,
            verdict=Verdict.REVIEW if reasons else Verdict.PASS,
            reasons=reasons,
            facts=TextFacts(lines, tuple(places)),
            boxes=tuple(place.box for place in places),
        )


def check_places(boxes: list[Box]) -> None:
    """Raise ``BackendUnavailable`` for a box outside the picture; NaN is outside."""
    for box in boxes:
        left, top, width, height = box
        inside = min(box) >= 0 and left + width <= 1.001 and top + height <= 1.001
        if not inside or any(side != side for side in box):
            raise BackendUnavailable(f"The box {box!r} is not in [0, 1].")


def _words_in(line: str) -> tuple[str, ...]:
    if not any(sign.isalpha() for sign in line):
        return ()
    _, reasons = find_words(line)
    if UNAVAILABLE in reasons:
        raise BackendUnavailable("The word lists are not installed.")
    return reasons


def _over_two_lines(lines: tuple[TextLine, ...]) -> list[Place]:
    """Return what only shows when a line is read on into the next one."""
    places = []
    for line, following in pairwise(lines):
        alone = {*read_as_contacts(line.text), *read_as_contacts(following.text)}
        # Signs that break off: "anna@" and "web.de", "0171/" and "2345678".
        if line.text[-1] not in "@./_-(+":
            continue
        places += [
            Place(reason, around(line.box, following.box))
            for reason in read_as_contacts(line.text + following.text)
            if reason not in alone
        ]
    return places


def around(one: Box, other: Box) -> Box:
    """Return the box that holds both."""
    left, top = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return (left, top, right - left, bottom - top)
