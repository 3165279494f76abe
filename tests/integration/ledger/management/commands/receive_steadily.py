from __future__ import annotations

import time
from typing import Any

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import Error as AnyDatabaseError
from django.db import connection

from media_pipeline import services
from media_pipeline.exceptions import StorageUnavailable
from tests.integration.faulty_decoder import PLANTED

from .receive_pictures import _picture


class Command(BaseCommand):
    help = (
        "Receive pictures until that many were taken, however the world fails, each "
        "fiftieth of them poisoned; print the key of each as it is taken."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("pause", type=float)

    def handle(self, *args: Any, count: int, pause: float, **options: Any) -> None:
        taken = 0
        while taken < count:
            # 2 % of them, the first one early enough to be tried thrice.
            is_poison = taken % 50 == 10
            content = _picture(taken) + (PLANTED if is_poison else b"")
            name = "poison.jpg" if is_poison else "photo.jpg"
            try:
                asset = services.receive_upload(file=ContentFile(content, name=name))
            except (StorageUnavailable, AnyDatabaseError):
                # A person sends again; this one was never promised anything.
                connection.close()
                time.sleep(0.5)
                continue
            taken += 1
            self.stdout.write(str(asset.pk))
            self.stdout.flush()
            time.sleep(pause)
