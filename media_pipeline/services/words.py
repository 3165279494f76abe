"""How tags and colours are said in a language; what is stored is English."""

from __future__ import annotations


def tag_wording(label: str, language: str) -> str:
    """Return a tag's word in this language; the label itself if it has no other.

    In German one query for words that are not built in: editors keep their own.
    """
    from .. import prompts
    from ..backends.shop_words import wording

    word = wording(label, language)
    return prompts.wording(label, language) if word == label else word


def colour_wording(name: str, language: str) -> str:
    """Return a colour's name in this language; the name itself if it is unknown."""
    from ..backends.colour_names import wording

    return wording(name, language)
