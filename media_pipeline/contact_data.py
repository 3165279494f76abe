"""Where a text says how to reach someone elsewhere: plain rules, no model.

Made for captions and for what is read in pictures. The rules prefer to miss a
disguise over stopping at prices, sizes, dates and opening hours; a person looks
at every hit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match, Pattern

EMAIL = "email_address"
PHONE = "phone_number"
WEB = "web_address"
HANDLE = "handle"
MESSENGER = "messenger_link"
PAYMENT = "payment_link"
BANK = "bank_account"
PLATE = "number_plate"


@dataclass(frozen=True, slots=True)
class Contact:
    """One place in a text. ``kind`` is its stable reason code."""

    kind: str
    start: int
    end: int


def find_contacts(text: str) -> tuple[Contact, ...]:
    """Return the contact data in the text, in its order, none inside another."""
    found: list[Contact] = []
    for kind, pattern, accepts in _RULES:
        for match in pattern.finditer(text):
            if accepts is not None and not accepts(match):
                continue
            contact = Contact(kind, match.start(), match.end())
            # The rules stand from the surest to the vaguest: who comes first keeps.
            if not any(_overlap(contact, other) for other in found):
                found.append(contact)
    return tuple(sorted(found, key=lambda contact: contact.start))


def read_as_contacts(line: str) -> tuple[str, ...]:
    """Return the kinds of contact data in one line that a machine has read.

    Readers put blanks around dots, slashes and at-signs, or lose them; so the line
    counts with and without them.
    """
    tight = _BLANK_BESIDE_SIGN.sub(r"\1", line)
    kinds = [contact.kind for contact in find_contacts(line)]
    if tight != line:
        kinds += [contact.kind for contact in find_contacts(tight)]
    if is_number_plate(line):
        kinds.append(PLATE)
    return tuple(dict.fromkeys(kinds))


def is_number_plate(line: str) -> bool:
    """Whether the whole line looks like a German number plate.

    One to three letters of the district, a gap or the seal, one or two letters, up
    to four digits (FZV, annex 3). The gap is asked for: sizes and model names would
    all look like plates without it.
    """
    return _PLATE.fullmatch(line.strip()) is not None


def _overlap(one: Contact, other: Contact) -> bool:
    return one.start < other.end and other.start < one.end


# --- addresses of the net -------------------------------------------------------
_MESSENGERS = (
    r"(?:wa\.me|whatsapp\.com|chat\.whatsapp\.com|api\.whatsapp\.com|t\.me|telegram\.me"
    r"|telegram\.dog|m\.me|signal\.me|signal\.group|discord\.gg|discord\.com/invite"
    r"|threema\.id|line\.me|snapchat\.com/add|join\.skype\.com|viber\.me|kik\.me)"
)
_PAYMENTS = (
    r"(?:paypal\.me|paypal\.com/(?:paypalme|donate|pools)|cash\.app|venmo\.com"
    r"|revolut\.me|ko-fi\.com|buymeacoffee\.com|patreon\.com|gofundme\.com|bunq\.me"
    r"|buy\.stripe\.com|sumup\.link|wise\.com/pay|tikkie\.me)"
)
_SCHEME = r"(?:https?://)?(?:www\.)?"
_REST = r"(?:/[^\s<>\"']*)?"

# Endings that a sentence without its blank doesn't make up: "aus.Am", "Love it.So"
# and "this.is" are no addresses. The others count with a scheme, www or a path.
_ENDINGS = (
    r"com|net|org|info|biz|shop|store|online|site|app|blog|fashion|style|dev|xyz|eu"
    r"|de|at|ch|uk|fr|es|nl|pl|be|dk|se|cz|ru|cn|br|ca|us"
)
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}"
    r"(?:\s?(?:@|\(at\)|\[at\]|\{at\}|\(ät\)|\[ät\])\s?)"
    r"[\w-]{1,63}(?:\s?(?:\.|\(dot\)|\[dot\]|\(punkt\)|\[punkt\])\s?[\w-]{1,63}){0,3}"
    r"\s?(?:\.|\(dot\)|\[dot\]|\(punkt\)|\[punkt\])\s?[a-z]{2,24}\b",
    re.IGNORECASE,
)
_EMAIL_SPOKEN = re.compile(
    r"(?<!\w)[\w.+-]{2,64} (?:at|ät) [\w-]{2,63} (?:dot|punkt) (?:com|net|org|de|at|ch)\b",
    re.IGNORECASE,
)
_MAIL_LINK = re.compile(r"\bmailto:\S+", re.IGNORECASE)
_MESSENGER_LINK = re.compile(
    rf"(?<![\w.-]){_SCHEME}{_MESSENGERS}(?![\w.-]){_REST}"
    r"|\b(?:whatsapp|tg|viber|skype|signal|threema|sgnl)://?\S+",
    re.IGNORECASE,
)
_PAYMENT_LINK = re.compile(
    rf"(?<![\w.-]){_SCHEME}{_PAYMENTS}(?![\w.-]){_REST}"
    r"|\b(?:bitcoin|ethereum|litecoin|monero|bitcoincash|payto):\S+"
    # The first lines of a transfer as a code (EPC069-12).
    r"|\ABCD\r?\n00[12]\r?\n",
    re.IGNORECASE,
)
_LINK = re.compile(
    rf"\bhttps?://[^\s<>\"']{{3,}}|(?<![\w.@-])www\.{_DOMAIN}[a-z]{{2,24}}{_REST}"
    rf"|(?<![\w.@-]){_DOMAIN}[a-z]{{2,24}}/[^\s<>\"']+",
    re.IGNORECASE,
)
_BARE_LINK = re.compile(
    rf"(?<![\w.@-]){_DOMAIN}(?P<ending>{_ENDINGS})(?![\w-]|\.\w)", re.IGNORECASE
)


def _is_no_sentence(match: Match[str]) -> bool:
    # "Love it.At last": a new sentence has a capital, an address has none or all.
    ending = match["ending"]
    return ending.islower() or match[0].isupper()


def _is_link(match: Match[str]) -> bool:
    # "und/oder" has no dot, "1.5/2" and "9.90/m" no letters before it.
    head = match[0].split("/", 1)[0]
    return "://" in match[0] or any(sign.isalpha() for sign in head.split(".")[0])


# --- names in networks ----------------------------------------------------------
_NETWORKS = (
    r"insta(?:gram)?|ig|snap(?:chat)?|tik ?tok|telegram|discord|threads|facebook|fb|kik"
    r"|threema|skype|twitter|vinted|onlyfans|onlyf"
)
_HANDLE = re.compile(r"(?<![\w.@/-])@(?=[\w.]*[a-z])[a-z0-9_](?:[\w.]{0,28}\w)", re.I)
_NAMED_HANDLE = re.compile(
    rf"\b(?:{_NETWORKS})\s?(?:[:=@]|[-–]>)\s?@?[a-z0-9_](?:[\w.]{{1,28}}\w)", re.I
)

# --- telephones -----------------------------------------------------------------
_GAP = r"[ \u00a0./()\u2010-\u2015-]{0,3}"
_PHONE = re.compile(
    # +49 171 2345678, +49 (0) 30 / 12 34 56, 0043 660 1234567
    rf"(?<![\w+])(?:\+\s?[1-9]|00[1-9])(?:{_GAP}\d){{6,14}}(?!\w)"
    # 0171/2345678, (030) 12 34 56-7, 089 123456
    rf"|(?<![\w.,+-])\(?0[1-9]\d{{0,4}}(?:{_GAP}\d){{4,11}}(?!\w)"
    # (555) 123-4567, 555-123-4567
    r"|(?<![\w.,+-])(?:\(\d{3}\) ?\d{3}|\d{3}[-.]\d{3})[-. ]\d{4}(?!\w)"
)
_DATE = re.compile(
    r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)?\d\d(?!\d)"
)


def _is_phone(match: Match[str]) -> bool:
    number = match[0]
    digits = sum(sign.isdigit() for sign in number)
    if _DATE.search(number) is not None:
        return False
    if number.startswith(("+", "00")):
        return 8 <= digits <= 15  # ITU-T E.164: fifteen at most
    if not number.startswith(("0", "(0")):
        return True
    if number.isdigit():
        # Without a gap it may be the number of a good; mobile ones are longer.
        return 9 <= digits <= (12 if re.match(r"01[567]", number) else 11)
    return 9 <= digits <= 13


# --- bank accounts --------------------------------------------------------------
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")

_IBAN_LENGTHS = dict(
    zip(
        ("AT", "BE", "CH", "DE", "ES", "FR", "GB", "IT", "LI", "LU", "NL", "PL"),
        (20, 16, 21, 22, 24, 27, 22, 27, 21, 20, 18, 28),
        strict=True,
    )
)


def _is_iban(match: Match[str]) -> bool:
    """Whether the check digits are right: ISO 13616, remainder 1 modulo 97."""
    plain = match[0].replace(" ", "")
    # Words in capitals may follow the number.
    plain = plain[: _IBAN_LENGTHS.get(plain[:2], len(plain))]
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


_PLATE = re.compile(
    r"[A-ZÄÖÜ]{1,3}(?: ?[-·•:.|] ?| )[A-Z]{1,2}(?: ?[-·] ?| )?[1-9]\d{0,3} ?[EH]?"
)
_BLANK_BESIDE_SIGN = re.compile(r" ?([.@/:_]) ?")

_Rule = tuple[str, Pattern[str], Callable[[Match[str]], bool] | None]
_RULES: tuple[_Rule, ...] = (
    (PAYMENT, _PAYMENT_LINK, None),
    (MESSENGER, _MESSENGER_LINK, None),
    (EMAIL, _MAIL_LINK, None),
    (EMAIL, _EMAIL, None),
    (EMAIL, _EMAIL_SPOKEN, None),
    (WEB, _LINK, _is_link),
    (WEB, _BARE_LINK, _is_no_sentence),
    (HANDLE, _NAMED_HANDLE, None),
    (HANDLE, _HANDLE, None),
    (BANK, _IBAN, _is_iban),
    (PHONE, re.compile(r"\btel:\S+", re.IGNORECASE), None),
    (PHONE, _PHONE, _is_phone),
)
