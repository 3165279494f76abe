"""Where a text says how to reach someone elsewhere: plain rules, no model.

Made for captions, names and for what is read in pictures. The rules prefer to miss
a disguise over stopping at prices, sizes, dates and opening hours; a person looks
at every hit. All of them take time in proportion to the text: what may repeat is
bounded, or cannot begin anew within itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match, Pattern

from .plain_text import plain_text

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
    plain = plain_text(text).replaced(_DOT_IN_BRACKETS, ".")
    plain = plain.replaced(_AT_IN_BRACKETS, "@")
    for kind, pattern, accepts in _RULES:
        for match in pattern.finditer(plain.text):
            if accepts is not None and not accepts(match):
                continue
            contact = Contact(kind, *plain.place(*match.span()))
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
# "evil (dot) com", "anna[at]web.de"; "(a)" alone numbers a list.
_DOT_IN_BRACKETS = re.compile(
    r"\s?[(\[{<]\s?(?:\.|dot|punkt|point)\s?[)\]}>]\s?", re.IGNORECASE
)
_AT_IN_BRACKETS = re.compile(
    r"\s?[(\[{<]\s?(?:@|at|ät)\s?[)\]}>]\s?|(?<=\w)[(\[]a[)\]](?=\w)", re.IGNORECASE
)

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
_KNOWN_ENDINGS = frozenset(_ENDINGS.split("|"))
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}"

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}(?P<ending>[a-z]{2,24})\b",
    re.IGNORECASE,
)
# With blanks only before the dots: "Lunch @ home. So good" is a sentence.
_EMAIL_SPREAD = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64} ?@ ?(?:[\w-]{1,63}(?:\.| \. ?)){1,4}"
    rf"(?P<ending>{_ENDINGS})\b(?!-)",
    re.IGNORECASE,
)
_EMAIL_SPOKEN = re.compile(
    r"(?<![\w.+-])[\w.+-]{2,64} (?:at|ät) [\w-]{2,63} (?:dot|punkt)"
    r" (?:com|net|org|info|shop|de|at|ch)\b",
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
    rf"\bh(?:tt|xx)ps?://[^\s<>\"']{{3,}}|(?<![\w.@-])www\.{_DOMAIN}[a-z]{{2,24}}{_REST}"
    rf"|(?<![\w.@-]){_DOMAIN}[a-z]{{2,24}}/[^\s<>\"']+",
    re.IGNORECASE,
)
_BARE_LINK = re.compile(
    rf"(?<![\w.@-]){_DOMAIN}(?P<ending>{_ENDINGS})(?![\w-]|\.\w)"
    # "com" is no word, so it may stand apart.
    r"|(?<![\w.@-])[a-z0-9-]{2,63} ?\. ?com(?![\w-]|\.\w)",
    re.IGNORECASE,
)
_SPOKEN_LINK = re.compile(
    r"(?<![\w.@-])(?!(?:the|old|early|den|dem|der|am)\b)[a-z0-9-]{2,63}"
    r" (?:dot (?:com|net|org|info|shop)|punkt (?:com|net|org|info|shop|de))\b(?!-)",
    re.IGNORECASE,
)


def _is_no_sentence(match: Match[str]) -> bool:
    # "Love it.At last": a new sentence has a capital, an address has none or all.
    ending = match["ending"] or "com"
    return ending.islower() or match[0].isupper()


def _is_email(match: Match[str]) -> bool:
    return match["ending"].lower() in _KNOWN_ENDINGS or _is_no_sentence(match)


def _is_link(match: Match[str]) -> bool:
    # "und/oder" has no dot, "1.5/2" and "9.90/m" no letters before it.
    head = match[0].split("/", 1)[0]
    return "://" in match[0] or any(sign.isalpha() for sign in head.split(".")[0])


# --- names in networks ----------------------------------------------------------
_NETWORKS = (
    r"insta(?:gram)?|ig|snapchat|tik ?tok|telegram|discord|facebook|fb|threema|skype"
    r"|twitter|onlyfans|onlyf"
)
_ALSO_WORDS = r"snap|threads|kik|vinted"  # a shop has threads, and snaps them
_NAME = r"(?P<name>[a-z0-9_][a-z0-9_.]{1,28}[a-z0-9_])(?![\w@])"
_LINKING = (
    r"ist|is|heißt|name|username|acc|account|handle|profile?|page|unter|under|als|as|at"
    r"|me|mir"
)

_HANDLE = re.compile(
    r"(?<![\w.@/-])@(?=[\w.]{0,30}[a-z])(?P<name>[a-z0-9_][\w.]{0,28}\w)", re.I
)
_NAMED_HANDLE = re.compile(
    rf"\b(?:{_NETWORKS}|{_ALSO_WORDS})\s?(?P<sign>[:=@]|[-–]>)\s?"
    r"(?P<at>@?)(?P<name>[a-z0-9_][\w.]{1,28}\w)",
    re.I,
)
# "IG anna92", "my insta is anna_m", "Insta - anna.muster"
_BESIDE_NETWORK = re.compile(
    rf"\b(?:{_NETWORKS})(?:\s{{0,2}}[-–—|/•·,]\s{{0,2}}|\s{{1,3}})"
    rf"(?:(?:{_LINKING})(?:\s?[:=]\s?|\s{{1,3}})){{0,2}}"
    rf"(?!(?:{_NETWORKS}|{_ALSO_WORDS})\b){_NAME}"
    # "snap M6" and "KiK Gr.38" are goods, "snap anna_92" is not.
    rf"|\b(?:{_ALSO_WORDS})\s{{1,3}}(?P<line>[a-z0-9.]{{0,28}}_[a-z0-9_.]{{1,28}})",
    re.I,
)
_FOLLOW = re.compile(
    r"\b(?:follow|add|find|folgt?|adde|suche?|message|dm)\s{1,3}"
    rf"(?:(?:me|mir|mich|us|uns|at|as|als|unter)\s{{1,3}}){{0,2}}{_NAME}"
    rf"\s{{1,3}}(?:on|auf|bei|via|über)\s{{1,3}}(?:{_NETWORKS}|{_ALSO_WORDS})\b",
    re.I,
)
_ON = re.compile(r"\b(?:auf|on|bei|via|über|from|von|in|im|per)\s+$", re.I)
_GOES_ON = re.compile(r"[ \t]+\w")

# "Coffee @home" says where, not who.
_PLACES = frozenset(
    {
        *("home", "work", "office", "school", "uni", "park", "gym", "church", "beach"),
        *("lake", "sea", "garden", "night", "bed", "kitchen", "holiday", "weekend"),
        *("the", "my", "our", "zuhause", "zuhaus", "zu", "hause", "daheim", "arbeit"),
        *("büro", "schule", "strand", "see", "meer", "garten", "balkon", "terrasse"),
        *("küche", "urlaub", "camping", "hotel", "studio", "sofa", "couch"),
    }
)
_COUNTED = frozenset(
    {
        *("top", "nr", "no", "vol", "teil", "part", "post", "posts", "story", "reel"),
        *("reels", "tag", "day", "level", "max", "typ", "type", "pro", "mini", "mal"),
        *("web", "version", "feed", "trend", "trends", "nummer", "number"),
    }
)
_SHORT_FOR = frozenset(
    {
        *("bzw", "usw", "inkl", "exkl", "ca", "evtl", "ggf", "etc", "vgl", "nr", "gr"),
        *("str", "vs", "incl", "approx", "no", "vol", "max", "min", "sog", "bspw"),
    }
)
_BEGINS = frozenset(
    {
        *("und", "aber", "dann", "oder", "so", "das", "die", "der", "da", "es", "er"),
        *("ist", "war", "ich", "wir", "nur", "sehr", "mein", "meine", "hier", "jetzt"),
        *("and", "but", "then", "or", "it", "is", "was", "the", "this", "we", "only"),
        *("very", "my", "here", "now", "not", "nicht", "auch", "wie", "what", "love"),
    }
)


def _is_name(name: str) -> bool:
    """Whether a word looks like a name that somebody chose: "anna92", "anna.m_"."""
    if "_" in name:
        return any(sign.isalpha() for sign in name)
    if "." in name:
        first, *rest = name.split(".")
        last = rest[-1]
        return (
            len(first) > 1
            and len(last) > 1
            and all(rest)
            and first[0].isalpha()
            and last[0].isalpha()
            # A new sentence without its blank begins with a capital or with these.
            and (last.islower() or name.isupper())
            and first.lower() not in _SHORT_FOR
            and last.lower() not in _BEGINS
        )
    letters = re.match(r"([a-z]{3,})\d", name, re.I)
    return letters is not None and letters[1].lower() not in _COUNTED


def _is_marked_name(match: Match[str]) -> bool:
    return match["name"] is None or _is_name(match["name"])


def _is_someone(match: Match[str]) -> bool:
    return match["name"].lower() not in _PLACES


def _is_named(match: Match[str]) -> bool:
    if match["sign"] == "@" or match["at"] or _is_name(match["name"]):
        return True
    # "Seen on Instagram: love at first sight" goes on; "Insta: anna" does not.
    before = match.string[max(0, match.start() - 12) : match.start()]
    return not (_ON.search(before) and _GOES_ON.match(match.string, match.end()))


# --- telephones -----------------------------------------------------------------
_GAP = r"[ \u00a0./()\u2010-\u2015-]{0,3}"
_PHONE = re.compile(
    # +49 171 2345678, +49 (0) 30 / 12 34 56, 0043 660 1234567
    rf"(?<![\w+])(?:\+\s?[1-9]|00[1-9])(?:{_GAP}\d){{6,14}}(?!\w)"
    # 0171/2345678, (030) 12 34 56-7, 089 123456
    rf"|(?<![\w.,+-])\(?0[1-9]\d{{0,4}}(?:{_GAP}\d){{4,11}}(?!\w)"
    # (555) 123-4567, 555-123-4567, 555 123 4567, 5551234567
    r"|(?<![\w.,+-])(?:\(\d{3}\) ?\d{3}|\d{3}[-.]\d{3})[-. ]\d{4}(?!\w)"
    r"|(?<![\w.,+#-])(?P<bare>[2-9]\d\d ?[1-9]\d\d ?\d{4})(?![\w-]|[.,]\d)"
)
# "Order no. 5551234567": the number of a thing. Mobile ones are telephones anyway.
_THING = re.compile(
    r"\b(?:order|bestell\w*|auftrag\w*|rechnung\w*|artikel\w*|art|article|item|sku|ref"
    r"|isbn|ean|gtin|upc|pzn|product|produkt\w*|modell?\w*|serien\w*|serial|sendung\w*"
    r"|tracking|parcel|paket\w*|lot|batch|charge|kunden\w*|customer|invoice|gutschein\w*"
    r"|voucher|coupon|rabatt\w*|promo|code)"
    r"[\W_]{0,3}(?:(?:no|nr|number|nummer|code|id)\b)?\W{0,4}$",
    re.I,
)
_MOBILE = re.compile(r"01[567]")
_HOURS = re.compile(r"(?:[01]?\d|2[0-4])[.:][0-5]\d\s?[-\u2010-\u2015]")
_DATE = re.compile(
    r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)?\d\d(?!\d)"
)


def _is_phone(match: Match[str]) -> bool:
    number = match[0]
    digits = sum(sign.isdigit() for sign in number)
    if _DATE.search(number) is not None or _HOURS.match(number) is not None:
        return False
    if number.startswith(("+", "00")):
        return 8 <= digits <= 15  # ITU-T E.164: fifteen at most
    before = match.string[max(0, match.start() - 40) : match.start()]
    if not _MOBILE.match(number) and _THING.search(before) is not None:
        return False
    if match["bare"] and " " not in number:
        # 2010 to 2029: the year that many numbers of orders begin with.
        return re.match(r"20[12]\d", number) is None
    if not number.startswith(("0", "(0")):
        return True
    if number.isdigit():
        # Without a gap it may be the number of a good; mobile ones are longer.
        return 9 <= digits <= (12 if _MOBILE.match(number) else 11)
    return 9 <= digits <= 13


# --- bank accounts --------------------------------------------------------------
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
_WALLET = re.compile(
    r"(?<!\w)(?:(?:bc1|ltc1)[02-9ac-hj-np-z]{25,87}|0x[0-9a-f]{40})(?!\w)", re.I
)
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_OLD_WALLET = re.compile(rf"(?<!\w)[{_BASE58}]{{26,35}}(?!\w)")

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


def _is_wallet(match: Match[str]) -> bool:
    """Whether the four bytes of Base58Check are right; older wallets end in them."""
    value = 0
    for sign in match[0]:
        value = value * 58 + _BASE58.index(sign)
    if value >= 1 << 200:
        return False
    content = value.to_bytes(25, "big")
    once = hashlib.sha256(content[:21]).digest()
    return hashlib.sha256(once).digest()[:4] == content[21:]


_PLATE = re.compile(
    r"[A-ZÄÖÜ]{1,3}(?: ?[-·•:.|] ?| )[A-Z]{1,2}(?: ?[-·] ?| )?[1-9]\d{0,3} ?[EH]?"
)
_BLANK_BESIDE_SIGN = re.compile(r" ?([.@/:_]) ?")

_Rule = tuple[str, Pattern[str], Callable[[Match[str]], bool] | None]
_RULES: tuple[_Rule, ...] = (
    (PAYMENT, _PAYMENT_LINK, None),
    (PAYMENT, _WALLET, None),
    (PAYMENT, _OLD_WALLET, _is_wallet),
    (MESSENGER, _MESSENGER_LINK, None),
    (EMAIL, _MAIL_LINK, None),
    (EMAIL, _EMAIL, _is_email),
    (EMAIL, _EMAIL_SPREAD, _is_no_sentence),
    (EMAIL, _EMAIL_SPOKEN, None),
    (WEB, _LINK, _is_link),
    (WEB, _BARE_LINK, _is_no_sentence),
    (WEB, _SPOKEN_LINK, None),
    (HANDLE, _NAMED_HANDLE, _is_named),
    (HANDLE, _HANDLE, _is_someone),
    (HANDLE, _BESIDE_NETWORK, _is_marked_name),
    (HANDLE, _FOLLOW, _is_marked_name),
    (BANK, _IBAN, _is_iban),
    (PHONE, re.compile(r"\btel:\S+", re.IGNORECASE), None),
    (PHONE, _PHONE, _is_phone),
)
