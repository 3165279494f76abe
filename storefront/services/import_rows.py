"""The rows of an imported catalogue: only what differs is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.text import slugify

from ..imports.rows import ImportedProduct, ImportedTexts, label_of
from ..models import (
    Category,
    CategoryText,
    Product,
    ProductPicture,
    ProductText,
    Variant,
    VariantText,
)
from .import_files import StoredPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did; products by their keys, in the file's order."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    stored_pictures: int


def write_catalogue(
    products: Sequence[ImportedProduct],
    translations: Mapping[str, Mapping[str, ImportedTexts]],
    stored: Mapping[str, list[StoredPicture]],
    language: str,
    currency: str,
    new: int,
) -> ImportReport:
    slugs, changed_kinds = _write_categories(products, translations, language)
    present = {
        product.key: product
        for product in Product.objects.filter(
            key__in=[product.key for product in products]
        ).prefetch_related("texts", "variants__texts", "pictures")
    }
    created: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    for position, imported in enumerate(products):
        texts = {
            code: by_key[imported.key]
            for code, by_key in translations.items()
            if imported.key in by_key
        }
        row = present.get(imported.key)
        is_new = row is None
        if row is None:
            row = Product(key=imported.key)
        differs = _update(
            row,
            vendor=imported.vendor,
            category_id=slugs.get(imported.category),
            is_published=imported.is_published,
            position=position,
        )
        differs |= imported.category in changed_kinds
        differs |= _write_texts(row, imported, texts, language)
        differs |= _write_variants(row, imported, texts, language, currency)
        if imported.key in stored:
            differs |= _write_pictures(row, stored[imported.key], texts, language)
        group = created if is_new else changed if differs else unchanged
        group.append(imported.key)
    return ImportReport(
        created=tuple(created),
        changed=tuple(changed),
        unchanged=tuple(unchanged),
        stored_pictures=new,
    )


def _update(row: models.Model, **fields: Any) -> bool:
    """Save the row if it is new or one of the fields differs. Return whether."""
    differing = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, fields[name])
    if row.pk is None:
        row.save()
        return True
    if differing:
        row.save(update_fields=differing)
    return bool(differing)


def _related(row: Product | Variant, name: str) -> list[Any]:
    # Any: rows of several models. Prefetched for rows that exist, none for new.
    return (
        []
        if row.pk is None or not _is_loaded(row, name)
        else list(getattr(row, name).all())
    )


def _is_loaded(row: models.Model, name: str) -> bool:
    return name in getattr(row, "_prefetched_objects_cache", {})


def _write_categories(
    products: Sequence[ImportedProduct],
    translations: Mapping[str, Mapping[str, ImportedTexts]],
    language: str,
) -> tuple[dict[str, str], set[str]]:
    """Return slugs by the names in the file, and the names whose texts changed."""
    names: dict[str, dict[str, str]] = {}
    for product in products:
        if not product.category:
            continue
        texts = names.setdefault(product.category, {language: product.category})
        for code, by_key in translations.items():
            if product.key in by_key and by_key[product.key].category:
                texts.setdefault(code, by_key[product.key].category)
    slugs: dict[str, str] = {}
    changed: set[str] = set()
    present = {
        row.slug: row
        for row in Category.objects.prefetch_related("texts").filter(
            slug__in=[_slug(name) for name in names]
        )
    }
    for position, (name, texts) in enumerate(names.items()):
        slugs[name] = _slug(name)
        row = present.get(slugs[name]) or Category(slug=slugs[name])
        differs = _update(row, position=position)
        there = {
            text.language: text
            for text in (row.texts.all() if _is_loaded(row, "texts") else ())
        }
        for code, words in texts.items():
            text = there.get(code) or CategoryText(category=row, language=code)
            differs |= _update(text, name=words)
        if differs:
            changed.add(name)
    return slugs, changed


def _slug(name: str) -> str:
    # A name without Latin letters still needs one.
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return slugify(name)[:80] or f"category-{digest}"


def _write_texts(
    row: Product,
    imported: ImportedProduct,
    texts: Mapping[str, ImportedTexts],
    language: str,
) -> bool:
    there = {text.language: text for text in _related(row, "texts")}
    wanted = {language: (imported.name, imported.description)}
    wanted |= {code: (text.name, text.description) for code, text in texts.items()}
    differs = False
    for code, (name, description) in wanted.items():
        text = there.get(code) or ProductText(product=row, language=code)
        differs |= _update(text, name=name, description=description)
    return differs


def _write_variants(
    row: Product,
    imported: ImportedProduct,
    texts: Mapping[str, ImportedTexts],
    language: str,
    currency: str,
) -> bool:
    there = {variant.sku: variant for variant in _related(row, "variants")}
    differs = False
    for position, wanted in enumerate(imported.variants):
        variant = there.pop(wanted.sku, None)
        if variant is None:
            variant = Variant(
                product=row, sku=wanted.sku, price=wanted.price, currency=currency
            )
        fields = {"price": wanted.price, "currency": currency, "position": position}
        if wanted.on_hand is not None:
            # What is promised to somebody stays there, whatever the file says.
            fields["on_hand"] = max(wanted.on_hand, variant.reserved)
        differs |= _update(variant, **fields)
        labels = {text.language: text for text in _related(variant, "texts")}
        options = {language: wanted.options}
        for code, text in texts.items():
            options[code] = _translated(text, wanted.sku, position)
        for code, pairs in options.items():
            words = labels.get(code) or VariantText(variant=variant, language=code)
            differs |= _update(
                words, label=label_of(pairs), options=[list(pair) for pair in pairs]
            )
    for variant in there.values():
        differs |= _retire(variant)
    return differs


def _translated(
    text: ImportedTexts, sku: str, position: int
) -> tuple[tuple[str, str], ...]:
    """Return a variant's options in the text's language: by SKU, else in order."""
    for index, variant in enumerate(text.variants):
        if variant.sku == sku or (not variant.sku and index == position):
            return variant.options
    return ()


def _retire(variant: Variant) -> bool:
    """Take a variant out of the shop, once nobody waits to pay for it."""
    if variant.reserved == 0:
        variant.delete()
        return True
    return _update(variant, on_hand=variant.reserved)


def _write_pictures(
    row: Product,
    stored: list[StoredPicture],
    texts: Mapping[str, ImportedTexts],
    language: str,
) -> bool:
    there = {picture.position: picture for picture in _related(row, "pictures")}
    differs = False
    for item in stored:
        position = item.picture.position
        picture = there.pop(position, None) or ProductPicture(
            product=row, position=position
        )
        # Texts of languages that this import does not bring stay with their
        # picture, but not with another one.
        alts = dict(picture.alt_texts) if picture.sha256 == item.sha256 else {}
        alts[language] = item.picture.alt
        for code, text in texts.items():
            alts[code] = dict(text.alts).get(position, "")
        differs |= _update(
            picture,
            reference=item.reference,
            sha256=item.sha256,
            alt_texts={code: alt for code, alt in alts.items() if alt},
        )
    for picture in there.values():
        picture.delete()
        differs = True
    return differs
