"""One factory per model of the shop."""

from __future__ import annotations

import io
from decimal import Decimal

import factory
from PIL import Image

from storefront import services
from storefront.models import (
    Basket,
    BasketLine,
    Category,
    CategoryText,
    Product,
    ProductPicture,
    ProductText,
    Variant,
    VariantText,
)
from storefront.tokens import hashed, new_token


class CategoryFactory(factory.django.DjangoModelFactory):
    """A category with an English name; ``german`` gives it a German one."""

    class Meta:
        model = Category
        skip_postgeneration_save = True

    slug = factory.Sequence("category-{}".format)

    @factory.post_generation
    def english(self, create, extracted, **kwargs):
        name = extracted or self.slug.replace("-", " ").title()
        CategoryText.objects.create(category=self, language="en", name=name)

    @factory.post_generation
    def german(self, create, extracted, **kwargs):
        if extracted:
            CategoryText.objects.create(category=self, language="de", name=extracted)


class ProductFactory(factory.django.DjangoModelFactory):
    """A published product with one variant, ten of it on hand, and an English text.

    ``english`` and ``german`` are its names, ``description`` its English one;
    ``variants=0`` leaves it without a variant.
    """

    class Meta:
        model = Product
        skip_postgeneration_save = True

    key = factory.Sequence("product-{}".format)
    vendor = "Werkstatt Amsel"
    is_published = True
    position = factory.Sequence(int)

    @factory.post_generation
    def variants(self, create, extracted, **kwargs):
        if extracted != 0:
            VariantFactory(product=self, sku=f"{self.key.upper()}-1", **kwargs)

    @factory.post_generation
    def description(self, create, extracted, **kwargs):
        self._description = extracted or "Made by hand.\n\nLasts for years."

    @factory.post_generation
    def english(self, create, extracted, **kwargs):
        ProductText.objects.create(
            product=self,
            language="en",
            name=extracted or self.key.replace("-", " ").capitalize(),
            description=self._description,
        )

    @factory.post_generation
    def german(self, create, extracted, **kwargs):
        if extracted:
            ProductText.objects.create(
                product=self,
                language="de",
                name=extracted,
                description="Von Hand gemacht.",
            )
        services.index_products([self.key])


class VariantFactory(factory.django.DjangoModelFactory):
    """Ten pieces of a product for €49.00; ``english``, ``german``: its labels."""

    class Meta:
        model = Variant
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory, variants=0)
    sku = factory.Sequence("SKU-{}".format)
    price = Decimal("49.00")
    currency = "EUR"
    on_hand = 10

    @factory.post_generation
    def english(self, create, extracted, **kwargs):
        VariantText.objects.create(
            variant=self,
            language="en",
            label=extracted or "",
            options=[["Size", extracted]] if extracted else [],
        )

    @factory.post_generation
    def german(self, create, extracted, **kwargs):
        if extracted:
            VariantText.objects.create(
                variant=self,
                language="de",
                label=extracted,
                options=[["Größe", extracted]],
            )


def picture_bytes(colour="#9c3a1c", size=(40, 50)):
    """Draw a small PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


class ProductPictureFactory(factory.django.DjangoModelFactory):
    """A picture that ``PlainPictures`` draws; there is no file behind it."""

    class Meta:
        model = ProductPicture

    product = factory.SubFactory(ProductFactory)
    position = factory.Sequence(lambda n: n + 1)
    reference = factory.Sequence("800x1000:products/{}.jpg".format)
    alt_texts = factory.LazyFunction(lambda: {"en": "On a table", "de": "Am Tisch"})


class BasketFactory(factory.django.DjangoModelFactory):
    """A basket; ``token`` is what the cookie holds."""

    class Meta:
        model = Basket
        skip_postgeneration_save = True

    class Params:
        plain = factory.LazyFunction(new_token)

    token_hash = factory.LazyAttribute(lambda basket: hashed(basket.plain))


class BasketLineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BasketLine

    basket = factory.SubFactory(BasketFactory)
    variant = factory.SubFactory(VariantFactory)
    quantity = 1


BUYER = {
    "email": "mira@example.org",
    "name": "Mira K.",
    "street": "Lindenstr. 5",
    "extra": "",
    "postcode": "10969",
    "city": "Berlin",
    "country": "DE",
}


def placed_order(*, basket=None, quantity=1, variant=None, token=None, language="en"):
    """Order what is in the basket (or one line of ``variant``), as the page does."""
    if basket is None:
        basket = BasketFactory()
        BasketLineFactory(
            basket=basket, variant=variant or VariantFactory(), quantity=quantity
        )
    data = services.basket_data(basket, language=language)
    return services.place_order(
        basket=basket,
        checkout_token=token or new_token(),
        buyer=services.Buyer(**BUYER),
        language=language,
        shown=services.shown_prices(data),
    )
