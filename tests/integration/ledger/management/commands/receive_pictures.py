from __future__ import annotations

import io
import random
from typing import Any

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from PIL import Image

from media_pipeline import services
from tests.integration.faulty_decoder import DRAWN_SIZE, PLANTED


class Command(BaseCommand):
    help = "Receive drawn pictures, one of them with the mark that crashes the decoder."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("count", type=int)

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        planted = count // 2
        for number in range(count + 1):
            content = drawn(number)
            if number == planted:
                content += PLANTED
            asset = services.receive_upload(
                file=ContentFile(content, name=f"{number}.jpg")
            )
            if number == planted:
                self.stdout.write(str(asset.pk))


def drawn(number: int, size: tuple[int, int] = DRAWN_SIZE) -> bytes:
    """Draw a JPEG of half a megapixel that nothing else looks like."""
    draw = random.Random(number)
    small = Image.new("RGB", (16, 12))
    small.putdata([tuple(draw.randbytes(3)) for _ in range(16 * 12)])
    content = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(content, "JPEG")
    return content.getvalue()
