"""Delete baskets that nobody came back for."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ...services import forget_old_baskets


class Command(BaseCommand):
    help = (
        "Deletes baskets that nobody touched for STOREFRONT_BASKET_KEEP_SECONDS "
        "(60 days). Run it daily; running it again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_old_baskets()} baskets deleted.")
