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
from typing import Any

from . import conf
from .contact_data import Contact, find_contacts
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
"""Shorter texts say too little of their language: "Cool" is English at 0.68."""

MIN_CONFIDENCE = 0.9
"""Of the language; the shop's two were told apart in 39 of 40 short sentences."""


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


def check_text(text: str, language: str = "") -> TextFindings:
    """Return what a person should know of the text. Never a refusal.

    ``language`` is the one the text should be in; another one of the shop's is
    mentioned, which holds nothing back. Without it nobody asks: telling languages
    takes the memory that ``language_of`` says, so give it in a worker only.
    """
    contacts = find_contacts(text)
    findings = []
    if contacts:
        kinds = tuple(dict.fromkeys(contact.kind for contact in contacts))
        findings.append(Finding(CONTACT_STEP, Verdict.REVIEW, kinds))
    words, reasons = find_words(text)
    if reasons:
        findings.append(Finding(WORDS_STEP, Verdict.REVIEW, reasons))
    expected = language.partition("-")[0].lower()
    found = language_of(text) if expected else ""
    if found and expected in conf.text_languages() and found != expected:
        findings.append(Finding(LANGUAGE_STEP, Verdict.PASS, (OTHER_LANGUAGE,)))
    return TextFindings(tuple(findings), contacts, words, found)


# --- words ----------------------------------------------------------------------
# Phrases that no list of single words knows, after models.md's finding that lists
# miss threats. Blanks stand for any gap.
_THREATS = tuple(
    re.compile(r"(?<!\w)" + phrase.replace(" ", r"\W+") + r"(?!\w)", re.IGNORECASE)
    for phrase in (
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
)

# Entries of the lists that are ordinary words in a shop or in praise. The lists
# were made for chats: the German one has "Abstand", "Bälle" and "Waschbär".
HARMLESS_WORDS = (
    *("abstand", "bälle", "bellend", "blasen", "bondage", "boob", "bra", "bronze"),
    *("brüste", "bum", "bust", "butt", "cock", "cocktail", "crap", "damn", "deich"),
    *("dink", "esel", "escort", "fanny", "flansch", "fratze", "geil", "gammler"),
    *("hell", "hintern", "hooker", "hölle", "hündin", "hündinnen", "kimme", "kippe"),
    *("lingerie", "lust", "lümmel", "mist", "mufti", "möpse", "nackt", "nude"),
    *("nudity", "panties", "packer", "pinkeln", "poop", "rosette", "samen", "sexy"),
    *("schabracke", "schluchzen", "schmutz", "schnappen", "schnepfe", "schnepfen"),
    *("schrauben", "schwanz", "schwänze", "seichen", "shag", "spalt", "stechen"),
    *("stiche", "strip", "thong", "transen", "verdammt", "verzögern", "wang"),
    *("waschbär", "balls", "bloody", "suck", "sucks", "leather", "rubber", "bang"),
    *("beaver", "knob", "nuts", "screw", "screwed", "butt plug", "bollok"),
)


@dataclass(frozen=True, slots=True)
class _Lists:
    languages: tuple[str, ...]
    added: tuple[str, ...]
    harmless: tuple[str, ...]


def find_words(text: str) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """Return where words are that someone should look at, and the reason codes.

    Without the word lists the answer is the reason ``words_unavailable``: a text
    that nobody has checked must not look clean.
    """
    spans: list[tuple[int, int]] = []
    reasons: list[str] = []
    for phrase in _THREATS:
        hits = [match.span() for match in phrase.finditer(text)]
        if hits:
            spans += hits
            reasons.append(THREAT)
    lists = _Lists(
        tuple(conf.text_languages()),
        tuple(conf.bad_words()),
        tuple(conf.harmless_words()),
    )
    try:
        matches = _found_in_lists(text, lists)
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
    profanity.init(list(lists.languages))
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
_identifier_lock = threading.Lock()


def language_of(text: str) -> str:
    """Return which of the shop's languages the text is in, or "" if unsure.

    The first call in a process loads the model: 0.7 s and some 90 MB, so ask in a
    worker. Afterwards it takes 0.1 ms.
    """
    languages = tuple(conf.text_languages())
    letters = sum(sign.isalpha() for sign in text)
    if len(languages) < 2 or letters < MIN_LETTERS:
        return ""
    try:
        with _identifier_lock:
            identifier = _identifier(languages)
    except ImportError:
        return ""
    language, confidence = identifier.classify(text)
    return str(language) if confidence >= MIN_CONFIDENCE else ""


@lru_cache(maxsize=1)
def _identifier(languages: Sequence[str]) -> Any:
    # One of our own: the module's functions share theirs with everybody.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier
