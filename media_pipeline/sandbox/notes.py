"""What is written into renditions, anew: whose picture it is and how it was made.

IPTC Photo Metadata Standard 2024.1 in XMP. Nothing of the upload gets here but a
source type, and that only as one of the terms we know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

#: https://cv.iptc.org/newscodes/digitalsourcetype/, weakest statement first. What
#: a machine made is never said to be less than that.
SOURCE_TYPES = (
    "digitalCapture",
    "computationalCapture",
    "negativeFilm",
    "positiveFilm",
    "print",
    "screenCapture",
    "humanEdits",
    "compositeCapture",
    "composite",
    "digitalCreation",
    "dataDrivenMedia",
    "virtualRecording",
    "algorithmicallyEnhanced",
    "compositeSynthetic",
    "algorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "trainedAlgorithmicMedia",
)
# Older terms for the same.
_SUCCESSORS = {
    "minorHumanEdits": "humanEdits",
    "softwareImage": "digitalCreation",
    "digitalArt": "digitalCreation",
}
# Whoever writes a term in other letters means the same.
_BY_LOWER_CASE = {
    **{term.lower(): term for term in SOURCE_TYPES},
    **{older.lower(): term for older, term in _SUCCESSORS.items()},
}
_SOURCE_TYPE_BASE = "http://cv.iptc.org/newscodes/digitalsourcetype/"

#: What a note may be long, signs.
MAX_NOTE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionNotes:
    """What a rendition says of itself; empty means unsaid."""

    creator: str = ""  # the name that is shown, not an address
    credit_line: str = ""
    copyright: str = ""
    licence_url: str = ""  # where a licence can be had
    web_statement: str = ""  # address of the statement of rights
    source_type: str = ""  # a term of SOURCE_TYPES, declared by the author

    def stating(self, source_type: str | None) -> RenditionNotes:
        """Return the notes of a file that said this of itself, which never counts less.

        For renditions of a master: it is clean and says nothing.
        """
        strongest = strongest_source_type(self.source_type, source_type)
        return replace(self, source_type=strongest)


def strongest_source_type(*terms: str | None) -> str:
    """Return the strongest of these terms as we spell it, "" if none is known."""
    spelled = (_BY_LOWER_CASE.get(term.lower()) for term in terms if term)
    known = [term for term in spelled if term is not None]
    return max(known, key=SOURCE_TYPES.index, default="")


def xmp_packet(notes: RenditionNotes, source_type: str) -> bytes:
    """Return the packet that says this, ``b""`` if there is nothing to say."""
    parts = []
    if notes.creator:
        creator = _text(notes.creator)
        parts.append(
            f"<dc:creator><rdf:Seq><rdf:li>{creator}</rdf:li></rdf:Seq></dc:creator>"
        )
    if notes.copyright:
        parts.append(
            '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">'
            f"{_text(notes.copyright)}</rdf:li></rdf:Alt></dc:rights>"
        )
    if notes.licence_url:
        url = _text(notes.licence_url)
        parts.append(
            '<plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource">'
            f"<plus:LicensorURL>{url}</plus:LicensorURL>"
            "</rdf:li></rdf:Seq></plus:Licensor>"
        )
    attributes = [
        f" {name}={quoteattr(_visible(value))}"
        for name, value in (
            ("photoshop:Credit", notes.credit_line),
            ("xmpRights:Marked", "True" if notes.copyright else ""),
            ("xmpRights:WebStatement", notes.web_statement),
            (
                "Iptc4xmpExt:DigitalSourceType",
                _SOURCE_TYPE_BASE + source_type if source_type else "",
            ),
        )
        if value
    ]
    if not parts and not attributes:
        return b""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        ' xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"'
        ' xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f"{''.join(attributes)}>{''.join(parts)}</rdf:Description></rdf:RDF>"
        '</x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _text(value: str) -> str:
    return escape(_visible(value))


def _visible(value: str) -> str:
    """Return one line without the signs that XML forbids."""
    return " ".join("".join(s if s.isprintable() else " " for s in value).split())[
        :MAX_NOTE
    ]
