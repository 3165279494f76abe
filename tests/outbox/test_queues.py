"""The order in which a worker takes from its queues."""

from __future__ import annotations

from collections import Counter

from outbox.queues import MOST_URGENT_FIRST, SHARE, MostUrgentFirst, Turns


def test_redis_looks_into_the_most_urgent_queue_first():
    cycle = MostUrgentFirst()

    cycle.update(["renditions", "somebody's own", "checks", "sweeps", "work"])

    assert cycle.consume(5) == [
        *("sweeps", "checks", "somebody's own", "work", "renditions")
    ]


def test_the_order_stays_while_nothing_comes():
    cycle = MostUrgentFirst()
    cycle.update(MOST_URGENT_FIRST)

    assert {tuple(cycle.consume(4)) for _ in range(20)} == {MOST_URGENT_FIRST}


def test_every_queue_gets_its_turn_at_each_fifth_message():
    cycle = MostUrgentFirst()
    cycle.update(MOST_URGENT_FIRST)
    rounds = 8
    first = Counter()

    # As if each queue were full.
    for _ in range(rounds * SHARE * len(MOST_URGENT_FIRST)):
        queue = cycle.consume(4)[0]
        first[queue] += 1
        cycle.rotate(queue)

    others = dict.fromkeys(MOST_URGENT_FIRST[1:], rounds)
    assert first == {"sweeps": sum(first.values()) - sum(others.values()), **others}


def test_each_order_names_every_queue_once():
    turns = Turns()
    turns.in_order = ["a", "b", "c"]

    for _ in range(40):
        assert sorted(turns.next_order()) == ["a", "b", "c"]
        turns.taken()


def test_no_queues_have_no_order():
    turns = Turns()
    for _ in range(10):
        assert turns.next_order() == []
        turns.taken()
