"""HTML from import files as paragraphs of plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "div",
        "dl",
        "dd",
        "dt",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset(("script", "style", "template", "noscript", "title"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _BLOCKS:
            # Items stay together as lines of one paragraph.
            self.pieces.append("\n• " if tag == "li" else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _BLOCKS and tag != "li":
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.pieces.append(re.sub(r"\s+", " ", data))


def plain_text(html: str) -> str:
    """Return the text of HTML, paragraphs parted by an empty line.

    Nothing of the markup is kept, so nothing in it can do harm.
    """
    if "<" not in html and "&" not in html:
        paragraphs = re.split(r"\n\s*\n", html)
    else:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        paragraphs = re.split(r"\n[ \t]*\n\s*", "".join(reader.pieces))
    cleaned = []
    for paragraph in paragraphs:
        lines = (re.sub(r"[ \t]+", " ", line).strip() for line in paragraph.split("\n"))
        text = "\n".join(line for line in lines if line)
        if text:
            cleaned.append(text)
    return "\n\n".join(cleaned)
