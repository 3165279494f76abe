"""What a step may answer, checked in one place before anything is done with it.

Steps and their engines may be anyone's. An answer of another shape is no answer: the
photo waits for a person, and everything behind this place can rely on the types.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

from .exceptions import BackendUnavailable
from .results import (
    CONTRACT_KEYS,
    STEP_KEYS,
    UNAVAILABLE,
    Box,
    Said,
    StepResult,
    Tag,
    Verdict,
)

MAX_SIGNS = 1_000_000  # of all that one step's facts say, as JSON
MAX_REASON = 200  # signs of one code
MAX_LABEL = 200
_ROUNDED = 1.001  # a box's far side; engines round

RESERVED = CONTRACT_KEYS | {"duplicates", "editions", "failure", "models"}
"""Keys of what an asset keeps that no step's facts may write over."""


def checked(step: str, result: object) -> StepResult:
    """Return the answer of the step with this name in plain types.

    Its facts have been asked for all that they say, which is kept beside them; signs
    that no database takes are replaced. Raises ``BackendUnavailable``, saying what
    is wrong; what the facts themselves raise goes through.
    """
    if not isinstance(result, StepResult):
        raise _wrong(f"it is {type(result).__name__}, no StepResult")
    if result.step != step:
        raise _wrong("it is of another step")
    if not isinstance(result.verdict, Verdict):
        raise _wrong("its verdict is no Verdict")
    if not isinstance(result.is_off, bool):
        raise _wrong("is_off is neither true nor false")
    reasons = tuple(_reason(each) for each in _tuple(result.reasons, "reasons"))
    if f"{step}{UNAVAILABLE}" in reasons:
        raise BackendUnavailable("It says so itself.")
    return StepResult(
        step=step,
        verdict=result.verdict,
        reasons=reasons,
        tags=tuple(_tag(each) for each in _tuple(result.tags, "tags")),
        facts=result.facts,
        boxes=tuple(_box(each, "boxes") for each in _tuple(result.boxes, "boxes")),
        is_off=result.is_off,
        said=_said(result.facts),
    )


def _wrong(what: str) -> BackendUnavailable:
    return BackendUnavailable(f"Its answer is malformed: {what}.")


def _tuple(value: object, name: str) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise _wrong(f"{name} are no tuple")
    return value


def _reason(value: object) -> str:
    if not (
        isinstance(value, str)
        and len(value) <= MAX_REASON
        and re.fullmatch(r"\w+", value)
        and value == value.lower()
    ):
        raise _wrong("a reason is no code of small letters, digits and underscores")
    return str(value)


def _tag(value: object) -> Tag:
    if not isinstance(value, Tag):
        raise _wrong("a tag is no Tag")
    label = value.label
    if not isinstance(label, str) or not label.strip() or len(label) > MAX_LABEL:
        raise _wrong("a tag's label is no text of 1 to 200 signs")
    return Tag(_clean(label), _share(value.confidence, "a tag's confidence"))


def _box(value: object, name: str) -> Box:
    if not isinstance(value, tuple | list) or len(value) != 4:
        raise _wrong(f"one of {name} is no box of four numbers")
    left, top, width, height = (_share(side, f"a side of {name}") for side in value)
    if left + width > _ROUNDED or top + height > _ROUNDED:
        raise _wrong(f"one of {name} leaves the picture")
    return (left, top, width, height)


def _share(value: object, name: str) -> float:
    number = _number(value, name)
    if not 0 <= number <= 1:
        raise _wrong(f"{name} is not in [0, 1]")
    return number


def _number(value: object, name: str) -> float:
    # NumPy's numbers are real ones too; a truth value isn't meant as one.
    if isinstance(value, bool) or not isinstance(value, Real):
        raise _wrong(f"{name} is no number")
    number = float(value)
    if not math.isfinite(number):
        raise _wrong(f"{name} is not finite")
    return number


# --- what the facts say -----------------------------------------------------------


