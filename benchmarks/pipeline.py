"""CPU seconds of the pipeline per photo, beside Wagtail's renditions of the same."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image as Picture
from wagtail.images.models import Image

from media_pipeline import sandbox
from media_pipeline.pipeline import build_pipeline
from media_pipeline.renditions import WIDTHS

from .figures import heading, interleaved, ratio, spread, tree_cpu

ROUNDS = 5
DEMO = Path(__file__).resolve().parent.parent / "demo" / "photos"
CHOSEN = (
    "latte-art.jpg",
    "street-style-pair.jpg",
    "leather-sofa-loft.jpg",
    "coffee-mugs-circle.jpg",
)


def phone_sized(name: str) -> bytes:
    """A demo photo at 12 megapixels, as a phone would store it."""
    with Picture.open(DEMO / "customer" / name) as opened:
        picture = opened.convert("RGB")
    scale = (12_000_000 / (picture.width * picture.height)) ** 0.5
    size = (round(picture.width * scale), round(picture.height * scale))
    stored = io.BytesIO()
    picture.resize(size, Picture.Resampling.LANCZOS).save(stored, "JPEG", quality=90)
    return stored.getvalue()


def run() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    photos = [phone_sized(name) for name in CHOSEN]
    steps = build_pipeline()
    written: dict[str, int] = defaultdict(int)
    timings: dict[str, list[float]] = defaultdict(list)

    def decode_and_check() -> None:
        for photo in photos:
            with sandbox.opened(photo) as picture:
                result = steps.run(picture.frame)
            for name, milliseconds in {
                **picture.timings_ms,
                **result.timings_ms,
            }.items():
                timings[name].append(milliseconds)

    def renditions() -> None:
        _render(master=False)

    def renditions_and_master() -> None:
        _render(master=True)

    def _render(*, master: bool) -> None:
        total = 0
        for photo in photos:
            with sandbox.opened(photo) as picture:
                total += sum(
                    len(file.content)
                    for file in picture.render(master=master).renditions
                )
        written["ours"] = total

    specs = [
        f"width-{width}|format-{kind}" for kind in ("avif", "jpeg") for width in WIDTHS
    ]

    def wagtail() -> None:
        total = 0
        for number, photo in enumerate(photos):
            image = Image(title="Peer", file=ContentFile(photo, f"{number}.jpg"))
            image.save()
            for rendition in image.get_renditions(*specs).values():
                total += rendition.file.size
            image.delete()
        written["Wagtail"] = total

    ways: dict[str, Callable[[], object]] = {
        "decode, models, checks": decode_and_check,
        "decode, 10 renditions": renditions,
        "decode, 10 renditions, master": renditions_and_master,
        "Wagtail, the same 10 renditions": wagtail,
    }
    heading(f"Pipeline, {len(photos)} photos of 12 MP, one thread")
    taken = interleaved(ways, ROUNDS, clock=tree_cpu)
    print("| CPU ms per photo | min / median / max |\n|---|---|")
    for name, values in taken.items():
        print(f"| {name} | {spread([value / len(photos) for value in values])} |")
    names = list(ways)
    print(
        f"| ratio: renditions / Wagtail's | {ratio(taken[names[1]], taken[names[3]])} |"
    )
    print(f"| ratio: with the master | {ratio(taken[names[2]], taken[names[3]])} |")
    print(f"| ratio: bytes | {written['ours'] / written['Wagtail']:.3f} |")
    print("\n| step | wall ms, min / median / max |\n|---|---|")
    for name, values in timings.items():
        print(f"| {name} | {spread(values, unit=1)} |")
