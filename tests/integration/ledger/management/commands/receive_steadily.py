from __future__ import annotations

import select
import sys
from typing import Any

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import Error as AnyDatabaseError
from django.db import connection

from media_pipeline import services
from media_pipeline.exceptions import StorageUnavailable
from tests.integration.faulty_decoder import LATE_SIZE, PLANTED

from .receive_pictures import drawn

#: Of fifty pictures each of these; early, so that they come in a short run too.
POISON, LATE_POISON = 10, 5


class Command(BaseCommand):
    help = (
        "Receive pictures until standard input ends, however the world fails, 2 % of "
        "them poison and 2 % poison for the second stage; print the key of each as it "
        "is taken."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("pause", type=float)

    def handle(self, *args: Any, pause: float, **options: Any) -> None:
        taken = 0
        # The shortest runs too have some of each.
        while taken <= POISON or not _has_ended(pause):
            name, content = _next(taken)
            try:
                asset = services.receive_upload(file=ContentFile(content, name=name))
            except (StorageUnavailable, AnyDatabaseError):
                # A person sends again; this one was never promised anything.
                connection.close()
                continue
            taken += 1
            self.stdout.write(str(asset.pk))
            self.stdout.flush()
            if taken <= POISON:
                _has_ended(pause)


def _next(number: int) -> tuple[str, bytes]:
    match number % 50:
        case 10:
            return "poison.jpg", drawn(number) + PLANTED
        case 5:
            return "late-poison.jpg", drawn(number, LATE_SIZE)
        case _:
            return "photo.jpg", drawn(number)


def _has_ended(pause: float) -> bool:
    """Wait for so long, or until nobody wants any more."""
    readable, _, _ = select.select([sys.stdin], [], [], pause)
    return bool(readable)
