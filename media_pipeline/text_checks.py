"""What a caption, a comment or a line in a picture should be looked at for.

Pure: a text in, findings out. Nothing here refuses anything; word lists know
swearing and little of malice, so a clean answer is no promise either.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern
from typing import Any

from . import conf
from .contact_data import Contact, find_contacts
from .plain_text import plain_text
from .results import Finding, Verdict

logger = logging.getLogger(__name__)

BAD_WORDS = "bad_words"
THREAT = "threat_or_hate"
OTHER_LANGUAGE = "other_language"
UNAVAILABLE = "words_unavailable"

CONTACT_STEP = "contact_data"
WORDS_STEP = "words"
LANGUAGE_STEP = "language"

MIN_LETTERS = 20
"""Shorter texts say too little of their language: "Pendant lamp" is French at 0.72."""

MIN_CONFIDENCE = 0.9
"""Of the language; the shop's two were told apart in 39 of 40 short sentences."""

MAX_EXPECTED = 0.01
"""A text in none of the languages expected gives them together less than this.

Of 34 short sentences in 25 other languages each gave at most 0.006. Of 404 English
and German captions, titles and test sentences the least, from ``MIN_LETTERS`` on, was
0.13; of 35 meant to mislead (brands, places, dialects) one fell below: "Espresso
macchiato, cappuccino, latte art" (November 2026).
"""


