"""The catalogue: products in several languages, their variants and stock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from ..money import Price
from ..words import words_of
from .columns import currency_column, known_currency, money_column, not_negative


class Category(models.Model):
    """A kind of product, such as chairs; products refer to it by slug."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.slug


class CategoryText(models.Model):
    """A category's name in one language."""

    category = models.ForeignKey(
        Category, on_delete=models.CASCADE, related_name="texts"
    )
    language = models.CharField(max_length=12)
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["category", "language"],
                name="store_category_text_once_per_language",
            )
        ]

    def __str__(self) -> str:
        return self.name


def nearest_language(language: str, default: str) -> Case:
    """Order texts so that the wanted language comes first, then the default."""
    return Case(
        When(language=language, then=Value(0)),
        When(language=default, then=Value(1)),
        default=Value(2),
        output_field=models.SmallIntegerField(),
    )


class ProductQuerySet(models.QuerySet["Product"]):
    def published(self) -> Self:
        return self.filter(is_published=True)

    def in_category(self, slug: str) -> Self:
        return self.filter(category_id=slug)

    def for_cards(self, *, language: str, default: str) -> Self:
        """With all of a card that is not a variant: name, first picture."""
        texts = ProductText.objects.filter(product=OuterRef("pk")).order_by(
            nearest_language(language, default), "language"
        )
        pictures = ProductPicture.objects.filter(product=OuterRef("pk")).order_by(
            "position"
        )
        return self.annotate(
            card_name=Subquery(texts.values("name")[:1]),
            card_picture=Subquery(pictures.values("reference")[:1]),
            card_alt_texts=Subquery(pictures.values("alt_texts")[:1]),
        )

    def matching(self, text: str, *, language: str, default: str) -> Self:
        """Products whose words in the language begin with the words of text.

        All words must be found: in name, description, category, maker or
        SKUs. Those that are named so come first. A product without texts in
        the language is searched in the default language.
        """
        words = words_of(text)
        if not words:
            return self.none()
        texts = ProductText.objects.filter(product=OuterRef("pk"))
        own = texts.filter(language=language)
        found, named = Q(), Q()
        for word in words[:8]:
            found &= Q(all_words__contains=f" {word}")
            named &= Q(name_words__contains=f" {word}")
        rest = texts.filter(language=default)
        return self.filter(
            Exists(own.filter(found)) | (~Exists(own) & Exists(rest.filter(found)))
        ).order_by(
            Case(When(Exists(own.filter(named)), then=Value(0)), default=Value(1)),
            "position",
            "key",
        )


class Product(models.Model):
    """Something the shop sells, in one or more variants.

    ``key`` is its name everywhere: in addresses, in other packages' rows and
    in import files. It never changes.
    """

    key = models.SlugField(max_length=120, unique=True)
    vendor = models.CharField(max_length=120, blank=True, default="")
    category = models.ForeignKey(
        Category,
        to_field="slug",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="products",
    )
    is_published = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["position", "key"]
        indexes = [
            models.Index(
                fields=["position", "key"],
                condition=Q(is_published=True),
                name="store_product_published",
            )
        ]
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.key


class ProductText(models.Model):
    """A product's words in one language.

    ``name_words`` and ``all_words`` are what search reads: lower case, without
    accents, a space before each word. ``services.index_products`` writes them.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")  # paragraphs, plain text
    name_words = models.TextField(blank=True, default="", editable=False)
    all_words = models.TextField(blank=True, default="", editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "language"],
                name="store_product_text_once_per_language",
            )
        ]

    def __str__(self) -> str:
        return self.name


class VariantQuerySet(models.QuerySet["Variant"]):
    def for_sale(self) -> Self:
        return self.filter(product__is_published=True)

    def with_labels(self, *, language: str, default: str) -> Self:
        """With the label and options in the language, in the shop's order."""
        texts = VariantText.objects.filter(variant=OuterRef("pk")).order_by(
            nearest_language(language, default), "language"
        )
        return self.annotate(
            shown_label=Subquery(texts.values("label")[:1]),
            shown_options=Subquery(texts.values("options")[:1]),
        ).order_by("product_id", "position", "pk")


class Variant(models.Model):
    """What is really bought: a SKU with its price and stock.

    ``on_hand`` pieces lie in the shop; ``reserved`` of them wait for a payment.
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="variants"
    )
    sku = models.CharField(max_length=80, unique=True)
    price = money_column()
    currency = currency_column()
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)

    objects = VariantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="store_variant_never_oversold",
            ),
            models.CheckConstraint(
                condition=not_negative("price"), name="store_variant_price_not_negative"
            ),
            models.CheckConstraint(
                condition=known_currency(), name="store_variant_currency_known"
            ),
        ]
        verbose_name = _("variant")
        verbose_name_plural = _("variants")

    def __str__(self) -> str:
        return self.sku

    @property
    def unit_price(self) -> Price:
        return Price(self.price, self.currency)

    @property
    def available(self) -> int:
        """Pieces that can be promised to one more shopper."""
        return self.on_hand - self.reserved


class VariantText(models.Model):
    """A variant's words in one language; ``options`` is [[name, value], …]."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=12)
    label = models.CharField(max_length=200, blank=True, default="")
    options = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "language"],
                name="store_variant_text_once_per_language",
            )
        ]

    def __str__(self) -> str:
        return self.label


class ProductPicture(models.Model):
    """A picture of a product; whoever stores it knows what ``reference`` means.

    ``sha256`` is that of the file it was made from, so that one file is stored
    once however often it is imported. ``alt_texts`` maps language to text.
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="pictures"
    )
    position = models.PositiveIntegerField(default=0)
    reference = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, blank=True, default="", db_index=True)
    alt_texts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "position"], name="store_picture_once_per_position"
            )
        ]

    def __str__(self) -> str:
        return self.reference


def text_for(texts: dict[str, str], language: str, default: str) -> str:
    """Return the text of the language, else the default's, else any."""
    order: Iterable[str] = (language, default, *sorted(texts))
    return next((texts[code] for code in order if texts.get(code)), "")
