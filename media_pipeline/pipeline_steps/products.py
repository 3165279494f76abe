from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from media_pipeline import conf
from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.pictures import scaled
from media_pipeline.editions import APART
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import WrongConfiguration, registry
from media_pipeline.results import Frame, StepResult
from media_pipeline.similarity import Embedder, Match, ProductIndex, cut, windows

WORKING_SIDE = 640  # px, long side


@dataclass(frozen=True, slots=True)
class ProductsFacts:
    matches: tuple[Match, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "products": [
                {
                    "key": match.key,
                    "score": round(match.score, 4),
                    "box": [round(side, 4) for side in match.box],
                }
                for match in self.matches
            ]
        }


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Suggest which products of a catalogue a photo shows, and where.

    From 0.75 on 95 % of suggestions were right and 1 % of photos without a match
    had one: pre-fill a tag. From 0.60 on 86 % and 26 %: only list it. An editor
    always confirms (40 products among 961 pictures; see docs/reference/models.md).
    Products that were asked for are few, come first, and need less.
    """

    name: ClassVar[str] = "products"
    # The worker gives the catalogue's.
    index: ProductIndex | None = field(default=None, metadata=APART)
    # Keys that the order or the product page named, of this photo.
    asked: tuple[str, ...] = field(default=(), metadata=APART)
    suggest_from: float = field(default_factory=conf.suggested_from)  # cosine
    asked_from: float = field(default_factory=conf.asked_suggested_from)
    limit: int = 5
    backend: str = "media_pipeline.backends.lite0.Lite0Embedder"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: Embedder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Any port of the same shape will do as well: see conf.product_index.
        if self.index is None:
            if not conf.catalogue():
                raise WrongConfiguration(
                    "Step 'products' needs a catalogue: MEDIA_PIPELINE_CATALOGUE."
                )
        elif not hasattr(self.index, "model") or not hasattr(self.index, "find"):
            raise WrongConfiguration("Step 'products' needs a ProductIndex as index.")
        engine = build_backend(self.backend, self.backend_options, method="embed")
        object.__setattr__(self, "engine", engine)

    def checked_index(self) -> ProductIndex:
        """Return the index. Raises ``BackendUnavailable`` if it can't be asked."""
        if self.index is None:
            raise BackendUnavailable("There is no index of the catalogue.")
        if not self.index.model:
            raise BackendUnavailable("The catalogue could not be read into an index.")
        if self.index.model != self.engine.name:
            raise BackendUnavailable(
                f"The index was made by {self.index.model}, not {self.engine.name}."
            )
        return self.index

    def inspect(self, frame: Frame) -> StepResult:
        index = self.checked_index()
        if not getattr(index, "keys", True):
            return StepResult(step=self.name, facts=ProductsFacts(()))
        # The smallest window of 640 px is still larger than what a network looks at.
        # The whole comes as it is: the tags may have asked for its vector already.
        whole, *boxes = windows()
        small = scaled(frame.pixels, WORKING_SIDE)
        rows = self.engine.embed([frame.pixels, *(cut(small, box) for box in boxes)])
        queries = dict(zip((whole, *boxes), rows, strict=True))
        first: tuple[Match, ...] = ()
        if self.asked:
            first = index.find(
                queries,
                min_score=self.asked_from,
                limit=self.limit,
                among=self.asked,
            )
        best = index.find(queries, min_score=self.suggest_from, limit=self.limit)
        matches = {match.key: match for match in (*first, *best)}
        return StepResult(
            step=self.name,
            facts=ProductsFacts(tuple(matches.values())[: self.limit]),
        )
