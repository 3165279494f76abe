"""Suites for what products are found by; see ``testing.py``.

Where a test touches a database, say so for your class: ``pytestmark =
pytest.mark.django_db``.
"""

# ruff: noqa: S101 - these are tests, run by others

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from media_pipeline import conf
from media_pipeline.results import Box
from media_pipeline.similarity import Match, Vectors

LENGTH = 32  # of a vector
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
LEFT: Box = (0.0, 0.0, 0.5, 1.0)

# Characters that the index keeps of a product's key and of a picture's reference.
MAX_KEY = 200


def _axis(place: int, *, length: int = LENGTH) -> Vectors:
    """Return a unit vector; two of different places have the cosine 0."""
    vector: Vectors = np.zeros(length, np.float32)
    vector[place] = 1.0
    return vector


def _like(vector: Vectors, cosine: float, *, away: int = LENGTH - 1) -> Vectors:
    """Return a vector of length 1 with this cosine to one that is 0 at ``away``."""
    found: Vectors = (cosine * vector).astype(np.float32)
    found[away] = np.sqrt(1 - cosine**2)
    return found


class ProductIndexContract:
    """What ``MEDIA_PIPELINE_PRODUCT_INDEX`` answers with: ``model`` and ``find``.

    ``make_index`` fills your store with these rows in place of all earlier ones and
    returns what your dotted path then gives. A product has a row per picture. Scores
    are cosines: an approximate index passes if it finds all of some ten rows.
    """

    TOLERANCE = 0.002  # of a cosine; halves keep three digits

    def make_index(
        self, rows: Sequence[tuple[str, Vectors]], *, model: str, length: int
    ) -> Any:
        raise NotImplementedError

    def _index(self, *rows: tuple[str, Vectors], model: str = "network 1") -> Any:
        return self.make_index(rows, model=model, length=LENGTH)

    def _shop(self) -> Any:
        """Return an index of five products; the mug has two pictures."""
        return self._index(
            ("mug", _like(_axis(0), 0.7)),
            ("mug", _like(_axis(0), 0.95)),
            ("pot", _like(_axis(0), 0.8)),
            ("sofa", _axis(1)),
            ("lamp", _like(_axis(0), 0.3)),
            ("hat", -_axis(0)),
        )

    def test_names_the_model_that_its_vectors_come_from(self) -> None:
        index = self._index(("mug", _axis(0)), model="another network 2")

        assert index.model == "another network 2"

    def test_finds_the_best_first_with_its_cosine_and_window(self) -> None:
        found = self._shop().find({LEFT: _axis(0)}, min_score=0.2, limit=9)

        assert [match.key for match in found] == ["mug", "pot", "lamp"]
        scores = [match.score for match in found]
        assert np.allclose(scores, [0.95, 0.8, 0.3], atol=self.TOLERANCE)
        assert all(isinstance(match, Match) for match in found)
        assert all(tuple(match.box) == LEFT for match in found)

    def test_each_product_is_found_once_where_it_is_seen_best(self) -> None:
        queries: Mapping[Box, Vectors] = {
            WHOLE: _like(_axis(0), 0.6, away=LENGTH - 2),
            LEFT: _axis(0),
        }

        found = self._shop().find(queries, min_score=0.5, limit=9)

        keys = [match.key for match in found]
        assert len(keys) == len(set(keys))
        assert keys[0] == "mug"
        assert np.isclose(found[0].score, 0.95, atol=self.TOLERANCE)
        assert tuple(found[0].box) == LEFT

    def test_no_more_products_than_the_limit(self) -> None:
        index = self._index(
            *(("mug", _like(_axis(0), 0.9 + place / 200)) for place in range(9)),
            ("pot", _like(_axis(0), 0.8)),
            ("sofa", _axis(1)),
        )

        found = index.find({WHOLE: _axis(0)}, min_score=0.1, limit=2)

        # Counted by product: the pictures of one do not crowd out the next.
        assert [match.key for match in found] == ["mug", "pot"]

    def test_nothing_below_the_lowest_score(self) -> None:
        index = self._shop()

        assert [
            match.key for match in index.find({WHOLE: _axis(0)}, min_score=0.9, limit=9)
        ] == ["mug"]
        assert not index.find({WHOLE: _axis(5)}, min_score=0.5, limit=9)

    def test_a_score_below_zero_lets_all_of_them_pass(self) -> None:
        found = self._shop().find({WHOLE: _axis(0)}, min_score=-1.0, limit=9)

        assert {match.key for match in found} == {"mug", "pot", "lamp", "sofa", "hat"}
        assert found[-1].key == "hat"

    def test_only_among_the_products_that_were_asked_for(self) -> None:
        index = self._shop()
        asked = ("lamp", "pot", "unknown")

        found = index.find({WHOLE: _axis(0)}, min_score=0.2, limit=9, among=asked)
        # The limit counts what was asked for, not what was better.
        first = index.find({WHOLE: _axis(0)}, min_score=0.2, limit=1, among=["lamp"])

        assert [match.key for match in found] == ["pot", "lamp"]
        assert [match.key for match in first] == ["lamp"]
        for nobody in ([], ["unknown"]):
            assert not index.find(
                {WHOLE: _axis(0)}, min_score=-1.0, limit=9, among=nobody
            )

    def test_scores_are_cosines_and_never_above_one(self) -> None:
        index = self._index(("mug", _axis(0)), ("sofa", _axis(1)))

        for place in (0, 1):
            (best, *_) = index.find({WHOLE: _axis(place)}, min_score=0.5, limit=9)
            assert 1 - self.TOLERANCE <= best.score <= 1

    def test_without_rows_or_questions_nothing_is_found(self) -> None:
        assert not self._index().find({WHOLE: _axis(0)}, min_score=-1.0, limit=9)
        assert not self._shop().find({}, min_score=-1.0, limit=9)

    def test_keys_are_opaque(self) -> None:
        keys = ["Tasse 1/2", "'; DROP TABLE x; --", "\u2603", "k" * MAX_KEY]
        index = self._index(*((key, _axis(place)) for place, key in enumerate(keys)))

        for place, key in enumerate(keys):
            found = index.find(
                {WHOLE: _axis(place)}, min_score=0.5, limit=9, among=[key]
            )
            assert [match.key for match in found] == [key]

    def test_a_rebuilt_index_knows_what_is_new_and_forgets_what_is_gone(self) -> None:
        before = self._index(("mug", _axis(0)), ("sofa", _axis(1)))
        assert before.find({WHOLE: _axis(0)}, min_score=0.5, limit=1)

        after = self._index(("sofa", _axis(0)), ("tent", _axis(2)))

        found = after.find({WHOLE: _axis(0)}, min_score=-1.0, limit=9)
        assert {match.key for match in found} == {"sofa", "tent"}
        assert found[0].key == "sofa"  # by its new picture

    def test_a_rebuilt_index_knows_its_new_model(self) -> None:
        self._index(("mug", _axis(0)), model="network 1")

        after = self._index(("mug", _axis(3)), model="network 2")

        assert after.model == "network 2"
        (match,) = after.find({WHOLE: _axis(3)}, min_score=0.5, limit=9)
        assert match.key == "mug"

    def test_says_the_same_twice(self) -> None:
        index = self._shop()
        queries: Mapping[Box, Vectors] = {WHOLE: _axis(0), LEFT: _axis(1)}

        first, second = (index.find(queries, min_score=0.1, limit=5) for _ in "ab")

        assert list(first) == list(second)


