"""Content Credentials (C2PA): whether a file carries them, and what they state.

Found by structure and read without a library: no signature is checked, because what
is repeated here is only ever shown as "states". Runs in the child; a broken block
counts as one that states nothing.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from . import formats
from .notes import strongest_source_type

# JUMBF (ISO 19566-5) description of a C2PA store; C2PA 2.1, section 11.1.
_STORE = b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
# The "uuid" box of AVIF and HEIF; C2PA 2.1, section A.4.
_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")

_APP11, _SOS, _EOI = 0xEB, 0xDA, 0xD9

# CBOR: a key, then a text with its length in its own or in the next one or two bytes.
_TEXT = rb"(?:[\x60-\x77]|\x78(.)|\x79(..))"
_SOURCE_TYPE = re.compile(rb"digitalSourceType" + _TEXT, re.DOTALL)
_GENERATOR = re.compile(rb"\x6fclaim_generator" + _TEXT, re.DOTALL)
_GENERATOR_NAME = re.compile(
    rb"\x74claim_generator_info.{1,40}?\x64name" + _TEXT, re.DOTALL
)
_SOURCE_TYPE_BASE = "digitalsourcetype/"
_MOST_STATEMENTS = 1000  # of one kind that are read
_MOST_BOXES = 10_000  # side by side


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the newest manifest states; None where it states nothing."""

    generator: str | None = None  # the program that wrote it
    source_type: str | None = None  # a term of notes.SOURCE_TYPES


def read_credentials(data: bytes, kind: str) -> Credentials | None:
    """Return what the file's Content Credentials state, None if it carries none."""
    store = _store(data, kind)
    if store is None:
        return None
    manifest = _newest_manifest(store)
    terms = [
        text.rpartition(_SOURCE_TYPE_BASE)[2]
        for text in _texts(_SOURCE_TYPE, manifest)
        if _SOURCE_TYPE_BASE in text
    ]
    generators = [
        *_texts(_GENERATOR_NAME, manifest),
        *_texts(_GENERATOR, manifest),
    ]
    return Credentials(
        generator=next(iter(generators), None),
        source_type=strongest_source_type(*terms) or None,
    )


def _texts(key: re.Pattern[bytes], manifest: bytes) -> Iterator[str]:
    for found in islice(key.finditer(manifest), _MOST_STATEMENTS):
        short, long = found.groups()
        length = (
            int.from_bytes(short or long, "big")
            if short or long
            else manifest[found.end() - 1] - 0x60
        )
        yield manifest[found.end() : found.end() + length].decode("utf-8", "replace")


# --- where each kind of file keeps it ---------------------------------------------


def _store(data: bytes, kind: str) -> bytes | None:
    """Return the manifest store."""
    readers = {
        formats.JPEG: _in_jpeg,
        formats.PNG: _in_png,
        formats.WEBP: _in_webp,
        formats.AVIF: _in_boxes,
        formats.HEIF: _in_boxes,
    }
    return readers[kind](data)


def _in_jpeg(data: bytes) -> bytes | None:
    """Return the box that APP11 segments hold in pieces (ISO 18477-3)."""
    at = 2
    parts: list[bytes] = []
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in (_SOS, _EOI):
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if marker == _APP11 and body.startswith(b"JP") and len(body) > 16:
            # Each piece repeats the head of the box.
            parts.append(body[16:] if parts else body[8:])
        at += 2 + length
    box = b"".join(parts)
    return box if _is_store(box) else None


def _in_png(data: bytes) -> bytes | None:
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"caBX":
            return data[at + 8 : at + 8 + length]
        if name in (b"IDAT", b"IEND"):
            return None
        at += 12 + length
    return None


def _in_webp(data: bytes) -> bytes | None:
    at, end = 12, min(8 + int.from_bytes(data[4:8], "little"), len(data))
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"C2PA":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return None


def _in_boxes(data: bytes) -> bytes | None:
    for kind, body in _boxes(data):
        # Behind the UUID: version and flags, the purpose, and an offset.
        if kind == b"uuid" and body.startswith(_BOX):
            purpose, nul, rest = body[20:].partition(b"\x00")
            if nul and purpose == b"manifest":
                return rest[8:]
    return None


# --- inside ------------------------------------------------------------------------


def _is_store(box: bytes) -> bool:
    return box[4:8] == b"jumb" and box[12:16] == b"jumd" and box[16:32] == _STORE


def _newest_manifest(store: bytes) -> bytes:
    """Return the last manifest of the store: the one that speaks of this file.

    Those before it are of what it was made from.
    """
    for kind, body in _boxes(store):
        if kind == b"jumb":
            manifests = [inner for kind, inner in _boxes(body) if kind == b"jumb"]
            return manifests[-1] if manifests else b""
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of the whole boxes that stand side by side here."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        length, head = int.from_bytes(data[at : at + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < head or at + length > len(data):
            return
        yield data[at + 4 : at + 8], data[at + head : at + length]
        at += length
