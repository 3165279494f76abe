"""What an import file says, as values, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from ..exceptions import StorefrontError


@dataclass(frozen=True, slots=True, order=True)
class RowError:
    """One thing to mend: where it is, what is wrong, what to do."""

    file: str
    line: int
    column: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = _("%(file)s, line %(line)s, column “%(column)s”") % {
            "file": self.file,
            "line": self.line,
            "column": self.column,
        }
        return f"{place}: {self.problem} {self.remedy}"


class ImportRefused(StorefrontError):
    """The files have errors, and nothing at all was imported. Final."""

    def __init__(self, errors: list[RowError]) -> None:
        self.errors = sorted(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVariant:
    line: int
    sku: str
    price: Decimal
    on_hand: int | None  # None: the file does not say
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPicture:
    line: int
    position: int
    source: str  # path relative to the pictures' folder
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProduct:
    line: int
    key: str
    name: str
    description: str
    vendor: str
    category: str
    is_published: bool
    variants: tuple[ImportedVariant, ...]
    pictures: tuple[ImportedPicture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVariantText:
    line: int
    sku: str  # "" if the file leaves it out: then the order tells
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTexts:
    """A product's words in one more language."""

    line: int
    key: str
    name: str
    description: str
    category: str
    variants: tuple[ImportedVariantText, ...]
    alts: tuple[tuple[int, str], ...]  # (position, alt text)


def label_of(options: tuple[tuple[str, str], ...]) -> str:
    """Return how a variant is called: its values, such as "Red / M"."""
    return " / ".join(value for _name, value in options)
