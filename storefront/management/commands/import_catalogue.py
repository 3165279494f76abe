"""Read a Shopify CSV into the shop."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import conf
from ...imports.rows import ImportRefused
from ...money import CURRENCIES
from ...services import import_catalogue


class Command(BaseCommand):
    help = (
        "Import products, variants, prices, stock and pictures from a Shopify "
        "product CSV. Run it again to update; nothing is imported if a row is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument(
            "--texts",
            action="append",
            default=[],
            metavar="LANGUAGE=FILE.csv",
            help="names and texts in another language; may be repeated",
        )
        parser.add_argument(
            "--pictures",
            type=Path,
            metavar="FOLDER",
            help="where the files of “Image Src” lie; without it pictures stay",
        )
        parser.add_argument(
            "--language", default="", help="of FILE.csv; default: the site's"
        )
        parser.add_argument(
            "--currency", default="", help="of the prices; default: the shop's"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        texts = {}
        for pair in options["texts"]:
            language, sign, path = pair.partition("=")
            if not sign or not language or not path:
                raise CommandError(f"--texts {pair}: write LANGUAGE=FILE.csv.")
            texts[language] = Path(path)
        currency = options["currency"] or conf.currency()
        if currency not in CURRENCIES:
            known = ", ".join(sorted(CURRENCIES))
            raise CommandError(f"--currency {currency}: one of {known}.")
        folder = options["pictures"]
        if folder is not None and not folder.is_dir():
            raise CommandError(f"--pictures {folder}: there is no such folder.")
        try:
            report = import_catalogue(
                options["file"],
                texts=texts,
                pictures=folder,
                language=options["language"],
                currency=currency,
            )
        except ImportRefused as refusal:
            for error in refusal.errors:
                self.stderr.write(str(error))
            raise CommandError(
                f"{len(refusal.errors)} to mend; nothing was imported."
            ) from refusal
        self.stdout.write(
            f"{len(report.created)} products created, {len(report.changed)} changed, "
            f"{len(report.unchanged)} unchanged; "
            f"{report.stored_pictures} pictures stored."
        )
