"""``manage.py pipeline status | retry | discard | requeue | rescore | rerender | expire``."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone

from media_pipeline import reruns, services
from media_pipeline.exceptions import DecoderFailed, RefusedFile, StorageUnavailable
from media_pipeline.models import Asset


class Command(BaseCommand):
    help = "Shows what the pipeline has to do, and decides on what it couldn't."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="count assets by state; list quarantine")
        for action, words in (
            ("retry", "try quarantined assets again"),
            ("discard", "refuse quarantined assets' files"),
        ):
            chosen = actions.add_parser(action, help=words)
            chosen.add_argument("assets", nargs="*", type=int, metavar="ID")
            chosen.add_argument("--all", action="store_true", help="all in quarantine")
        actions.add_parser("requeue", help="make all that waits due now")
        for action, words in (
            ("rescore", "ask all steps anew, of the masters"),
            ("rerender", "encode renditions anew, from the masters"),
        ):
            chosen = actions.add_parser(action, help=words)
            chosen.add_argument("assets", nargs="*", type=int, metavar="ID")
            chosen.add_argument("--all", action="store_true", help="all processed")
        actions.add_parser("expire", help="delete uploads that nobody refers to")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "status":
                self._status()
            case "expire":
                expired = services.expire_incoming() + services.expire_unclaimed()
                self.stdout.write(f"{expired} uploads expired.")
            case "requeue":
                waiting = Asset.objects.open().unleased()
                due = waiting.update(not_before=Now(), rung_at=None)
                self.stdout.write(f"{due} assets are due now.")
            case "rescore":
                self._rerun("rescored", reruns.rescore_asset, options)
            case "rerender":
                self._rerun("rerendered", reruns.rerender_asset, options)
            case "retry":
                self._each("tried again", services.retry_asset, options)
            case "discard":
                self._each("discarded", services.discard_asset, options)

    def _status(self) -> None:
        counts = dict(
            Asset.objects.values_list("state").annotate(count=Count("pk")).order_by()
        )
        for state in Asset.State:
            self.stdout.write(f"{state.value:14}{counts.get(state.value, 0):>8}")
        oldest = Asset.objects.due().aggregate(oldest=Min("created_at"))["oldest"]
        age = 0 if oldest is None else int((timezone.now() - oldest).total_seconds())
        self.stdout.write(f"{'oldest due':14}{age:>8} s")
        for asset in _quarantined():
            self.stdout.write(
                f"quarantined: {asset.pk} since {asset.quarantined_at:%Y-%m-%d %H:%M}"
                f" ({asset.crashes} crashes, {asset.losses} losses)"
            )

    def _rerun(
        self, done: str, rerun: Callable[[int], bool], options: dict[str, Any]
    ) -> None:
        """Do one after the other, newest first, with a line that counts."""
        if options["all"] == bool(options["assets"]):
            raise CommandError("Name assets by their ids, or say --all.")
        processed = Asset.objects.filter(state=Asset.State.PROCESSED)
        ids = options["assets"] or list(
            processed.order_by("-pk").values_list("pk", flat=True)
        )
        failed = changed = 0
        for number, asset_id in enumerate(ids, start=1):
            try:
                changed += rerun(asset_id)
            except (DecoderFailed, RefusedFile, StorageUnavailable) as failure:
                failed += 1
                self.stderr.write(f"{asset_id}: {type(failure).__name__}: {failure}")
            if self.stdout.isatty() or number == len(ids):
                end = "\n" if number == len(ids) else "\r"
                self.stdout.write(f"{number} of {len(ids)}", ending=end)
        self.stdout.write(f"{changed} assets {done}.")
        if failed:
            raise CommandError(f"{failed} failed; they are as they were.")

    def _each(
        self, done: str, service: Callable[[int], bool], options: dict[str, Any]
    ) -> None:
        if options["all"] == bool(options["assets"]):
            raise CommandError("Name assets by their ids, or say --all.")
        ids = (
            [asset.pk for asset in _quarantined()]
            if options["all"]
            else options["assets"]
        )
        for asset_id in ids:
            if service(asset_id):
                self.stdout.write(f"{asset_id}: {done}.")
            else:
                self.stderr.write(f"{asset_id}: is not in quarantine.")


def _quarantined() -> list[Asset]:
    return list(Asset.objects.quarantined().order_by("quarantined_at"))
