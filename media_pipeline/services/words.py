"""How tags and colours are said in a language; what is stored is English."""

from __future__ import annotations


def tag_wording(label: str, language: str) -> str:
    """Return a tag's word in this language; the label itself if it has no other.

    In German one query for words that are not built in: editors keep their own.
    """
    from .. import prompts
    from ..backends import label_words, shop_words

    word = shop_words.wording(label, language)
    if word == label:
        word = prompts.wording(label, language)
    return label_words.wording(label, language) if word == label else word


def label_wording(code: str, language: str) -> str:
    """Return what a label is called, by its reason code: "hate_symbols" and its like.

    One that is not built in is said as it is, with blanks for underscores.
    """
    from ..backends.label_words import wording

    return wording(code, language)


def sentence_wordings(language: str) -> dict[str, str]:
    """Return the words of the sentences that editors keep, by reason code: one query."""
    from .. import prompts

    return prompts.wordings(language)


def colour_wording(name: str, language: str) -> str:
    """Return a colour's name in this language; the name itself if it is unknown."""
    from ..backends.colour_names import wording

    return wording(name, language)
