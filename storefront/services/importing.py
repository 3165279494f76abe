"""Importing a catalogue: all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.db import transaction

from .. import conf
from ..imports import shopify
from ..imports.rows import ImportedTexts, ImportRefused
from .import_files import (
    foreign_skus,
    mismatches,
    picture_files,
    read_text,
    store_pictures,
)
from .import_rows import ImportReport, write_catalogue
from .pages import index_products


def import_catalogue(
    catalogue: Path,
    *,
    texts: Mapping[str, Path] | None = None,
    pictures: Path | None = None,
    language: str = "",
    currency: str = "",
) -> ImportReport:
    """Read a Shopify CSV, and texts of other languages, into the shop.

    Products, variants and texts are updated by handle and SKU; what the file
    does not name is left alone, except variants of its products that are gone.
    A second run changes nothing. Without ``pictures``, the folder of the files
    that the CSV names, pictures stay as they are. Raises ``ImportRefused``
    with every error, having written nothing.
    """
    language = language or conf.default_language()
    currency = currency or conf.currency()
    products, errors = shopify.read_products(read_text(catalogue), file=catalogue.name)
    translations: dict[str, dict[str, ImportedTexts]] = {}
    for code, path in (texts or {}).items():
        found, problems = shopify.read_texts(read_text(path), file=path.name)
        errors += problems
        errors += mismatches(products, found, file=path.name)
        translations[code] = {text.key: text for text in found}
    errors += foreign_skus(products, file=catalogue.name)
    files = picture_files(products, pictures, catalogue.name, errors)
    if errors:
        raise ImportRefused(errors)
    # Slow and outside of the database; a file stored before is not again.
    stored, new = store_pictures(products, files, catalogue.name)
    with transaction.atomic():
        report = write_catalogue(
            products, translations, stored, language, currency, new
        )
        index_products(product.key for product in products)
    return report
