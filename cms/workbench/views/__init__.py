"""The workbench's views. Every write is a POST to ``ugc.services``."""

from __future__ import annotations

from .bans import ban, bans, lift_ban
from .decisions import (
    approve,
    decide_many,
    discard,
    feature,
    refuse,
    remove,
    reopen,
    retry,
    undo,
)
from .desk import PERMISSION
from .queue import queue
from .review import review
from .tags import choose_word, find_in_box, find_products, place_product

__all__ = [
    "PERMISSION",
    "approve",
    "ban",
    "bans",
    "choose_word",
    "decide_many",
    "discard",
    "feature",
    "find_in_box",
    "find_products",
    "lift_ban",
    "place_product",
    "queue",
    "refuse",
    "remove",
    "reopen",
    "retry",
    "review",
    "undo",
]
