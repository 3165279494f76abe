"""Content Credentials are seen in every kind of file, and repeated, not believed."""

from __future__ import annotations

import struct
import uuid

import pytest

from media_pipeline import sandbox
from media_pipeline.results import FileFacts
from media_pipeline.sandbox.credentials import Credentials, read_credentials
from media_pipeline.testing import picture_bytes

from . import corpus

pytestmark = pytest.mark.slow

AI = "trainedAlgorithmicMedia"
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
#: As media_pipeline.sandbox.formats names them, and as Pillow does.
KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")


def box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def labelled(kind: str, label: str, *boxes: bytes) -> bytes:
    """Return a JUMBF box of this kind: a description, and what it holds."""
    identifier = (
        kind.encode() + uuid.UUID("00000000-0011-0010-8000-00aa00389b71").bytes[4:]
    )
    description = box(b"jumd", identifier, b"\x03", label.encode(), b"\x00")
    return box(b"jumb", description, *boxes)


def cbor(value: object) -> bytes:
    """Return maps, lists and texts in CBOR (RFC 8949)."""

    def head(major: int, length: int) -> bytes:
        if length < 24:
            return bytes([major << 5 | length])
        if length < 256:
            return bytes([major << 5 | 24, length])
        return bytes([major << 5 | 25]) + struct.pack(">H", length)

    if isinstance(value, dict):
        inner = b"".join(cbor(k) + cbor(v) for k, v in value.items())
        return head(5, len(value)) + inner
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    text = str(value).encode()
    return head(3, len(text)) + text


def manifest(*, term: str, generator: str | dict[str, str], name: str) -> bytes:
    actions = {
        "actions": [{"action": "c2pa.created", "digitalSourceType": TERMS + term}]
    }
    claim = (
        {"claim_generator": generator, "signature": "self#jumbf=c2pa.signature"}
        if isinstance(generator, str)
        else {"instanceID": "xmp:iid:1", "claim_generator_info": [generator]}
    )
    return labelled(
        "c2ma",
        f"urn:uuid:{name}",
        labelled(
            "c2as",
            "c2pa.assertions",
            labelled("cbor", "c2pa.actions", box(b"cbor", cbor(actions))),
        ),
        labelled("c2cl", "c2pa.claim", box(b"cbor", cbor(claim))),
    )


def store(*manifests: bytes) -> bytes:
    return labelled("c2pa", "c2pa", *manifests)


def made_by_a_model() -> bytes:
    """Return the store of a generated picture, made from a photographed one."""
    return store(
        manifest(term="digitalCapture", generator="Camera 1.0", name="ingredient"),
        manifest(term=AI, generator={"name": "Paint Machine", "v": "2"}, name="itself"),
    )


def with_store(kind: str, data: bytes, content: bytes) -> bytes:
    """Return the file with the store where the standard puts it."""
    if kind == "JPEG":
        head, rest = content[:8], content[8:]
        # In pieces, as a store with thumbnails is.
        pieces = [rest[at : at + 300] for at in range(0, len(rest), 300)]
        return corpus.jpeg_with(
            data,
            *(
                corpus.segment(
                    0xEB, b"JP\x00\x01" + struct.pack(">I", n) + head + piece
                )
                for n, piece in enumerate(pieces, start=1)
            ),
        )
    if kind == "PNG":
        return data[:33] + corpus.chunk(b"caBX", content) + data[33:]
    if kind == "WEBP":
        padded = content + b"\x00" * (len(content) % 2)
        whole = data[8:] + b"C2PA" + struct.pack("<I", len(content)) + padded
        return b"RIFF" + struct.pack("<I", len(whole)) + whole
    identifier = uuid.UUID("d8fec3d6-1b0e-483c-9297-5828877ec481").bytes
    return data + box(b"uuid", identifier, bytes(4), b"manifest\x00", bytes(8), content)


def picture(kind: str) -> bytes:
    return corpus.heic() if kind == "HEIF" else picture_bytes(320, 240, format=kind)


def facts_of(data: bytes) -> FileFacts:
    with sandbox.opened(data) as opened:
        return opened.frame.facts


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_seen_and_repeated_in_every_kind_of_file(kind):
    facts = facts_of(with_store(kind, picture(kind), made_by_a_model()))

    assert facts.has_c2pa
    assert facts.source_type == AI
    assert facts.software == "Paint Machine"


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_them_has_none(kind):
    facts = facts_of(picture(kind))

    assert not facts.has_c2pa
    assert facts.source_type is None


def test_what_only_looks_like_them_is_not_taken_for_them():
    other = labelled("c2px", "c2pa", made_by_a_model())

    assert read_credentials(with_store("JPEG", picture("JPEG"), other), "JPEG") is None
    assert read_credentials(b"\xff\xd8 c2pa jumb jumd", "JPEG") is None


def test_the_newest_manifest_speaks_for_the_file():
    older = manifest(term=AI, generator="Paint Machine", name="ingredient")
    newer = manifest(term="digitalCapture", generator="Camera 1.0", name="itself")

    found = read_credentials(
        with_store("PNG", picture("PNG"), store(older, newer)), "PNG"
    )

    assert found == Credentials(generator="Camera 1.0", source_type="digitalCapture")


def test_of_two_statements_the_one_of_a_machine_counts():
    """An XMP packet that says "a camera took it" lowers nothing."""
    said = (
        f'<rdf:Description Iptc4xmpExt:DigitalSourceType="{TERMS}digitalCapture"/>'
    ).encode()
    data = corpus.saved(corpus.drawn(), "JPEG", xmp=said)

    facts = facts_of(with_store("JPEG", data, made_by_a_model()))

    assert facts.source_type == AI


def test_the_contract_keeps_its_four_facts():
    facts = facts_of(with_store("PNG", picture("PNG"), made_by_a_model()))

    assert facts.as_json() == {
        "camera": None,
        "taken": None,
        "had_location": False,
        "source_type": AI,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_store_harms_nobody(kind):
    whole = made_by_a_model()
    for broken in (
        whole[:40],
        whole[: len(whole) // 2],
        whole.replace(b"digitalSourceType\x78", b"digitalSourceType\x79"),
        whole[:48] + b"\x00\x00\x00\x01" + whole[52:],
        b"",
    ):
        data = with_store(kind, picture(kind), broken)
        assert facts_of(data).source_type in (None, AI)


def test_none_of_it_gets_into_a_rendition():
    with sandbox.opened(with_store("JPEG", picture("JPEG"), made_by_a_model())) as it:
        rendered = it.render(master=True)

    for file in (rendered.master, *rendered.renditions):
        assert b"jumb" not in file.content
        assert b"Paint Machine" not in file.content
