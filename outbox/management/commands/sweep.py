from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from outbox import services


class Command(BaseCommand):
    help = "Ring once for all due work that no worker has heard of."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Rang for {services.sweep()}.")
