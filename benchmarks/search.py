"""CPU of finding a hash among a million and a product among ten thousand."""

from __future__ import annotations

import numpy as np

from media_pipeline.similarity import ProductIndex, nearest_hashes, windows

from .figures import heading, interleaved, spread

HASHES = 1_000_000
PRODUCTS = 10_000
PICTURES = 3  # of each product
LENGTH = 1280  # of a vector
PLANTED = 200
ROUNDS = 20


def run() -> None:
    heading("Search, one thread")
    print("| CPU ms | min / median / max | found |\n|---|---|---|")
    _hashes()
    _products()


def _hashes() -> None:
    pick = np.random.default_rng(1)
    table = pick.integers(0, 2**64, HASHES, np.uint64)
    # Known ones, up to ten bits away: all must be found, nothing may be nearer.
    rows = pick.choice(HASHES, PLANTED, replace=False)
    queries = []
    for row in rows:
        flips = pick.choice(64, int(pick.integers(0, 11)), replace=False)
        queries.append(int(table[row]) ^ sum(1 << int(bit) for bit in flips))
    found = sum(
        int(row) in {near.row for near in nearest_hashes(table, [query], within=10)}
        for row, query in zip(rows, queries, strict=True)
    )
    turn = iter(queries * ROUNDS)
    way = {"": lambda: nearest_hashes(table, [next(turn)], within=10)}
    (taken,) = interleaved(way, ROUNDS).values()
    print(
        f"| nearest hash among {HASHES:,} | {spread(taken, digits=2)} "
        f"| {found} of {PLANTED} |"
    )


def _products() -> None:
    pick = np.random.default_rng(2)
    count = PRODUCTS * PICTURES
    vectors = pick.standard_normal((count, LENGTH), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = tuple(str(row // PICTURES) for row in range(count))
    index = ProductIndex(model="drawn by lot", keys=keys, vectors=vectors)
    boxes = windows()

    def find(row: int) -> str:
        queries = pick.standard_normal((len(boxes), LENGTH), np.float32)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        # One window shows the product, somewhat changed: cosine 0.8.
        queries[5] = 0.8 * vectors[row] + 0.6 * queries[5]
        answer = dict(zip(boxes, queries, strict=True))
        (match,) = index.find(answer, min_score=0.6, limit=1)
        return match.key

    rows = pick.integers(0, count, ROUNDS + 1)
    found = sum(find(int(row)) == keys[row] for row in rows)
    turn = iter(rows)
    (taken,) = interleaved({"": lambda: find(int(next(turn)))}, ROUNDS).values()
    print(
        f"| product among {PRODUCTS:,}, {PICTURES} pictures each, {len(boxes)} windows "
        f"| {spread(taken)} | {found} of {len(rows)} |"
    )
