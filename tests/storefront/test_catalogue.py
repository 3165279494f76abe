from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from media_pipeline.testing import ListedPicturesContract
from storefront import services
from storefront.catalogue import DatabaseCatalogue
from storefront.models import Variant
from storefront.pictures import PlainPictures
from storefront.words import searchable, words_of
from tests.storefront.factories import (
    CategoryFactory,
    ProductFactory,
    ProductPictureFactory,
    VariantFactory,
    picture_bytes,
)
from ugc.testing import CatalogueContract

pytestmark = pytest.mark.django_db


class TestDatabaseCatalogue(CatalogueContract):
    """The port that photos ask, by the suite that every shop has to pass."""

    @pytest.fixture(autouse=True)
    def _products(self, db):
        reference = PlainPictures().store(ContentFile(picture_bytes()), name="cup.png")
        cup = ProductFactory(key="cup", english="Stoneware cup")
        ProductPictureFactory(product=cup, reference=reference)
        ProductFactory(key="shirt", english="Linen shirt")
        ProductFactory(key="lamp", english="Paper lamp")

    def catalogue(self):
        return DatabaseCatalogue()

    def keys(self):
        return ["cup", "shirt", "lamp"]

    def searched(self):
        return "stonew", "cup"


def found(text, language="en"):
    return [card.key for card in DatabaseCatalogue().search(text, language=language)]


@pytest.mark.parametrize(
    "text",
    [
        "lin",
        "LINEN",
        "linen shi",
        "shirt linen",
        "lin-01",
        "01",
        "cloth",
        "flax",
        "amsel",
        "blue",
    ],
)
def test_search_looks_into_names_descriptions_types_makers_and_skus(text):
    clothes = CategoryFactory(slug="clothes", english="Clothes")
    shirt = ProductFactory(
        key="shirt",
        english="Linen shirt",
        description="Woven of flax.",
        category=clothes,
        variants=0,
    )
    VariantFactory(product=shirt, sku="LIN-01", english="Blue / M")
    services.index_products(["shirt"])
    ProductFactory(key="cup", english="Stoneware cup", vendor="Drossel")

    assert found(text) == ["shirt"]


@pytest.mark.parametrize(
    "text", ["", "  ", "%", "_", "inen", "' OR 1=1 --", "linen cup"]
)
def test_search_finds_nothing_for_what_is_no_beginning_of_a_word(text):
    ProductFactory(english="Linen shirt")
    ProductFactory(english="Stoneware cup")

    assert found(text) == []


def test_search_finds_german_words_without_their_dots():
    ProductFactory(key="cup", english="Large cup", german="Große Tasse für Öl")

    assert (
        found("grosse", "de") == found("GROẞE öl", "de") == found("ol", "de") == ["cup"]
    )


def test_search_stays_in_the_language_and_falls_back_where_a_text_is_missing():
    ProductFactory(english="Cup", german="Tasse", key="k1")
    ProductFactory(key="shirt", english="Shirt")

    assert found("cup", "de") == []
    assert found("tasse", "de") == ["k1"]
    assert found("shirt", "de") == ["shirt"]


def test_search_puts_names_before_descriptions():
    ProductFactory(key="shirt", english="Shirt", description="Goes with a lamp.")
    ProductFactory(key="lamp", english="Lamp")

    assert found("lamp") == ["lamp", "shirt"]


def test_unpublished_products_are_nowhere():
    ProductFactory(key="secret", english="Secret", is_published=False)

    assert found("secret") == []
    assert DatabaseCatalogue().card("secret", language="en") is None
    assert list(DatabaseCatalogue().pictures()) == []
    assert services.product_page("secret", language="en") is None
    assert not services.listing(language="en").object_list


@pytest.mark.parametrize(
    ("on_hand", "reserved", "text"),
    [
        (10, 0, "In stock"),
        (10, 7, "Only 3 left"),
        (1, 0, "Only 1 left"),
        (3, 3, "Sold out"),
    ],
)
def test_availability_is_what_nobody_else_was_promised(on_hand, reserved, text):
    ProductFactory(key="cup", variants__on_hand=on_hand, variants__reserved=reserved)

    assert DatabaseCatalogue().card("cup", language="en").availability_text == text


def test_a_card_shows_the_lowest_price_that_can_be_had():
    product = ProductFactory(key="cup", variants=0)
    VariantFactory(product=product, sku="a", price=Decimal("9.00"), on_hand=0)
    VariantFactory(product=product, sku="b", price=Decimal("19.00"))
    VariantFactory(product=product, sku="c", price=Decimal("29.00"))

    card = DatabaseCatalogue().card("cup", language="en")

    assert card.price_text == "from €19.00"
    assert card.chosen_sku == "b"


def test_a_variant_of_another_currency_is_not_offered():
    product = ProductFactory(key="cup")
    VariantFactory(product=product, sku="francs", currency="CHF")

    card = DatabaseCatalogue().card("cup", language="en")

    assert [variant.sku for variant in card.variants] == ["CUP-1"]


