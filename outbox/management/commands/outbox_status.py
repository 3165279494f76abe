from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from outbox import services


class Command(BaseCommand):
    help = (
        "Print for each kind of work how much is open, due and in quarantine, and "
        "for how long the oldest due row has waited."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for count in services.backlog():
            self.stdout.write(
                f"{count.label} ({count.queue}): {count.open} open, {count.due} due, oldest "
                f"{count.oldest_due_seconds:.0f} s, {count.quarantined} in quarantine"
            )
