"""What the software found in a picture, in words for the editor. Pure values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from media_pipeline.services import colour_wording, label_wording

Words = str | Promise

# Where a score turns from "unlikely" to "possible" to "likely".
POSSIBLE_FROM = 0.2
LIKELY_FROM = 0.6

# Its remarks veil the picture: nobody should have to see that unprepared.
VEILING_STEP = "moderation"
BANNED = ("banned_picture", "maybe_banned_picture")
UNAVAILABLE = "_unavailable"  # ends the reason code of a step that gave no answer
SHOWS = "shows_"  # begins that of a label which the shop asks to look at

Sentences = Mapping[str, str]  # reason code of an editor's word → the word as shown

SUBJECTS: Mapping[str, Words] = {
    "sexual": _("Nudity"),
    "graphic": _("Violence"),
    "weapon": _("Weapons"),
    "alcohol": _("Alcohol"),
}

REASONS: Mapping[str, Words] = {
    "sexual": _("Nudity likely"),
    "maybe_sexual": _("Nudity possible"),
    "graphic": _("Violence possible"),
    "weapon": _("Weapon possible"),
    "alcohol": _("Alcohol possible"),
    "low_resolution": _("Small picture"),
    "blurred": _("Blurred"),
    "too_dark": _("Very dark"),
    "too_bright": _("Very bright"),
    "email_address": _("E-mail address"),
    "phone_number": _("Telephone number"),
    "web_address": _("Web address"),
    "handle": _("Name in a network"),
    "messenger_link": _("Link to a messenger"),
    "payment_link": _("Way to pay"),
    "bank_account": _("Bank account"),
    "number_plate": _("Number plate"),
    "qr_code": _("QR code"),
    "bad_words": _("Swear words"),
    "threat_or_hate": _("Threat or hate"),
    "other_language": _("In another language"),
    # What AWS Rekognition says beyond the four subjects, by its older names too.
    "hate_symbols": _("Hate symbols"),
    "nazi_party": _("Hate symbols"),
    "white_supremacy": _("Hate symbols"),
    "extremist": _("Hate symbols"),
    "drugs_tobacco": _("Drugs or tobacco"),
    "products": _("Drugs or tobacco"),
    "drugs_tobacco_paraphernalia_use": _("Drugs or tobacco"),
    "drugs": _("Drugs"),
    "drug_products": _("Drugs"),
    "drug_use": _("Drugs"),
    "drug_paraphernalia": _("Drugs"),
    "pills": _("Pills"),
    "tobacco": _("Tobacco"),
    "tobacco_products": _("Tobacco"),
    "smoking": _("Smoking"),
    "rude_gestures": _("Rude gesture"),
    "middle_finger": _("Rude gesture"),
    "gambling": _("Gambling"),
    "states_ai_generated": _("States: made by AI"),
    "states_ai_parts": _("States: partly made by AI"),
    "states_ai_software": _("States: from AI software"),
    "states_drawn": _("States: drawn or computed"),
    "states_composite": _("States: composed"),
    "states_screenshot": _("States: screenshot"),
    "states_content_credentials": _("Carries Content Credentials"),
    "moderation_unavailable": _("Not checked for nudity"),
    "seen_before": _("Was here before"),
    "catalogue_picture": _("The catalogue's own picture"),
    "banned_picture": _("On the ban list"),
    "maybe_seen_before": _("Perhaps here before"),
    "maybe_catalogue_picture": _("Perhaps the catalogue's own picture"),
    "maybe_banned_picture": _("Perhaps on the ban list"),
}

# What a photo goes through, by the names that timings and findings have.
STEPS: Mapping[str, Words] = {
    "read": _("Reading the file"),
    "decode": _("Opening the picture"),
    "master": _("The copy that is kept"),
    "renditions": _("Renditions"),
    "store": _("Writing the files"),
    "sandbox": _("Sandbox"),
    "hashes": _("Fingerprints"),
    "colours": _("Colours"),
    "resolution": _("Size"),
    "provenance": _("Origin"),
    "quality": _("Sharpness and light"),
    "moderation": _("Nudity and violence"),
    "tags": _("Tags"),
    "categories": _("Categories"),
    "own_labels": _("The shop's own labels"),
    "objects": _("The shop's own detector"),
    "prompts": _("Sentences"),
    "clothing": _("Clothing"),
    "faces": _("Faces"),
    "codes": _("Codes"),
    "text": _("Text"),
    "products": _("Products"),
    "duplicates": _("Seen before"),
    # What the author's words go through.
    "words": _("Words"),
    "contact_data": _("Contact data"),
    "language": _("Language"),
}


@dataclass(frozen=True, slots=True)
class Score:
    """One subject a detector looked for. ``value`` is in [0, 1].

    The words speak of the number alone; what it means for the photo is decided
    by the step, whose reasons stand among the remarks.
    """

    name: Words
    value: float

    @property
    def words(self) -> Words:
        if self.value >= LIKELY_FROM:
            return _("likely")
        if self.value >= POSSIBLE_FROM:
            return _("possible")
        return _("unlikely")


@dataclass(frozen=True, slots=True)
class Badge:
    """A finding in two or three words. ``level`` is ``"bad"``, ``"warn"`` or ``""``."""

    words: Words
    level: str = ""


@dataclass(frozen=True, slots=True)
class SeenTag:
    label: str
    confidence: float  # probability in [0, 1]

    @property
    def percent(self) -> int:
        return round(self.confidence * 100)


@dataclass(frozen=True, slots=True)
class Colour:
    name: str
    hex: str
    percent: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product the software thinks it sees, with the middle of its box."""

    key: str
    score: float  # in [0, 1]
    x: float
    y: float


