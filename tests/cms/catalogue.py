"""A catalogue that is no database of ours: two books, bought elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Book:
    key: str
    name: str
    price_text: str = "€ 12"
    is_available: bool = True
    availability_text: str = "On the shelf"
    picture: None = None
    buy_url: str = ""
    variants: tuple = ()

    @property
    def url(self) -> str:
        return f"https://books.example/{self.key}"


BOOKS = {each.key: each for each in (Book("moby", "Moby-Dick"), Book("emma", "Emma"))}


class Bookshop:
    def card(self, key, *, language):
        return BOOKS.get(key)

    def cards(self, keys, *, language):
        return {key: BOOKS[key] for key in keys if key in BOOKS}

    def search(self, text, *, language, limit=10):
        return [each for each in BOOKS.values() if text and text in each.name][:limit]

    def pictures(self):
        return iter(())
