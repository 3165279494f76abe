"""Shopify's product CSV, in its old and its new headers.

Rows of one handle are one product: the first has its words, every row may add
a variant and a picture. Columns we have no use for are left alone.
https://help.shopify.com/en/manual/products/import-export/using-csv
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.text import slugify
from django.utils.translation import gettext as _

from .plain_text import plain_text
from .rows import (
    ImportedPicture,
    ImportedProduct,
    ImportedTexts,
    ImportedVariant,
    ImportedVariantText,
    RowError,
)

# Ours → their names, lower case; the first is used in messages.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "body": ("Body (HTML)", "Description"),
    "vendor": ("Vendor",),
    "type": ("Type",),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    "sku": ("Variant SKU", "SKU"),
    "price": ("Variant Price", "Price"),
    "quantity": ("Variant Inventory Qty", "Inventory quantity"),
    "image": ("Image Src", "Product image URL"),
    "image_position": ("Image Position",),
    "alt": ("Image Alt Text",),
    **{f"option{n}_name": (f"Option{n} Name",) for n in (1, 2, 3)},
    **{f"option{n}_value": (f"Option{n} Value",) for n in (1, 2, 3)},
}
_TRUE = frozenset(("true", "yes", "1", "y"))
_FALSE = frozenset(("false", "no", "0", "n", ""))
_MAX_STOCK = 1_000_000
_MAX_POSITION = 250  # pictures of one product, as at Shopify
_HANDLE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int
    values: Mapping[str, str]  # by our names
    headers: Mapping[str, str]  # our names → the file's own

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def error(self, name: str, problem: str, remedy: str) -> RowError:
        column = self.headers.get(name, _COLUMNS[name][0])
        return RowError(self.file, self.line, column, problem, remedy)


def read_products(
    text: str, *, file: str
) -> tuple[list[ImportedProduct], list[RowError]]:
    """Return the products of a file, and all that is wrong in it."""
    rows, errors = _rows(text, file=file, needed=("title", "price"))
    products = []
    skus: dict[str, int] = {}
    for key, group in _grouped(rows, errors).items():
        product = _product(key, group, errors)
        for variant in product.variants:
            first = skus.setdefault(variant.sku, variant.line)
            if first != variant.line:
                row = next(row for row in group if row.line == variant.line)
                errors.append(
                    row.error(
                        "sku",
                        _("“%(sku)s” is in line %(line)s already.")
                        % {"sku": variant.sku, "line": first},
                        _("Give each variant a SKU of its own."),
                    )
                )
        products.append(product)
    return products, errors


def read_texts(text: str, *, file: str) -> tuple[list[ImportedTexts], list[RowError]]:
    """Return the words of a file in another language, and what is wrong in it."""
    rows, errors = _rows(text, file=file, needed=("handle", "title"))
    texts = []
    for key, group in _grouped(rows, errors).items():
        first = group[0]
        names = _option_names(first)
        variants = tuple(
            ImportedVariantText(
                line=row.line, sku=row["sku"], options=_options(row, names, errors)
            )
            for row in group
            if row["sku"] or row["option1_value"]
        )
        alts = []
        for position, row in _pictures_in(group, errors):
            alts.append((position, row["alt"]))
        texts.append(
            ImportedTexts(
                line=first.line,
                key=key,
                name=_title(first, errors),
                description=plain_text(first["body"]),
                category=_shortened(first, "type", 120, errors),
                variants=variants,
                alts=tuple(alts),
            )
        )
    return texts, errors


def _rows(
    text: str, *, file: str, needed: tuple[str, ...]
) -> tuple[list[_Row], list[RowError]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    rows: list[_Row] = []
    try:
        headers = [" ".join(name.split()).casefold() for name in next(reader, [])]
        columns: dict[str, int] = {}
        written: dict[str, str] = {}
        for name, theirs in _COLUMNS.items():
            for header in theirs:
                if header.casefold() in headers:
                    columns[name] = headers.index(header.casefold())
                    written[name] = header
                    break
        missing = [_COLUMNS[name][0] for name in needed if name not in columns]
        if missing:
            return [], [
                RowError(
                    file,
                    1,
                    column,
                    _("There is no such column."),
                    _("Export the file as a product CSV, with its first line."),
                )
                for column in missing
            ]
        line = reader.line_num + 1
        for cells in reader:
            values = {
                name: cells[index].strip() if index < len(cells) else ""
                for name, index in columns.items()
            }
            if any(values.values()):
                rows.append(_Row(file, line, values, written))
            line = reader.line_num + 1
    except csv.Error as error:
        return [], [
            RowError(
                file,
                reader.line_num,
                "",
                _("This is no CSV: %(error)s.") % {"error": error},
                _("Save the file as CSV with commas, in UTF-8."),
            )
        ]
    return rows, []


def _grouped(rows: list[_Row], errors: list[RowError]) -> dict[str, list[_Row]]:
    """Return rows by product key, in the file's order."""
    groups: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        # Only the title is required of a product with one variant.
        key = row["handle"] or slugify(row["title"])
        if not _HANDLE.fullmatch(key) or len(key) > 120:
            errors.append(
                row.error(
                    "handle",
                    _("“%(value)s” can't be part of an address.") % {"value": key},
                    _("Use small letters, digits and hyphens, at most 120."),
                )
            )
            continue
        groups[key].append(row)
    return groups


