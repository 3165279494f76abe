"""The demo's ordinary files: catalogue, photos and what they say."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ugc.models import Photo, Surface
from ugc.services import TagAt

_PLACE = re.compile(
    r"(?P<key>[a-z0-9-]+)(:(?P<sku>[A-Z0-9-]+))?@(?P<x>[01]\.\d+),(?P<y>[01]\.\d+)"
)
STATES = {
    Photo.State.APPROVED,
    Photo.State.IN_REVIEW,
    Photo.State.REFUSED,
    Photo.State.WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPhoto:
    """One line of ``photos.csv``: what a customer sent and what became of it."""

    file: str  # below photos/
    name: str  # credited
    language: str
    caption: str
    alt_text: str
    asked_product: str  # the product the upload was started from, or ""
    products: tuple[TagAt, ...]
    surfaces: Surface
    words: tuple[str, ...]
    state: Photo.State
    reasons: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where the files are. Each is an ordinary import file."""

    path: Path

    @property
    def catalogue(self) -> Path:
        return self.path / "catalogue.csv"

    @property
    def texts(self) -> dict[str, Path]:
        """Further languages' texts, by language."""
        return {
            file.suffixes[-2].lstrip("."): file
            for file in sorted(self.path.glob("catalogue.*.csv"))
        }

    @property
    def pictures(self) -> Path:
        return self.path / "photos"

    def photos(self) -> Sequence[DemoPhoto]:
        """Read ``photos.csv``; raises ImproperlyConfigured naming a bad line."""
        with (self.path / "photos.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        photos = []
        for number, row in enumerate(rows, start=2):
            try:
                photos.append(_photo(row))
            except (KeyError, ValueError) as error:
                raise ImproperlyConfigured(
                    f"photos.csv, line {number}: {error}"
                ) from error
        return photos


def default_folder() -> DemoFolder:
    """Return the folder that lies beside the packages."""
    return DemoFolder(Path(settings.BASE_DIR) / "demo")


def _photo(row: dict[str, str]) -> DemoPhoto:
    state = Photo.State(row["state"])
    if state not in STATES:
        raise ValueError(f"a demo photo cannot end as {state}")
    return DemoPhoto(
        file=row["file"],
        name=row["name"],
        language=row["language"],
        caption=row["caption"],
        alt_text=row["alt_text"],
        asked_product=row["asked_product"],
        products=tuple(_place(each) for each in row["products"].split()),
        surfaces=Surface.from_slugs(row["surfaces"].split()),
        words=tuple(row["tags"].split()),
        state=state,
        reasons=tuple(row["reasons"].split()),
        note=row["note"],
    )


def _place(text: str) -> TagAt:
    """Read ``product:SKU@x,y``; the variant may be missing."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not product:SKU@x,y")
    return TagAt(
        product_key=found["key"],
        variant_sku=found["sku"] or "",
        x=float(found["x"]),
        y=float(found["y"]),
    )
