"""The garden's plants as the photos' side asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from django.utils.html import format_html

from .models import Plant


@dataclass(frozen=True)
class Drawing:
    src: str
    width: int = 300
    height: int = 400

    def html(self, *, alt, sizes="100vw", eager=False, css_class=""):
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}" class="{}" loading="{}">',
            self.src,
            self.width,
            self.height,
            alt,
            css_class,
            "eager" if eager else "lazy",
        )


@dataclass(frozen=True)
class Pot:
    """Every plant comes in one pot."""

    sku: str
    price_text: str
    is_available: bool
    label: str = "Pot"


@dataclass(frozen=True)
class PlantCard:
    plant: Plant

    @property
    def key(self) -> str:
        return self.plant.key

    @property
    def name(self) -> str:
        return self.plant.name

    @property
    def url(self) -> str:
        return self.plant.get_absolute_url()

    @property
    def price_text(self) -> str:
        return f"{self.plant.euros} €"

    @property
    def is_available(self) -> bool:
        return self.plant.in_stock > 0

    @property
    def availability_text(self) -> str:
        return "in the nursery" if self.is_available else "next spring"

    @property
    def picture(self) -> Drawing | None:
        return Drawing(self.plant.drawing.url) if self.plant.drawing else None

    @property
    def buy_url(self) -> str:
        return ""  # plants are sold over the fence

    @property
    def variants(self) -> Sequence[Pot]:
        return [Pot(f"{self.key}-pot", self.price_text, self.is_available)]


@dataclass(frozen=True)
class PlantPicture:
    plant: Plant

    @property
    def key(self) -> str:
        return self.plant.key

    @property
    def name(self) -> str:
        return self.plant.drawing.name

    @property
    def reference(self) -> str:
        """Changes with the drawing: storages never give a name twice."""
        return self.plant.drawing.name

    def open(self) -> IO[bytes]:
        return self.plant.drawing.open("rb")


class PlantCatalogue:
    def card(self, key: str, *, language: str) -> PlantCard | None:
        return self.cards([key], language=language).get(key)

    def cards(self, keys: Sequence[str], *, language: str) -> Mapping[str, PlantCard]:
        plants = Plant.objects.filter(key__in=keys, is_sold=True)
        return {plant.key: PlantCard(plant) for plant in plants}

    def search(
        self, text: str, *, language: str, limit: int = 10
    ) -> Sequence[PlantCard]:
        if not text.strip():
            return []
        found = Plant.objects.filter(is_sold=True, name__icontains=text.strip())
        return [PlantCard(plant) for plant in found.order_by("name")[:limit]]

    def pictures(self) -> Iterator[PlantPicture]:
        for plant in Plant.objects.filter(is_sold=True).exclude(drawing=""):
            yield PlantPicture(plant)