def _said(facts: Any) -> Said:
    if facts is None:
        return Said()
    if not callable(getattr(facts, "as_json", None)):
        raise _wrong("its facts can't say what they are")
    answers = _plain(facts.as_json(), "its facts")
    for key, value in answers.items():
        if key not in STEP_KEYS:
            raise _wrong("its facts answer a key that is not a step's")
        if value is not None:
            _SHAPES[key](value)
    kept: Mapping[str, Any] = {}
    if hasattr(facts, "as_stored"):
        kept = _plain(facts.as_stored(), "what its facts keep")
        if not RESERVED.isdisjoint(kept):
            raise _wrong("its facts write over what is not theirs")
    models = getattr(facts, "models", ())
    if not isinstance(models, tuple | list) or not all(
        isinstance(model, str) for model in models
    ):
        raise _wrong("its models are no texts")
    return Said(
        answers=answers, kept=kept, models=tuple(_clean(model) for model in models)
    )


def _plain(value: object, name: str) -> dict[str, Any]:
    """Return a mapping as JSON would give it back. Raises for what it can't say."""
    if not isinstance(value, Mapping):
        raise _wrong(f"{name} are no mapping")
    try:
        said = json.dumps(dict(value), allow_nan=False, default=_of_numpy)
    except (TypeError, ValueError, RecursionError) as error:
        raise _wrong(f"{name} can't be said in JSON ({error})") from error
    if len(said) > MAX_SIGNS:
        raise _wrong(f"{name} have no end")
    plain: dict[str, Any] = json.loads(said)
    return _cleaned(plain)  # type: ignore[no-any-return]  # a mapping stays one


def _of_numpy(value: object) -> Any:
    if isinstance(value, Real):
        return value.item() if hasattr(value, "item") else float(value)
    raise TypeError(f"{type(value).__name__} has no word in JSON")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {_clean(key): _cleaned(each) for key, each in value.items()}
    return value


def _clean(text: str) -> str:
    """Return it without NUL and halves of pairs, which PostgreSQL doesn't take."""
    return re.sub("[\x00\ud800-\udfff]", "\ufffd", text)


# --- the shape of each key of the contract --------------------------------------------


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(f"{name} are no list")
    return value


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(f"{name} are no mapping")
    return value


def _moderation(value: object) -> None:
    for score in _mapping(value, "moderation's scores").values():
        if score is not None:
            _share(score, "a score of moderation")


def _colours(value: object) -> None:
    for each in _list(value, "colours"):
        colour = _mapping(each, "a colour's parts")
        if not isinstance(colour.get("name"), str):
            raise _wrong("a colour has no name")
        if not re.fullmatch("#[0-9a-f]{6}", str(colour.get("hex"))):
            raise _wrong("a colour's hex is not like #a0b1c2")
        _share(colour.get("share"), "a colour's share")


def _faces(value: object) -> None:
    for each in _list(value, "faces"):
        _box(each, "faces")


def _texts(value: object) -> None:
    if not all(isinstance(each, str) for each in _list(value, "lines and codes")):
        raise _wrong("a line or a code is no text")


def _quality(value: object) -> None:
    for measure in _mapping(value, "quality's measures").values():
        if measure is not None:
            _number(measure, "a measure of quality")


def _hashes(value: object) -> None:
    for each in _mapping(value, "hashes").values():
        if not isinstance(each, str) or not re.fullmatch("[0-9a-f]{16}", each):
            raise _wrong("a hash is not 16 digits of base 16")


def _products(value: object) -> None:
    for each in _list(value, "products"):
        product = _mapping(each, "a product's parts")
        key = product.get("key")
        if not isinstance(key, str) or not key:
            raise _wrong("a product has no key")
        _share(product.get("score"), "a product's score")
        _box(product.get("box"), "products")


_SHAPES: Mapping[str, Callable[[object], None]] = {
    "moderation": _moderation,
    "colours": _colours,
    "faces": _faces,
    "text": _texts,
    "codes": _texts,
    "quality": _quality,
    "hashes": _hashes,
    "products": _products,
}