def _product(key: str, group: list[_Row], errors: list[RowError]) -> ImportedProduct:
    first = group[0]
    names = _option_names(first)
    variants = []
    for row in group:
        if row["sku"] or row["price"] or row["option1_value"]:
            variant = _variant(key, row, names, errors)
            if variant is not None:
                variants.append(variant)
    if not variants and not any(error.file == first.file for error in errors):
        errors.append(
            first.error(
                "price",
                _("“%(key)s” has no price.") % {"key": key},
                _("Write an amount such as 49.00."),
            )
        )
    pictures = [
        ImportedPicture(
            line=row.line, position=position, source=row["image"], alt=row["alt"]
        )
        for position, row in _pictures_in(group, errors)
    ]
    return ImportedProduct(
        line=first.line,
        key=key,
        name=_title(first, errors),
        description=plain_text(first["body"]),
        vendor=_shortened(first, "vendor", 120, errors),
        category=_shortened(first, "type", 120, errors),
        is_published=_is_published(first, errors),
        variants=tuple(variants),
        pictures=tuple(pictures),
    )


def _variant(
    key: str, row: _Row, names: tuple[str, ...], errors: list[RowError]
) -> ImportedVariant | None:
    options = _options(row, names, errors)
    values = "-".join(slugify(value) for _name, value in options)
    sku = row["sku"] or "-".join(filter(None, (key, values)))
    if len(sku) > 80:
        errors.append(
            row.error(
                "sku",
                _("“%(sku)s” is longer than 80 characters.") % {"sku": sku},
                _("Give the variant a shorter SKU."),
            )
        )
    price = _price(row, errors)
    quantity = _quantity(row, errors)
    if price is None:
        return None
    return ImportedVariant(
        line=row.line, sku=sku, price=price, on_hand=quantity, options=options
    )


def _price(row: _Row, errors: list[RowError]) -> Decimal | None:
    remedy = _("Write an amount such as 49.00, without a currency.")
    try:
        price = Decimal(row["price"])
    except InvalidOperation:
        errors.append(
            row.error(
                "price",
                _("“%(value)s” is no amount.") % {"value": row["price"]},
                remedy,
            )
        )
        return None
    exponent = price.as_tuple().exponent
    # int: infinity and NaN have a letter instead.
    if not isinstance(exponent, int) or not 0 <= price < 10**9:
        problem = _("“%(value)s” is no price.")
    elif exponent < -2 and price != round(price, 2):
        problem = _("“%(value)s” has more than two decimals.")
    else:
        return price.quantize(Decimal("0.01"))
    errors.append(row.error("price", problem % {"value": row["price"]}, remedy))
    return None