class ListedPicturesContract:
    """What ``MEDIA_PIPELINE_CATALOGUE`` names: a class that lists the shop's pictures.

    Before each test what ``make_catalogue`` returns must list at least two pictures,
    one of which can be opened.
    """

    def make_catalogue(self) -> Any:
        raise NotImplementedError

    def _pictures(self) -> list[Any]:
        return list(self.make_catalogue().pictures())

    def test_is_made_without_arguments(self) -> None:
        kind = type(self.make_catalogue())

        assert hasattr(kind(), "pictures")

    def test_keys_are_text_that_the_index_can_keep(self) -> None:
        pictures = self._pictures()

        assert len(pictures) >= 2
        for picture in pictures:
            assert isinstance(picture.key, str)
            assert 0 < len(picture.key) <= MAX_KEY

    def test_lists_the_same_each_time_it_is_asked(self) -> None:
        catalogue = self.make_catalogue()

        first, second = (
            [(each.key, _reference(each)) for each in catalogue.pictures()]
            for _ in "ab"
        )

        assert first == second

    def test_references_tell_one_products_pictures_apart(self) -> None:
        named = [(each.key, _reference(each)) for each in self._pictures()]

        for key, reference in named:
            assert len(reference) <= MAX_KEY, key
        told = [pair for pair in named if pair[1]]
        assert len(told) == len(set(told))

    def test_a_picture_can_be_read_again_or_says_that_it_is_not_there(self) -> None:
        readable = 0
        for picture in self._pictures():
            try:
                first, second = (_content(picture) for _ in "ab")
            except (LookupError, FileNotFoundError):
                continue  # it is asked again at the next going-over
            assert isinstance(first, bytes), picture.key
            assert first == second, picture.key
            readable += 0 < len(first) <= conf.max_upload_bytes()
        assert readable

    def test_a_category_is_text(self) -> None:
        for picture in self._pictures():
            category = getattr(picture, "category", None)
            assert category is None or isinstance(category, str), picture.key


def _reference(picture: Any) -> str:
    """Return the name that changes with the picture; empty without one."""
    return str(getattr(picture, "reference", "") or "")


def _content(picture: Any) -> bytes:
    with picture.open() as file:
        content: bytes = file.read()
    return content