# Its number stands above a box, or below one that begins at the picture's edge.
_TOP = 0.07


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the picture something was found; sides in [0, 1] from the top left.

    ``number`` is 0 for what is only counted, as faces are.
    """

    number: int
    words: str
    level: str  # as a badge's, or "face"
    x: float
    y: float
    width: float
    height: float

    @property
    def svg(self) -> dict[str, str]:
        """The sides as SVG attributes say them, in any language."""
        sides = {"x": self.x, "y": self.y, "width": self.width, "height": self.height}
        if self.y < _TOP:
            sides["plate"] = self.y + self.height
        return {name: f"{value * 100:.2f}%" for name, value in sides.items()}


@dataclass(frozen=True, slots=True)
class Remark:
    """What one step found at one or more places."""

    words: str
    level: str
    numbers: tuple[int, ...]


# How a picture was known again, the surest first.
HOW: Mapping[str, Words] = {
    "bytes": _("The same file, byte for byte"),
    "pixels": _("The same pixels, saved anew"),
    "features": _("The same details in the same places"),
    "hash": _("Nearly the same at a glance"),
    "vector": _("Looks alike, and no more"),
}


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another picture that this one may be: what the comparison says of the two.

    ``kind`` is "photo", "product" or "banned"; ``id`` an asset's public id or a
    product's key. ``agreeing`` counts details, ``distance`` differing bits of 64.
    """

    kind: str
    id: str
    how: str
    is_confirmed: bool
    agreeing: int | None = None
    distance: int | None = None
    percent: int | None = None  # alike, as the embeddings see it

    @property
    def words(self) -> Words:
        return HOW.get(self.how, self.how)

    @property
    def figures(self) -> tuple[str, ...]:
        figures = []
        if self.agreeing is not None:
            figures.append(
                ngettext(
                    "%(count)d detail agrees", "%(count)d details agree", self.agreeing
                )
                % {"count": self.agreeing}
            )
        if self.distance is not None:
            figures.append(
                gettext("%(count)d of 64 bits differ") % {"count": self.distance}
            )
        if self.percent is not None:
            figures.append(gettext("%(percent)d %% alike") % {"percent": self.percent})
        return tuple(figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """One picture's result, ready to be shown.

    ``scores``, ``tags``, ``faces`` and ``likenesses`` are None where the step did
    not run, which is another thing than having found nothing.
    """

    is_flagged: bool = False
    scores: tuple[Score, ...] | None = None
    remarks: tuple[Badge, ...] = ()
    tags: tuple[SeenTag, ...] | None = None
    colours: tuple[Colour, ...] = ()
    faces: int | None = None
    text: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    places: tuple[Place, ...] = ()
    likenesses: tuple[Likeness, ...] | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def places_by_remark(self) -> tuple[Remark, ...]:
        """What is numbered in the picture, in words, each remark once."""
        numbers: dict[tuple[str, str], list[int]] = {}
        for place in self.places:
            if place.number:
                numbers.setdefault((place.words, place.level), []).append(place.number)
        return tuple(
            Remark(words, level, tuple(found))
            for (words, level), found in numbers.items()
        )

    @property
    def badges(self) -> tuple[Badge, ...]:
        """The few words that go on a tile of the queue, gravest first."""
        badges = list(self.remarks)
        if self.scores is None and not badges:
            badges.append(Badge(_("Not checked"), "warn"))
        if self.faces:
            badges.append(Badge(_faces(self.faces)))
        order = {"bad": 0, "warn": 1}
        badges.sort(key=lambda badge: order.get(badge.level, 2))
        unique: dict[str, Badge] = {}
        for badge in badges:
            unique.setdefault(str(badge.words), badge)
        return tuple(unique.values())


def read_findings(
    result: Mapping[str, Any] | None,
    said: Sequence[str] = (),
    language: str = "en",
    sentences: Sentences = MappingProxyType({}),
) -> Findings:
    """Return what an asset's ``result`` says. No result at all: nothing checked.

    ``said`` are the reasons for a look at the author's words; they stand beside the
    picture's own. Colours are named in ``language``, and what editors' sentences
    found by the words in ``sentences``; it is asked only then.

    The result is the pipeline command's JSON object; keys it lacks and values
    that are null count as "not looked".
    """
    words = [Badge(reason_words(code), "warn") for code in said]
    if not result:
        return Findings(remarks=tuple(words))
    findings = _sequence(result.get("findings"))
    return Findings(
        is_flagged=any(map(_veils, findings)),
        scores=_scores(result.get("moderation")),
        remarks=(*_remarks(findings, sentences), *words),
        tags=_tags(result.get("tags")),
        colours=tuple(
            Colour(
                name=colour_wording(str(colour.get("name", "")), language),
                hex=str(colour.get("hex", "")),
                percent=round(float(colour.get("share") or 0) * 100),
            )
            for colour in _sequence(result.get("colours"))
        ),
        faces=None if result.get("faces") is None else len(result["faces"]),
        text=tuple(str(line) for line in result.get("text") or ()),
        codes=tuple(str(code) for code in result.get("codes") or ()),
        candidates=tuple(_candidates(_sequence(result.get("products")))),
        places=(*_places(findings, sentences), *_face_places(result.get("faces"))),
        likenesses=_likenesses(result.get("duplicates")),
        hashes={str(k): str(v) for k, v in (result.get("hashes") or {}).items()},
        facts=result.get("facts") or {},
    )


def reason_words(code: str, sentences: Sentences = MappingProxyType({})) -> Words:
    """Return what an advising step's reason code says to an editor."""
    if code in REASONS:
        return REASONS[code]
    if code.startswith(SHOWS):
        label = code.removeprefix(SHOWS)
        thing = sentences.get(label) or label_wording(label, get_language() or "en")
        return gettext("Shows: %(thing)s") % {"thing": thing}
    if code.endswith(UNAVAILABLE):
        step = step_words(code.removesuffix(UNAVAILABLE))
        return gettext("Check did not run: %(step)s") % {"step": step}
    return code.replace("_", " ").capitalize()


def step_words(step: str) -> Words:
    """Return a step's name for an editor; a site's own step goes by its code."""
    return STEPS.get(step) or step.replace("_", " ")


def _veils(finding: Mapping[str, Any]) -> bool:
    """Whether the detector spoke up; one that gave no answer has seen nothing."""
    if finding.get("step") != VEILING_STEP:
        return False
    asks = finding.get("verdict") in ("review", "reject")
    return any(
        str(code) == "graphic" or (asks and not str(code).endswith(UNAVAILABLE))
        for code in finding.get("reasons") or ()
    )


def _sequence(value: Any) -> Sequence[Mapping[str, Any]]:
    return value or ()


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _scores(moderation: Mapping[str, Any] | None) -> tuple[Score, ...] | None:
    numbers = _numbers(moderation or {})
    if not numbers:
        return None
    return tuple(
        Score(SUBJECTS.get(name) or name.replace("_", " ").capitalize(), value)
        for name, value in sorted(numbers.items(), key=lambda item: -item[1])
    )


def _remarks(
    findings: Sequence[Mapping[str, Any]], sentences: Sentences
) -> list[Badge]:
    return [
        Badge(reason_words(str(code), sentences), _level(finding, str(code)))
        for finding in findings
        for code in finding.get("reasons") or ()
    ]


def _level(finding: Mapping[str, Any], code: str) -> str:
    # One comparison speaks of several pictures; of them only the banned are grave.
    if finding.get("step") == "duplicates":
        return "bad" if code in BANNED else "warn"
    return {"review": "warn", "reject": "bad"}.get(finding.get("verdict", ""), "")


def _tags(tags: Sequence[Mapping[str, Any]] | None) -> tuple[SeenTag, ...] | None:
    if tags is None:
        return None
    best: dict[str, float] = {}
    for tag in tags:
        label = str(tag.get("label", ""))
        best[label] = max(best.get(label, 0.0), float(tag.get("confidence") or 0))
    ranked = sorted(best.items(), key=lambda item: -item[1])
    return tuple(SeenTag(label, confidence) for label, confidence in ranked if label)


def _candidates(products: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    candidates = []
    for product in products:
        x, y, width, height = product.get("box") or (0.0, 0.0, 1.0, 1.0)
        candidates.append(
            Candidate(
                key=str(product.get("key", "")),
                score=float(product.get("score") or 0),
                x=min(max(x + width / 2, 0.0), 1.0),
                y=min(max(y + height / 2, 0.0), 1.0),
            )
        )
    return [candidate for candidate in candidates if candidate.key]


def _places(findings: Sequence[Mapping[str, Any]], sentences: Sentences) -> list[Place]:
    """Where findings lie, numbered as they are listed beside the picture."""
    places: list[Place] = []
    for finding in findings:
        words = " · ".join(
            str(reason_words(str(code), sentences))
            for code in finding.get("reasons") or ()
        )
        level = "bad" if finding.get("verdict") == "reject" else "warn"
        for box in finding.get("boxes") or ():
            places.append(Place(len(places) + 1, words, level, *_within(box)))
    return places


def _face_places(faces: Sequence[Sequence[float]] | None) -> list[Place]:
    return [Place(0, gettext("Face"), "face", *_within(box)) for box in faces or ()]


def _within(box: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the part of a box that lies in the picture."""
    left, top = (min(max(float(side), 0.0), 1.0) for side in box[:2])
    right, bottom = (
        min(max(float(start) + float(length), 0.0), 1.0)
        for start, length in zip(box[:2], box[2:4], strict=True)
    )
    return left, top, max(right - left, 0.0), max(bottom - top, 0.0)


def _likenesses(
    duplicates: Sequence[Mapping[str, Any]] | None,
) -> tuple[Likeness, ...] | None:
    if duplicates is None:
        return None
    return tuple(
        Likeness(
            kind=str(each.get("kind", "")),
            id=str(each.get("id", "")),
            how=str(each.get("how", "")),
            is_confirmed=each.get("is_confirmed") is True,
            agreeing=each.get("agreeing"),
            distance=each.get("distance"),
            percent=(
                None if each.get("cosine") is None else round(each["cosine"] * 100)
            ),
        )
        for each in duplicates
    )


def _faces(count: int) -> str:
    return ngettext("%(count)d face", "%(count)d faces", count) % {"count": count}
