from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from media_pipeline import catalogue_index, conf
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.heads import (
    MIN_PER_CLASS,
    NotEnoughPictures,
    at_least_folds,
    train,
    write,
)


class Command(BaseCommand):
    help = (
        "Teaches the categories of the catalogue from its own pictures, and reports "
        "how often that is right. MEDIA_PIPELINE_CATEGORY_HEAD switches it on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(conf.category_head() or "head.npz"),
            help="file to write, with a report beside it; default: %(default)s",
        )

        parser.add_argument(
            "--per-class",
            type=at_least_folds,
            default=MIN_PER_CLASS,
            metavar="N",
            help="leave out categories with fewer pictures; default: %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        if out.suffix != ".npz":
            raise CommandError("--out: its name must end with .npz.")
        if not conf.catalogue():
            raise CommandError("MEDIA_PIPELINE_CATALOGUE names no catalogue.")
        try:
            catalogue_index.bring_up_to_date()
            vectors, labels, model = catalogue_index.labelled_vectors()
            head, report = train(
                vectors, labels, model=model, per_class=options["per_class"]
            )
            beside = write(head, report, out)
        except (NotEnoughPictures, BackendUnavailable, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{report['pictures']} pictures, {len(head.labels)} classes. Right on "
            f"pictures it had not seen: {report['held_out_accuracy']:.0%} of a fifth, "
            f"{report['mean_accuracy']:.0%} over five folds."
        )
        for label, figures in report["classes"].items():
            self.stdout.write(
                f"  {label}: {figures['pictures']} pictures, "
                f"{figures['recall']:.0%} of them recognised"
            )
        for label, count in report["too_few"].items():
            self.stdout.write(f"  {label or 'none'}: left out, {count} pictures only")
        self.stdout.write(f"Written: {out}, {beside}")
        if conf.category_head() != str(out):
            self.stdout.write(f"To use it: MEDIA_PIPELINE_CATEGORY_HEAD = {str(out)!r}")
