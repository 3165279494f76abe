"""Checks a recipe against ``schema.json``, which the styling studio reads too."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from media_pipeline.exceptions import WrongRecipe


@functools.cache
def schema() -> Mapping[str, Any]:
    """Return the JSON schema of a recipe (draft 2020-12)."""
    text = Path(__file__).with_name("schema.json").read_text("utf-8")
    parsed: Mapping[str, Any] = json.loads(text)
    return parsed


def check(recipe: object) -> None:
    """Raise ``WrongRecipe`` naming the first place that breaks the schema."""
    for problem in _problems(recipe, schema(), "recipe"):
        raise WrongRecipe(problem)


def _problems(value: object, rule: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield what is wrong; knows exactly the words that our schema uses."""
    kind = rule.get("type")
    if kind == "object":
        yield from _object_problems(value, rule, place)
    elif kind == "array":
        yield from _array_problems(value, rule, place)
    elif kind == "number":
        yield from _number_problems(value, rule, place)
    elif kind == "string":
        yield from _string_problems(value, rule, place)
    if "enum" in rule and (isinstance(value, bool) or value not in rule["enum"]):
        choices = ", ".join(json.dumps(choice) for choice in rule["enum"])
        yield f"{place} must be one of {choices}."


def _object_problems(
    value: object, rule: Mapping[str, Any], place: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} must be an object."
        return
    known = rule["properties"]
    for key, item in value.items():
        if key not in known:
            yield f"{place} has an unknown key {key!r}. Known: {', '.join(known)}."
        else:
            yield from _problems(item, known[key], f"{place}.{key}")
    for key in rule.get("required", ()):
        if key not in value:
            yield f"{place} lacks {key!r}."


def _array_problems(
    value: object, rule: Mapping[str, Any], place: str
) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{place} must be a list."
    elif not rule["minItems"] <= len(value) <= rule["maxItems"]:
        least, most = rule["minItems"], rule["maxItems"]
        count = str(least) if least == most else f"{least} to {most}"
        yield f"{place} must have {count} items."
    else:
        for index, item in enumerate(value):
            yield from _problems(item, rule["items"], f"{place}[{index}]")


def _string_problems(
    value: object, rule: Mapping[str, Any], place: str
) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place} must be a text."
    elif not rule["minLength"] <= len(value) <= rule["maxLength"]:
        least, most = rule["minLength"], rule["maxLength"]
        yield f"{place} must have {least} to {most} signs."
    elif "pattern" in rule and re.fullmatch(rule["pattern"], value) is None:
        yield f"{place} must match {rule['pattern']}."


def _number_problems(
    value: object, rule: Mapping[str, Any], place: str
) -> Iterator[str]:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
    ):
        yield f"{place} must be a number."
    elif not rule["minimum"] <= value <= rule["maximum"]:
        yield f"{place} must be from {rule['minimum']} to {rule['maximum']}."
