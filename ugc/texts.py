"""What people write: cleaned once, where it comes in; escaped where it goes out."""

from __future__ import annotations

import re
import unicodedata

# Controls, and the marks that turn the direction of what follows: in a caption
# they could dress up one address as another. Line breaks become blanks.
_UNWANTED = re.compile(
    r"[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u2069\ufeff]"
)


def one_line(text: str, *, length: int) -> str:
    """The text in NFC on one line, without controls, cut at so many characters."""
    clean = _UNWANTED.sub("", unicodedata.normalize("NFC", text))
    return " ".join(clean.split())[:length].rstrip()
