"""What a file says of itself, reduced to the few facts we name.

Never coordinates, never serial numbers, never free text beyond make, model and
software; those are cleaned and short.
"""

from __future__ import annotations

import contextlib
import logging
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from PIL import ExifTags, Image

from media_pipeline.results import FileFacts

from .credentials import Credentials, read_credentials
from .notes import strongest_source_type

logger = logging.getLogger(__name__)

_MAX_TEXT = 80  # signs
_MAX_SOFTWARE = 64  # signs
_MAX_BYTES = 4096  # that are looked at for them
_MAX_XMP = 1 << 20  # bytes that are read of it; nobody's statements are that long

# Whitespace is bounded and never given back: a megabyte of it is read in one go.
_SOURCE_TYPE = re.compile(
    rb"DigitalSourceType\s{0,40}+"
    rb"(?:=\s{0,40}+[\"']|>\s{0,40}+"
    rb"|[^>]{0,200}?rdf:resource\s{0,40}+=\s{0,40}+[\"'])"
    rb"([^\"'<]{1,200})"
)
_XMP_LOCATION = re.compile(rb"GPS(?:Latitude|Longitude)\b")
_XMP_SOFTWARE = re.compile(
    rb"CreatorTool\s{0,40}+(?:=\s{0,40}+[\"']|>)([^\"'<]{1,200})"
)

# Written into every GPS block, even an empty one.
_GPS_VERSION = 0


def read_facts(picture: Image.Image, data: bytes, kind: str) -> FileFacts:
    """Return the facts of an opened picture; a broken block counts as none."""
    credentials: Credentials | None = None
    # Whatever the parsers trip over, the picture itself is judged elsewhere.
    with _tolerated():
        credentials = read_credentials(data, kind)
    stated = credentials or Credentials()
    exif: dict[int, object] = {}
    camera: dict[int, object] = {}
    location: dict[int, object] = {}
    with _tolerated():
        block = picture.getexif()
        exif = dict(block)
        camera = dict(block.get_ifd(ExifTags.IFD.Exif))
        location = dict(block.get_ifd(ExifTags.IFD.GPSInfo))
    xmp = _xmp(picture)
    return FileFacts(
        camera=_camera(exif),
        taken=_taken(camera, exif),
        had_location=bool(set(location) - {_GPS_VERSION})
        or _XMP_LOCATION.search(xmp) is not None,
        source_type=_stronger(_source_type(xmp), stated.source_type),
        software=_text(exif.get(ExifTags.Base.Software), _MAX_SOFTWARE)
        or _software(xmp)
        or _text(stated.generator, _MAX_SOFTWARE),
        has_c2pa=credentials is not None,
    )


def exif_orientation(picture: Image.Image) -> int:
    """Return 1 to 8; 1 if the file says nothing that can be understood."""
    with _tolerated():
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
        if isinstance(value, int) and 1 <= value <= 8:
            return value
    return 1


@contextlib.contextmanager
def _tolerated() -> Iterator[None]:
    """Let metadata be broken, but not the memory run out."""
    try:
        yield
    except MemoryError:
        raise
    except Exception:
        logger.debug("metadata that can't be read counts as none", exc_info=True)


def _camera(exif: dict[int, object]) -> str | None:
    make = _text(exif.get(ExifTags.Base.Make)) or ""
    model = _text(exif.get(ExifTags.Base.Model)) or ""
    # "Canon", "Canon EOS 5D" is one name, not two.
    if make and not model.lower().startswith(make.lower()):
        model = f"{make} {model}".strip()
    return model or None


def _taken(camera: dict[int, object], exif: dict[int, object]) -> str | None:
    for value in (
        camera.get(ExifTags.Base.DateTimeOriginal),
        exif.get(ExifTags.Base.DateTime),
    ):
        with contextlib.suppress(ValueError):
            when = datetime.strptime(  # the camera knows no zone
                (_text(value) or "")[:19], "%Y:%m:%d %H:%M:%S"
            )
            return when.isoformat()
    return None


def _source_type(xmp: bytes) -> str | None:
    found = _SOURCE_TYPE.search(xmp)
    if found is None:
        return None
    # An address, its short form ("digsrctype:…") or the term alone.
    text = found[1].decode("ascii", "replace").strip().rstrip("/")
    term = re.split("[/:]", text)[-1].strip()
    # A term that we know, and as we spell it: never what somebody put in its place.
    return strongest_source_type(term) or None


def _stronger(one: str | None, other: str | None) -> str | None:
    """Return what is said; of two statements the one that says more of a machine."""
    if one is None or other is None:
        return one or other
    return strongest_source_type(one, other) or one


def _software(xmp: bytes) -> str | None:
    found = _XMP_SOFTWARE.search(xmp)
    return None if found is None else _text(found[1], _MAX_SOFTWARE)


def _xmp(picture: Image.Image) -> bytes:
    value = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    if isinstance(value, str):
        value = value[:_MAX_XMP].encode("utf-8", "replace")
    return value[:_MAX_XMP] if isinstance(value, bytes) else b""


def _text(value: object, most: int = _MAX_TEXT) -> str | None:
    """Return one visible line of at most so many signs, or None."""
    if isinstance(value, bytes):
        value = value[:_MAX_BYTES].decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    value = value[:_MAX_BYTES]
    visible = "".join(
        sign for sign in value if not unicodedata.category(sign).startswith("C")
    )
    return " ".join(visible.split())[:most].rstrip() or None