def test_a_german_card_speaks_german():
    product = ProductFactory(key="cup", german="Tasse", variants=0)
    VariantFactory(product=product, english="Large", german="Groß")
    ProductPictureFactory(product=product)

    card = DatabaseCatalogue().card("cup", language="de")

    assert card.name == "Tasse"
    assert card.variants[0].label == "Groß"
    assert card.price_text == "49,00\N{NO-BREAK SPACE}€"
    assert card.availability_text == "Auf Lager"
    assert card.picture_alt == "Am Tisch"


def test_pictures_open_what_was_stored():
    content = picture_bytes(size=(20, 30))
    reference = PlainPictures().store(ContentFile(content), name="cup.png")
    ProductPictureFactory(product=ProductFactory(key="cup"), reference=reference)

    [picture] = DatabaseCatalogue().pictures()

    assert picture.key == "cup"
    with picture.open() as file:
        assert file.read() == content
    drawn = PlainPictures().pictures([reference])[reference]
    assert (drawn.width, drawn.height) == (20, 30)


class TestPicturesToIndex(ListedPicturesContract):
    @pytest.fixture(autouse=True)
    def pictures(self):
        for key in ("cup", "pot"):
            reference = PlainPictures().store(
                ContentFile(picture_bytes(size=(20, 30))), name=f"{key}.png"
            )
            ProductPictureFactory(product=ProductFactory(key=key), reference=reference)

    def make_catalogue(self):
        return DatabaseCatalogue()


def queries_of(call):
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


@pytest.mark.parametrize(
    ("call", "most"),
    [
        (lambda keys: DatabaseCatalogue().cards(keys, language="de"), 2),
        (
            lambda keys: DatabaseCatalogue().search("product", language="en", limit=50),
            2,
        ),
        (lambda keys: services.listing(language="de", query="product"), 3),
        (lambda keys: services.listing(language="de", sorting="-price"), 3),
        (lambda keys: services.categories(language="de"), 1),
        (lambda keys: list(DatabaseCatalogue().pictures()), 1),
        (lambda keys: services.product_page(keys[0], language="de"), 4),
    ],
    ids=["cards", "search", "listing", "sorted", "categories", "pictures", "page"],
)
def test_reading_costs_the_same_for_few_and_many(call, most, settings):
    settings.STOREFRONT_PAGE_SIZE = 50

    def add(count):
        for _ in range(count):
            product = ProductFactory(category=CategoryFactory(german="Ding"))
            VariantFactory(product=product)
            ProductPictureFactory(product=product)
            ProductPictureFactory(product=product)
            yield product.key

    keys = list(add(2))
    few = queries_of(lambda: call(keys))
    keys += list(add(15))

    assert queries_of(lambda: call(keys)) == few <= most


@pytest.mark.parametrize(
    "fields",
    [
        {"on_hand": 3, "reserved": 4},
        {"price": Decimal("-0.01")},
        {"currency": "XXX"},
        {"on_hand": -1, "reserved": -1},
    ],
)
def test_the_database_refuses_impossible_variants(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        VariantFactory(**fields)


def test_the_database_refuses_to_oversell():
    variant = VariantFactory(on_hand=3, reserved=3)

    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.filter(pk=variant.pk).update(on_hand=2)


# --- lists -------------------------------------------------------------------


def keys_on(page):
    return [card.key for card in page.object_list]


def test_a_list_can_be_read_in_every_order():
    ProductFactory(key="a", english="Zebra", position=1, variants__price=Decimal(20))
    ProductFactory(key="b", english="apple", position=0, variants__price=Decimal(30))
    ProductFactory(key="c", english="Mango", position=2, variants__price=Decimal(10))

    orders = {
        sorting: keys_on(services.listing(language="en", sorting=sorting))
        for sorting in services.Sorting.values
    }

    assert orders == {
        "": ["b", "a", "c"],
        "newest": ["c", "b", "a"],
        "price": ["c", "a", "b"],
        "-price": ["b", "a", "c"],
        "name": ["b", "c", "a"],
    }


def test_a_list_keeps_to_its_category():
    clothes = CategoryFactory(slug="clothes", english="Clothes", german="Kleidung")
    ProductFactory(key="shirt", category=clothes)
    ProductFactory(key="cup")
    CategoryFactory(slug="empty")

    assert keys_on(services.listing(category="clothes", language="en")) == ["shirt"]
    assert services.categories(language="de") == [
        services.CategoryChoice("clothes", "Kleidung", 1)
    ]


@pytest.mark.parametrize(
    ("asked", "shown"), [(1, 1), ("2", 2), ("3", 3), ("99", 3), ("0", 3), ("x", 1)]
)
def test_every_page_number_shows_a_page(asked, shown, settings):
    settings.STOREFRONT_PAGE_SIZE = 2
    ProductFactory.create_batch(5)

    page = services.listing(language="en", page=asked)

    assert page.number == shown
    assert page.paginator.count == 5


def test_words_are_found_by_their_beginnings():
    assert words_of("Größe, 180 ml – CUP-080") == ["grosse", "180", "ml", "cup-080"]
    assert searchable(["Wood-fired cup", "cup"]) == " wood-fired wood fired cup"


@pytest.mark.parametrize("text", ["", "  ", "…", "%"])
def test_a_search_for_nothing_finds_nothing(text):
    ProductFactory(key="cup", english="Stoneware cup")

    assert found(text) == []
