"""The files of an import: text, pictures, and whether they fit each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.files import File
from django.utils.translation import gettext as _

from .. import conf
from ..imports.rows import (
    ImportedPicture,
    ImportedProduct,
    ImportedTexts,
    ImportRefused,
    RowError,
)
from ..models import ProductPicture, Variant

_MAX_FILE_BYTES = 64 * 1024 * 1024  # of a CSV, all of which is held in memory


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture of the file with its place in the renderer's store."""

    picture: ImportedPicture
    reference: str
    sha256: str


def read_text(path: Path) -> str:
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


def mismatches(
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


def foreign_skus(products: Sequence[ImportedProduct], *, file: str) -> list[RowError]:
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


def picture_files(
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


def store_pictures(
    products: Sequence[ImportedProduct],
    files: Mapping[str, tuple[Path, str]],
    file: str,
) -> tuple[dict[str, list[StoredPicture]], int]:
    """Return each product's pictures with their references, storing new files."""
    digests = {digest for _path, digest in files.values()}
    known = dict(
        ProductPicture.objects.filter(sha256__in=digests).values_list(
            "sha256", "reference"
        )
    )
    renderer = conf.picture_renderer()
    stored: dict[str, list[StoredPicture]] = {}
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
                StoredPicture(picture, known[digest], digest)
            )
    if errors:
        raise ImportRefused(errors)
    return stored, new
