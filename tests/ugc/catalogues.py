"""A catalogue of our own: small, honest, without a shop."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from django.utils.html import format_html


@dataclass(frozen=True)
class Drawing:
    src: str
    width: int = 40
    height: int = 30

    def html(self, *, alt, sizes="100vw", eager=False, css_class=""):
        return format_html(
            '<img src="{}" alt="{}" width="{}" height="{}" class="{}">',
            self.src,
            alt,
            self.width,
            self.height,
            css_class,
        )


@dataclass(frozen=True)
class Choice:
    sku: str
    label: str = "M"
    price_text: str = "€ 10.00"
    is_available: bool = True


@dataclass(frozen=True)
class Card:
    key: str
    name: str
    url: str = "/shop/x/"
    price_text: str = "€ 10.00"
    is_available: bool = True
    availability_text: str = "in stock"
    picture: Drawing | None = None
    buy_url: str = ""
    variants: tuple = ()


@dataclass(frozen=True)
class Picture:
    key: str
    name: str
    content: bytes = b"picture"

    def open(self):
        return io.BytesIO(self.content)


NAMES = {"mug": ("Green mug", "Grüner Becher"), "lamp": ("Lamp", "Leuchte")}


@dataclass
class SmallCatalogue:
    names: dict = field(default_factory=lambda: NAMES)

    def card(self, key, *, language):
        return self.cards([key], language=language).get(key)

    def cards(self, keys, *, language):
        return {
            key: Card(
                key=key,
                name=self.names[key][language == "de"],
                picture=Drawing(f"/pictures/{key}.jpg"),
                variants=(Choice(f"{key}-m"),),
            )
            for key in keys
            if key in self.names
        }

    def search(self, text, *, language, limit=10):
        words = text.lower().split()
        cards = self.cards(list(self.names), language=language).values()
        found = [c for c in cards if words and all(w in c.name.lower() for w in words)]
        return found[:limit]

    def pictures(self):
        for key in self.names:
            yield Picture(key, f"{key}.jpg")
