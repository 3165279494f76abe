"""Writing an imported catalogue: all of it or nothing, and only what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import models, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from .. import conf
from ..imports import shopify
from ..imports.rows import (
    ImportedPicture,
    ImportedProduct,
    ImportedTexts,
    ImportRefused,
    RowError,
    label_of,
)
from ..models import (
    Category,
    CategoryText,
    Product,
    ProductPicture,
    ProductText,
    Variant,
    VariantText,
)
from .pages import index_products

_MAX_FILE_BYTES = 64 * 1024 * 1024  # of a CSV, all of which is held in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did; products by their keys, in the file's order."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    stored_pictures: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """A picture of the file with its place in the renderer's store."""

    picture: ImportedPicture
    reference: str
    sha256: str


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
    products, errors = shopify.read_products(_read(catalogue), file=catalogue.name)
    translations: dict[str, dict[str, ImportedTexts]] = {}
    for code, path in (texts or {}).items():
        found, problems = shopify.read_texts(_read(path), file=path.name)
        errors += problems
        errors += _mismatches(products, found, file=path.name)
        translations[code] = {text.key: text for text in found}
    errors += _foreign_skus(products, file=catalogue.name)
    files = _picture_files(products, pictures, catalogue.name, errors)
    if errors:
        raise ImportRefused(errors)
    # Slow and outside of the database; a file stored before is not again.
    stored, new = _store(products, files, catalogue.name)
    with transaction.atomic():
        report = _write(products, translations, stored, language, currency, new)
        index_products(product.key for product in products)
    return report


def _read(path: Path) -> str:
    def refuse(problem: str, remedy: str) -> ImportRefused:
        return ImportRefused([RowError(path.name, 1, "", problem, remedy)])

    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise refuse(_("The file is too large."), _("Split it into several."))
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise refuse(
            _("It can't be read: %(error)s.") % {"error": error.strerror or error},
            _("Check the path."),
        ) from error
    except UnicodeDecodeError as error:
        raise refuse(_("It is not UTF-8."), _("Save it as CSV in UTF-8.")) from error
    if "\0" in text:
        raise refuse(_("It is no text file."), _("Save it as CSV in UTF-8."))
    return text


def _mismatches(
    products: Sequence[ImportedProduct], texts: Sequence[ImportedTexts], *, file: str
) -> list[RowError]:
    """Return what the second file says of things that the first does not have."""
    errors = []
    by_key = {product.key: product for product in products}
    for text in texts:
        product = by_key.get(text.key)
        if product is None:
            errors.append(
                RowError(
                    file,
                    text.line,
                    "Handle",
                    _("There is no product “%(key)s”.") % {"key": text.key},
                    _("Write the handle as in the first file."),
                )
            )
            continue
        skus = {variant.sku for variant in product.variants}
        errors += [
            RowError(
                file,
                variant.line,
                "Variant SKU",
                _("“%(key)s” has no variant “%(sku)s”.")
                % {"key": text.key, "sku": variant.sku},
                _("Write the SKU as in the first file."),
            )
            for variant in text.variants
            if variant.sku and variant.sku not in skus
        ]
        unnamed = [variant for variant in text.variants if not variant.sku]
        if unnamed and len(text.variants) != len(product.variants):
            errors.append(
                RowError(
                    file,
                    text.line,
                    "Option1 Value",
                    _("“%(key)s” has %(all)s variants, and %(here)s are here.")
                    % {
                        "key": text.key,
                        "all": len(product.variants),
                        "here": len(text.variants),
                    },
                    _("Add the column “Variant SKU”, or a line for each variant."),
                )
            )
    return errors


def _foreign_skus(products: Sequence[ImportedProduct], *, file: str) -> list[RowError]:
    """Return SKUs that belong to other products of the shop."""
    wanted = {
        variant.sku: (product, variant)
        for product in products
        for variant in product.variants
    }
    rows = Variant.objects.filter(sku__in=wanted).values_list("sku", "product__key")
    return [
        RowError(
            file,
            wanted[sku][1].line,
            "Variant SKU",
            _("“%(sku)s” belongs to “%(key)s” already.") % {"sku": sku, "key": key},
            _("Give the variant a SKU of its own."),
        )
        for sku, key in rows
        if wanted[sku][0].key != key
    ]


def _picture_files(
    products: Sequence[ImportedProduct],
    folder: Path | None,
    file: str,
    errors: list[RowError],
) -> dict[str, tuple[Path, str]]:
    """Return path and SHA-256 of each picture's file by what the CSV calls it."""
    if folder is None:
        return {}
    files: dict[str, tuple[Path, str]] = {}
    for product in products:
        for picture in product.pictures:
            if not picture.source or picture.source in files:
                continue
            path = (folder / picture.source).resolve()
            if "://" in picture.source:
                remedy = _("Download it into the folder and write its name.")
            else:
                remedy = _("Write the file's name as seen from the pictures' folder.")
            # Nothing outside of the folder, whatever the name says.
            if not path.is_relative_to(folder.resolve()) or not path.is_file():
                problem = _("There is no file “%(name)s” in the pictures' folder.")
                errors.append(
                    RowError(
                        file,
                        picture.line,
                        "Image Src",
                        problem % {"name": picture.source},
                        remedy,
                    )
                )
                continue
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            files[picture.source] = (path, digest)
    return files


def _store(
    products: Sequence[ImportedProduct],
    files: Mapping[str, tuple[Path, str]],
    file: str,
) -> tuple[dict[str, list[_Stored]], int]:
    """Return each product's pictures with their references, storing new files."""
    digests = {digest for _path, digest in files.values()}
    known = dict(
        ProductPicture.objects.filter(sha256__in=digests).values_list(
            "sha256", "reference"
        )
    )
    renderer = conf.picture_renderer()
    stored: dict[str, list[_Stored]] = {}
    errors: list[RowError] = []
    new = 0
    for product in products:
        for picture in product.pictures:
            if picture.source not in files:
                continue
            path, digest = files[picture.source]
            if digest not in known:
                try:
                    with path.open("rb") as content:
                        known[digest] = renderer.store(
                            File(content, name=path.name), name=path.name
                        )
                # Any: renderers are the host's own, and whatever they raise, the
                # import answers by naming the row and writing nothing.
                except Exception as error:
                    errors.append(
                        RowError(
                            file,
                            picture.line,
                            "Image Src",
                            _("“%(name)s” was not taken: %(error)s.")
                            % {"name": picture.source, "error": error},
                            _("Use a JPEG, PNG or WebP picture."),
                        )
                    )
                    continue
                new += 1
            stored.setdefault(product.key, []).append(
                _Stored(picture, known[digest], digest)
            )
    if errors:
        raise ImportRefused(errors)
    return stored, new


def _write(
    products: Sequence[ImportedProduct],
    translations: Mapping[str, Mapping[str, ImportedTexts]],
    stored: Mapping[str, list[_Stored]],
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
    stored: list[_Stored],
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
