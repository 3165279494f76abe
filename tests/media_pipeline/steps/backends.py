"""Small backends of our own, named by dotted path in the tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media_pipeline.backends.nudity import ModerationScores
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.results import Tag


@dataclass
class GivenScores:
    sexual: float | None = 0.0
    graphic: float | None = 0.0
    weapon: float | None = 0.0
    alcohol: float | None = 0.0

    def score(self, pixels):
        return ModerationScores(
            sexual=self.sexual,
            graphic=self.graphic,
            weapon=self.weapon,
            alcohol=self.alcohol,
            models=("given 1",),
        )


@dataclass
class GivenTags:
    tags: tuple = ()

    def tag(self, pixels):
        return tuple(Tag(label, confidence) for label, confidence in self.tags)


class Broken:
    def score(self, pixels):
        raise BackendUnavailable("out of order")

    tag = find = embed = read = scan = score


class FindsNothing:
    """Looks for faces, text and codes in vain."""

    def find(self, pixels):
        return ()

    read = scan = find


class MeanColour:
    """An embedder whose vector is the mean colour: what looks alike is alike."""

    name = "mean colour 1"
    length = 3

    def embed(self, pictures):
        rows = np.stack([p.reshape(-1, 3).mean(axis=0) + 1e-3 for p in pictures])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
