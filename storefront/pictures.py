"""Drawing of pictures where no better renderer is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.images import get_image_dimensions
from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class PlainPicture:
    """One file of the default storage, shown as it is."""

    src: str
    width: int
    height: int

    def html(
        self,
        *,
        alt: str,
        sizes: str = "100vw",
        eager: bool = False,
        css_class: str = "",
    ) -> SafeString:
        return format_html(
            '<img src="{}" alt="{}" width="{}" height="{}" class="{}" '
            'loading="{}" decoding="async">',
            self.src,
            alt,
            self.width,
            self.height,
            css_class,
            "eager" if eager else "lazy",
        )


class PlainPictures:
    """Keeps product pictures in the default storage.

    For pictures that the shop's own staff import: they are neither checked nor
    scaled. The reference carries the size in px, so that drawing opens no file.
    """

    folder = "products"

    def store(self, file: File[Any], *, name: str) -> str:
        width, height = get_image_dimensions(file)
        if not width or not height:
            raise ValueError("not a picture")
        file.seek(0)
        stored = default_storage.save(f"{self.folder}/{name}", file)
        return f"{width}x{height}:{stored}"

    def pictures(self, references: Sequence[str]) -> Mapping[str, PlainPicture]:
        drawn = {}
        for reference in references:
            size, _, name = reference.partition(":")
            width, _, height = size.partition("x")
            if name and width.isdecimal() and height.isdecimal():
                drawn[reference] = PlainPicture(
                    default_storage.url(name), int(width), int(height)
                )
        return drawn

    def open(self, reference: str) -> IO[bytes]:
        return cast("IO[bytes]", default_storage.open(reference.partition(":")[2]))


class UnseenOrigins:
    """Shows nothing of where a line was found."""

    def origins(self, references: Sequence[str]) -> Mapping[str, SafeString]:
        return {}