def _quantity(row: _Row, errors: list[RowError]) -> int | None:
    value = row["quantity"]
    if not value:
        return None
    if re.fullmatch(r"-?[0-9]{1,9}", value) and int(value) <= _MAX_STOCK:
        # Shopify counts below zero what was sold without being there.
        return max(0, int(value))
    errors.append(
        row.error(
            "quantity",
            _("“%(value)s” is no number of pieces.") % {"value": value},
            _("Write a whole number from 0 to 1000000."),
        )
    )
    return None


def _option_names(first: _Row) -> tuple[str, ...]:
    return tuple(first[f"option{n}_name"] for n in (1, 2, 3))


def _options(
    row: _Row, names: tuple[str, ...], errors: list[RowError]
) -> tuple[tuple[str, str], ...]:
    values = [row[f"option{n}_value"] for n in (1, 2, 3)]
    # What Shopify writes for a product that comes in one way only.
    if [value for value in values if value] == ["Default Title"]:
        return ()
    options = tuple(
        (name, value) for name, value in zip(names, values, strict=True) if value
    )
    if sum(len(value) + 3 for _name, value in options) > 200:
        errors.append(
            row.error(
                "option1_value",
                _("The values are longer than 200 characters."),
                _("Shorten them."),
            )
        )
    return options


def _pictures_in(
    group: list[_Row], errors: list[RowError]
) -> Iterator[tuple[int, _Row]]:
    """Yield the rows with a picture or its text, with their positions."""
    seen: set[int] = set()
    for row in group:
        if not row["image"] and not row["alt"]:
            continue
        written = row["image_position"]
        if written and not re.fullmatch(r"[1-9][0-9]{0,2}", written):
            errors.append(
                row.error(
                    "image_position",
                    _("“%(value)s” is no position.") % {"value": written},
                    _("Write 1 for the first picture, 2 for the next."),
                )
            )
            continue
        position = int(written) if written else max(seen, default=0) + 1
        if position in seen or position > _MAX_POSITION:
            errors.append(
                row.error(
                    "image_position",
                    _("The product has a picture %(position)s already.")
                    % {"position": position}
                    if position in seen
                    else _("A product has at most %(most)s pictures.")
                    % {"most": _MAX_POSITION},
                    _("Number its pictures 1, 2, 3 and so on."),
                )
            )
            continue
        seen.add(position)
        yield position, row


def _title(first: _Row, errors: list[RowError]) -> str:
    title = _shortened(first, "title", 200, errors)
    if not title:
        errors.append(
            first.error(
                "title",
                _("The product has no name."),
                _("Write it into the first line of the product."),
            )
        )
    return title


def _shortened(row: _Row, name: str, most: int, errors: list[RowError]) -> str:
    value = " ".join(row[name].split())
    if len(value) > most:
        errors.append(
            row.error(
                name,
                _("It is longer than %(most)s characters.") % {"most": most},
                _("Shorten it."),
            )
        )
    return value[:most]


def _is_published(first: _Row, errors: list[RowError]) -> bool:
    status = first["status"].casefold()
    if status not in ("", "active", "draft", "archived", "unlisted"):
        errors.append(
            first.error(
                "status",
                _("“%(value)s” is no status.") % {"value": first["status"]},
                _("Write active, draft or archived."),
            )
        )
    published = first["published"].casefold()
    if published not in _TRUE | _FALSE:
        errors.append(
            first.error(
                "published",
                _("“%(value)s” is neither TRUE nor FALSE.")
                % {"value": first["published"]},
                _("Write TRUE or FALSE."),
            )
        )
    is_active = status in ("", "active")
    # Without the column a product is meant to be seen.
    return is_active and (published in _TRUE or "published" not in first.headers)
