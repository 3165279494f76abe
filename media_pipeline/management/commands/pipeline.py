"""``manage.py pipeline status | retry | discard | expire``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Min
from django.utils import timezone

from media_pipeline import services
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
        actions.add_parser("expire", help="delete uploads that no asset refers to")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "status":
                self._status()
            case "expire":
                self.stdout.write(f"{services.expire_incoming()} uploads expired.")
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

    def _each(self, done: str, service: Any, options: dict[str, Any]) -> None:
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