@dataclass(frozen=True, slots=True)
class TextFindings:
    """What one text was found to hold.

    ``contacts`` and ``words`` say where, in signs of the text. ``language`` is one
    of the shop's, or "" if nobody can tell.
    """

    findings: tuple[Finding, ...] = ()
    contacts: tuple[Contact, ...] = ()
    words: tuple[tuple[int, int], ...] = ()
    language: str = ""  # where it was asked for

    @property
    def verdict(self) -> Verdict:
        return max((each.verdict for each in self.findings), default=Verdict.PASS)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The codes of all findings, each once."""
        return tuple(
            dict.fromkeys(reason for each in self.findings for reason in each.reasons)
        )


def check_text(text: str, languages: Sequence[str] = ()) -> TextFindings:
    """Return what a person should know of the text. Never a refusal.

    ``languages`` are those it may be in (codes as "de" or "en-gb"). Whether it is in
    none of them is mentioned: if it is in one that the word lists know, that holds
    nothing back; else nobody has checked its words, and a person should. Without
    them nobody asks: telling languages takes the memory that ``language_of`` says,
    so give them in a worker only.
    """
    contacts = find_contacts(text)
    findings = []
    if contacts:
        kinds = tuple(dict.fromkeys(contact.kind for contact in contacts))
        findings.append(Finding(CONTACT_STEP, Verdict.REVIEW, kinds))
    words, reasons = find_words(text)
    if reasons:
        findings.append(Finding(WORDS_STEP, Verdict.REVIEW, reasons))
    found = ""
    if languages:
        found = language_of(text)
        if is_in_none_of(text, languages):
            verdict = Verdict.PASS if found else Verdict.REVIEW
            findings.append(Finding(LANGUAGE_STEP, verdict, (OTHER_LANGUAGE,)))
    return TextFindings(tuple(findings), contacts, words, found)


# --- words ----------------------------------------------------------------------
def _phrases(*phrases: str) -> tuple[Pattern[str], ...]:
    """Return patterns of whole words; blanks stand for any gap."""
    return tuple(
        re.compile(r"(?<!\w)" + each.replace(" ", r"\W+") + r"(?!\w)", re.IGNORECASE)
        for each in phrases
    )


# Phrases that no list of single words knows: lists know swearing, not "go kill
# yourself" (docs/reference/backends.md).
_THREATS = _phrases(
    r"kill (?:your|him|her|them)sel(?:f|ves)",
    r"kys",
    r"(?:go|should|just) (?:die|hang yourself)",
    r"hang yourself",
    r"(?:i will|i'll|we will) (?:find|kill|hurt) (?:you|u|him|her|them)",
    r"i know where you live",
    r"(?:white power|white supremacy|gas the jews|race war)",
    r"(?:sieg heil|heil hitler)",
    r"go back to your country",
    r"geh(?:t)? sterben",
    r"(?:bring|häng) dich (?:doch )?(?:um|auf)",
    # "Ich finde dich schön" is praise.
    r"ich (?:(?:finde|kriege) dich(?: noch|(?=\s*(?:[.!]|$)))|bringe dich um)",
    r"ich weiß,? wo du (?:wohnst|lebst)",
    r"(?:ausländer|juden|türken|moslems|schwule) raus",
    r"(?:gehört|gehören|sollte man|sollten) (?:alle )?(?:vergast|erschossen|verbrannt)",
    r"du (?:solltest|sollst) sterben",
    r"geh zurück in dein land",
)

# Harmless words that are none in such company.
_CRUDE = _phrases(
    r"suck (?:my|his|this) (?:dick|cock|balls|nuts)",
    r"(?:you|u) (?:are (?:a )?)?(?:little )?(?:dick|cock)",
    r"(?:dick|cock) pics?",
    r"(?:lutsch|blas)(?:e|t|en)? (?:mir )?(?:meinen|den|einen) (?:schwanz|dick)",
)

# Entries of the lists that are ordinary words in a shop or in praise. The lists
# were made for chats: the German one has "Abstand", "Bälle" and "Waschbär".
HARMLESS_WORDS = (
    *("abstand", "bälle", "bellend", "blasen", "bondage", "boob", "bra", "bronze"),
    *("brüste", "bum", "bust", "butt", "cock", "cocktail", "crap", "damn", "deich"),
    *("dick", "nippel", "dink", "esel", "escort", "fanny", "flansch", "fratze"),
    *("geil", "gammler", "hell", "hintern", "hooker", "hölle", "hündin", "hündinnen"),
    *("kimme", "kippe", "lingerie", "lust", "lümmel", "mist", "mufti", "möpse"),
    *("nackt", "nude", "nudity", "panties", "packer", "pinkeln", "poop", "rosette"),
    *("samen", "sexy", "schabracke", "schluchzen", "schmutz", "schnappen"),
    *("schnepfe", "schnepfen", "schrauben", "schwanz", "schwänze", "seichen", "shag"),
    *("spalt", "stechen", "stiche", "strip", "thong", "transen", "verdammt"),
    *("verzögern", "wang", "waschbär", "balls", "bloody", "suck", "sucks", "leather"),
    *("rubber", "bang", "beaver", "knob", "nuts", "screw", "screwed", "butt plug"),
    *("bollok",),
)


@dataclass(frozen=True, slots=True)
class _Lists:
    languages: tuple[str, ...]
    added: tuple[str, ...]
    harmless: tuple[str, ...]


def find_words(text: str) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """Return where words are that someone should look at, and the reason codes.

    Look-alike signs count as the plain ones; see ``plain_text``.

    Without the word lists the answer is the reason ``words_unavailable``: a text
    that nobody has checked must not look clean.
    """
    spans: list[tuple[int, int]] = []
    reasons: list[str] = []
    plain = plain_text(text)
    for reason, phrases in ((THREAT, _THREATS), (BAD_WORDS, _CRUDE)):
        for phrase in phrases:
            hits = [plain.place(*match.span()) for match in phrase.finditer(plain.text)]
            if hits:
                spans += hits
                reasons.append(reason)
    lists = _Lists(
        _codes(conf.text_languages()),
        tuple(conf.bad_words()),
        tuple(conf.harmless_words()),
    )
    try:
        matches = [plain.place(*span) for span in _found_in_lists(plain.text, lists)]
    except ImportError:
        logger.warning("The word lists are not installed; texts go unchecked.")
        return tuple(spans), (*dict.fromkeys(reasons), UNAVAILABLE)
    if matches:
        spans += matches
        reasons.append(BAD_WORDS)
    return tuple(sorted(spans)), tuple(dict.fromkeys(reasons))


def _found_in_lists(text: str, lists: _Lists) -> list[tuple[int, int]]:
    profanity, options = _filter(lists)
    hits = profanity.find(text, options)
    if not hits:
        return []
    content = text.encode()  # its offsets count bytes
    return [
        (len(content[: hit.start].decode()), len(content[: hit.end].decode()))
        for hit in hits
    ]


@lru_cache(maxsize=4)
def _filter(lists: _Lists) -> tuple[Any, Any]:
    """Return the lists, loaded in 2 ms, and how closely to look."""
    import badwords

    profanity = badwords.ProfanityFilter()
    profanity.init([])
    known = profanity.available_languages()
    profanity.load_languages([each for each in lists.languages if each in known])
    for each in lists.languages:
        if each not in known:
            logger.warning("There is no list of words for the language %r.", each)
    profanity.add_whitelist([*HARMLESS_WORDS, *lists.harmless])
    if lists.added:
        # Whoever adds a word means it, whatever we hold harmless.
        profanity.remove_whitelist(list(lists.added))
        profanity.add_words(list(lists.added))
    options = badwords.Options(
        leetspeak=True, collapse_repeats=True, split_on_punctuation=True
    )
    return profanity, options


# --- language -------------------------------------------------------------------
# What a caption may be in beside the shop's own. The model's other hundred, most of
# them small neighbours of these, would only take their share of the certainty.
_WIDESPREAD = (
    *("ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr"),
    *("he", "hi", "hr", "hu", "id", "it", "ja", "ko", "ku", "lt", "lv", "nl", "no"),
    *("pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "th", "tr", "uk", "vi"),
    "zh",
)

_identifier_lock = threading.Lock()


def language_of(text: str) -> str:
    """Return which of the shop's languages the text is in, or "" if in none or unsure.

    The first call in a process loads the model: 0.7 s and some 90 MB, so ask in a
    worker. Afterwards it takes 0.1 ms.
    """
    own = _codes(conf.text_languages())
    shares = _shares(text, own)
    together = sum(shares.get(language, 0.0) for language in own)
    if len(own) < 2 or together < MAX_EXPECTED:
        return ""
    best = max(own, key=lambda language: shares.get(language, 0.0))
    return best if shares[best] >= MIN_CONFIDENCE * together else ""


def is_in_none_of(text: str, languages: Sequence[str]) -> bool:
    """Whether the text is surely in a language other than these; short ones never are.

    Costs what ``language_of`` costs. False if the model does not know one of them.
    """
    expected = _codes(languages)
    shares = _shares(text, expected)
    if not shares or any(language not in shares for language in expected):
        return False
    return sum(shares[language] for language in expected) < MAX_EXPECTED


def _codes(languages: Sequence[str]) -> tuple[str, ...]:
    """Return the languages without their regions, each once: "de-at" is "de"."""
    return tuple(
        dict.fromkeys(
            each.replace("_", "-").partition("-")[0].lower() for each in languages
        )
    )


def _shares(text: str, languages: Sequence[str]) -> dict[str, float]:
    """Return how probable each language is, in [0, 1]; nothing for a short text."""
    if not languages or sum(sign.isalpha() for sign in text) < MIN_LETTERS:
        return {}
    wanted = tuple(sorted({*_WIDESPREAD, *_codes(conf.text_languages()), *languages}))
    try:
        with _identifier_lock:
            identifier = _identifier(wanted)
    except ImportError:
        return {}
    return dict(identifier.rank(text))


@lru_cache(maxsize=1)
def _identifier(languages: Sequence[str]) -> Any:
    # One of our own: the module's functions share theirs with everybody.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([each for each in languages if each in identifier.labels])
    return identifier
