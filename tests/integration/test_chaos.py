"""Everything fails at once; nothing is lost, nothing done twice, nothing left over.

In ``./run test`` for 20 seconds on each of three ways to run the site; ``./run chaos``
does it for long: ``CHAOS_SECONDS`` says for how long each way is tormented, and
``CHAOS_SEED`` repeats a run's order of faults.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from .tormented import (
    RENDITIONS,
    STORAGES,
    Tormented,
    on_folders,
    on_rabbitmq,
    on_redis,
)

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

SECONDS = float(os.environ.get("CHAOS_SECONDS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", str(random.randrange(10_000))))
PAUSE = 0.4  # seconds between two uploads
SETTLE = 600  # seconds, once all is well again; on an idle machine some 30


@pytest.fixture(params=["folders", "redis", "rabbitmq"])
def site(request, tmp_path) -> Iterator[Tormented]:
    ask = request.getfixturevalue
    match request.param:
        case "folders":
            way = on_folders(tmp_path)
        case "redis":
            servers = ("postgresql_server", "redis_server", "seaweedfs_server")
            way = on_redis(tmp_path, *map(ask, servers))
        case "rabbitmq":
            servers = ("postgresql_server", "rabbitmq_server")
            way = on_rabbitmq(tmp_path, *map(ask, servers))
    with way as site:
        site.migrate()
        site.worker.start(within=120)
        try:
            yield site
        finally:
            site.worker.end()


def torment(site: Tormented) -> Counter[str]:
    """Let one fault after the other happen; return how often which."""
    random.seed(SEED)
    happened: Counter[str] = Counter()
    deck: list[str] = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or deck or len(happened) < len(site.faults):
        time.sleep(random.uniform(0.5, 3))
        # Like cards: each kind comes before any comes again.
        if not deck:
            deck = random.sample(list(site.faults), len(site.faults))
        name = deck.pop()
        try:
            site.faults[name]()
            happened[name] += 1
            time.sleep(random.uniform(1, 4))
        finally:
            site.heal()
    return happened


def test_nothing_is_lost_nothing_done_twice_and_nothing_left_over(site, capsys):
    with site.photos_coming(pause=PAUSE):
        faults = torment(site)
    began = time.monotonic()
    site.settle(within=SETTLE)
    settled_after = time.monotonic() - began

    received = site.received()
    states = dict(site.rows("select id, state from shoppable_media_asset"))
    planted = {
        name: site.keys(
            f"select id from shoppable_media_asset where original_name = '{name}.jpg'"
        )
        for name in ("poison", "late-poison")
    }
    told = Counter(site.rows("select asset_id, happened from ledger_entry"))

    def told_of(what: str) -> set[int]:
        return {key for key, happened in told if happened == what}

    accepted = set(states) - planted["poison"]
    lost = received - set(states)
    twice = {entry: times for entry, times in told.items() if times > 1}
    quarantined = {key for key, state in states.items() if state == "quarantined"}
    unrendered = site.keys(
        "select asset_id from shoppable_media_rendering"
        " where quarantined_at is not null"
    )
    complete = site.keys(
        "select asset_id from shoppable_media_rendition group by asset_id"
        f" having count(*) = {RENDITIONS}"
    )
    with capsys.disabled():
        print(
            f"\nchaos seed {SEED}: {SECONDS:.0f} s, {sum(faults.values())} faults"
            f" ({', '.join(f'{n} × {name}' for name, n in sorted(faults.items()))});"
            f" {len(received)} photos received, {len(planted['poison'])} of them poison"
            f" and {len(planted['late-poison'])} for the second stage;"
            f" {len(lost)} lost, {len(twice)} twice,"
            f" {len(quarantined)} + {len(unrendered)} quarantined,"
            f" {len(complete)} with all renditions;"
            f" settled {settled_after:.0f} s after the last fault"
        )
    assert all(planted.values()), "the poison never came"
    assert (lost, twice) == (set(), {})
    # Poison, and only poison.
    assert quarantined == told_of("quarantined") == planted["poison"]
    assert unrendered == told_of("rendering quarantined") == planted["late-poison"]
    # Of all others both stages are done.
    assert {states[key] for key in accepted} == {"processed"}
    assert told_of("settled") == accepted
    assert complete == told_of("rendered") == accepted - planted["late-poison"]
    # Every file is some row's, and every row's file is there.
    for alias in STORAGES:
        assert site.files(alias) == site.named_files(alias), alias
    assert (
        site.keys(
            "select id from shoppable_outbox_filepurge where quarantined_at is not null"
        )
        == set()
    )
