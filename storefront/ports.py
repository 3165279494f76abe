"""What the shop asks of others: pictures, origins of lines, payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, NamedTuple, Protocol

from django.core.files import File
from django.utils.safestring import SafeString

from .payments.base import PaymentProvider

__all__ = [
    "DrawnPicture",
    "LegalLink",
    "OriginRenderer",
    "PaymentProvider",
    "PictureRenderer",
]


class DrawnPicture(Protocol):
    """A picture ready to be put into a page; sizes in px of the largest."""

    @property
    def src(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...

    def html(
        self,
        *,
        alt: str,
        sizes: str = "100vw",
        eager: bool = False,
        css_class: str = "",
    ) -> SafeString: ...


class PictureRenderer(Protocol):
    """Stores product pictures and draws them, in a constant number of queries."""

    # Any: Django's File is generic in its content, which is bytes here.
    def store(self, file: File[Any], *, name: str) -> str:
        """Keep the file and return the reference by which it is found again."""

    def pictures(self, references: Sequence[str]) -> Mapping[str, DrawnPicture]:
        """Return those that can be shown now; others are left out."""

    def open(self, reference: str) -> IO[bytes]: ...


class OriginRenderer(Protocol):
    """Draws where lines were found, such as a small photo linking to its page."""

    def origins(self, references: Sequence[str]) -> Mapping[str, SafeString]:
        """Return what to show, in a constant number of queries; others left out."""


class LegalLink(NamedTuple):
    label: str
    url: str
