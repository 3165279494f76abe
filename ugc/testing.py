"""What any catalogue must do to stand behind ``UGC_CATALOGUE``.

Subclass ``CatalogueContract`` in a pytest module, say how the catalogue is made
and what is in it, and run it against your shop.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from .catalogue import Catalogue, ProductCard


class CatalogueContract:
    """The port's promises as tests; they may use the database.

    Before each test ``catalogue()`` must find at least two products on sale,
    ``keys()`` names them, and ``searched()`` gives a text with the key it finds.
    """

    language = "en"

    def catalogue(self) -> Catalogue:
        """The catalogue under test."""
        raise NotImplementedError

    def keys(self) -> Sequence[str]:
        """Keys of products on sale, at least two."""
        raise NotImplementedError

    def searched(self) -> tuple[str, str]:
        """A search text and the key of a product it must find."""
        raise NotImplementedError

    @pytest.mark.django_db
    def test_a_card_says_all_that_a_photo_shows(self) -> None:
        for key in self.keys():
            card = self.catalogue().card(key, language=self.language)

            assert card is not None
            assert card.key == key
            _assert_whole(card)

    @pytest.mark.django_db
    def test_an_unknown_key_has_no_card(self) -> None:
        catalogue = self.catalogue()

        assert catalogue.card("no-such-product-\u2603", language=self.language) is None
        assert catalogue.cards(["no-such-\u2603", ""], language=self.language) == {}
        assert catalogue.cards([], language=self.language) == {}

    @pytest.mark.django_db
    def test_cards_come_by_key_and_leave_out_unknown_ones(self) -> None:
        keys = list(self.keys())

        cards = self.catalogue().cards(
            [*keys, "no-such-product", keys[0]], language=self.language
        )

        assert set(cards) == set(keys)
        assert all(card.key == key for key, card in cards.items())

    @pytest.mark.django_db
    def test_many_cards_cost_as_many_queries_as_one(self) -> None:
        keys = list(self.keys())
        assert len(keys) >= 2, "Name at least two products on sale."

        assert self._queries(keys) <= self._queries(keys[:1])

    @pytest.mark.django_db
    def test_a_card_read_in_full_asks_no_more(self) -> None:
        cards = self.catalogue().cards(list(self.keys()), language=self.language)

        with CaptureQueriesContext(connection) as queries:
            for card in cards.values():
                _assert_whole(card)

        assert len(queries) == 0

    @pytest.mark.django_db
    def test_search_finds_by_words_and_keeps_the_limit(self) -> None:
        text, key = self.searched()
        catalogue = self.catalogue()

        found = catalogue.search(text, language=self.language)

        assert key in [card.key for card in found]
        assert len(catalogue.search(text, language=self.language, limit=1)) == 1
        for card in found:
            _assert_whole(card)

    @pytest.mark.django_db
    def test_search_for_nothing_finds_nothing(self) -> None:
        for text in ("", "   ", "zzzz-no-such-thing-zzzz"):
            assert list(self.catalogue().search(text, language=self.language)) == []

    @pytest.mark.django_db
    def test_pictures_belong_to_products_and_can_be_read(self) -> None:
        known = set(self.keys())

        pictures = list(self.catalogue().pictures())

        for picture in pictures:
            assert picture.key in known or self.catalogue().card(
                picture.key, language=self.language
            )
            with picture.open() as file:
                assert file.read(1)
            assert picture.name

    def _queries(self, keys: Sequence[str]) -> int:
        catalogue = self.catalogue()
        with CaptureQueriesContext(connection) as queries:
            catalogue.cards(keys, language=self.language)
        return len(queries)


def _assert_whole(card: ProductCard) -> None:
    for name in ("key", "name", "url", "price_text", "availability_text"):
        value = getattr(card, name)
        assert str(value), f"{name} is empty"
    assert card.is_available in {True, False}
    assert str(card.buy_url) is not None
    if card.picture is not None:
        assert card.picture.width > 0
        assert card.picture.height > 0
        drawn = card.picture.html(alt='A "quoted" <alt>', sizes="10rem")
        assert hasattr(drawn, "__html__"), "html() must be safe to print"
        assert "<alt>" not in drawn
        assert f'width="{card.picture.width}"' in drawn
    for variant in card.variants:
        assert variant.sku
        assert str(variant.price_text)
        assert variant.is_available in {True, False}
