"""The queues, and in which order a worker takes messages from them.

What a person waits for comes first: a photo's check before anybody's renditions. The
filesystem broker keeps this order by itself, Redis by its transport option
``queue_order_strategy`` naming :class:`MostUrgentFirst`. RabbitMQ takes from all queues
in turn; there separate workers (``-Q checks``, ``-Q renditions``) keep them apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

SWEEPS = "sweeps"
CHECKS = "checks"
WORK = "work"
RENDITIONS = "renditions"

#: A queue of another name is as urgent as ``WORK``.
MOST_URGENT_FIRST = (SWEEPS, CHECKS, WORK, RENDITIONS)

#: Each fifth message is taken from the queues in turn: nothing waits for ever, however
#: much there is of what is more urgent.
SHARE = 5

Q = TypeVar("Q", bound=Hashable)


def urgency(queue: str) -> int:
    """Return the queue's place in the order, 0 for the most urgent."""
    known = queue if queue in MOST_URGENT_FIRST else WORK
    return MOST_URGENT_FIRST.index(known)


class Turns(Generic[Q]):
    """An order of queues that lets none of them starve."""

    def __init__(self) -> None:
        self.in_order: list[Q] = []
        self._taken = 0

    def next_order(self) -> list[Q]:
        """Return all queues, in the order in which the next message is looked for."""
        turn, rest = divmod(self._taken + 1, SHARE)
        if rest or not self.in_order:
            return list(self.in_order)
        start = turn % len(self.in_order)
        return [*self.in_order[start:], *self.in_order[:start]]

    def taken(self) -> None:
        """Note that a message was taken."""
        self._taken += 1


class MostUrgentFirst:
    """For kombu's Redis transport, by its dotted path: what it asks of a queue cycle."""

    def __init__(self) -> None:
        self._turns: Turns[str] = Turns()

    def update(self, queues: Iterable[str]) -> None:
        self._turns.in_order = sorted(queues, key=urgency)

    def consume(self, n: int) -> list[str]:
        return self._turns.next_order()[:n]

    def rotate(self, last_used: str) -> str:
        self._turns.taken()
        return last_used
