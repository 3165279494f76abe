"""Every refusal has words, in both languages, that say what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from media_pipeline import refusals

PACKAGE = Path(refusals.__file__).parent
RAISED = re.compile(
    r"RefusedFile\(\s*\"(\w+)\"(?: if \w+ else \"(\w+)\")?|\"refused\": \"(\w+)\""
)


def raised_codes() -> set[str]:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for codes in RAISED.findall(path.read_text("utf-8")):
            found |= set(filter(None, codes))
    return found | {"decoder_failed"}


def test_every_code_that_is_raised_has_a_wording_and_the_reverse():
    assert raised_codes() == set(refusals.WORDINGS)


def test_the_documentation_lists_every_code_and_no_other():
    page = PACKAGE.parent / "docs" / "reference" / "refusals.md"

    listed = re.findall(r"^\| `(\w+)` \|", page.read_text("utf-8"), re.M)

    assert sorted(listed) == sorted(refusals.WORDINGS)


@pytest.mark.parametrize("code", refusals.WORDINGS)
def test_a_wording_says_what_to_do_in_german_too(code):
    with translation.override("en"):
        english = str(refusals.wording(code))
    with translation.override("de"):
        german = str(refusals.wording(code))

    assert german != english
    assert "lease" in english  # Please
    assert re.search(r"\bBitte\b|\bbitte\b", german)


def test_a_code_of_another_release_has_words_too():
    assert str(refusals.wording("from_the_future"))


@pytest.mark.parametrize(
    ("language", "code", "words"),
    [
        ("en", "side_too_long", "longer than 12,000 pixels"),
        ("de", "side_too_long", "länger als 12.000 Pixel"),
        ("en", "too_many_bytes", "larger than 25 MB"),
        ("de", "too_many_pixels", "mehr als 52 Megapixel"),
        ("en", "odd_shape", "more than 5 times as long"),
        ("de", "odd_shape", "mehr als 5-mal so lang"),
    ],
)
def test_a_wording_names_the_limit_as_the_language_writes_numbers(
    language, code, words
):
    with translation.override(language):
        assert words in str(refusals.wording(code))
