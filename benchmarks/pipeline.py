"""What a photo costs in each stage, step by step, beside Wagtail's renditions."""

from __future__ import annotations

import io
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image as Picture
from wagtail.images.models import Image

from media_pipeline import sandbox
from media_pipeline.pipeline import build_pipeline
from media_pipeline.renditions import Plan, Size, rendition_sizes

from .figures import heading, interleaved, ratio, spread, tree_cpu

ROUNDS = 3
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
    verdicts: list[float] = []
    masters: list[bytes] = []

    def before_the_verdict() -> None:
        """Stage 1: decode, check, and encode what the queue needs."""
        masters.clear()
        for photo in photos:
            with sandbox.opened(photo, plan=Plan.QUEUE, master=True) as picture:
                result = steps.run(picture.frame)
                files = picture.render(plan=Plan.QUEUE, master=True, placeholder=True)
            assert files.master is not None  # noqa: S101 - asked for above
            masters.append(files.master.content)
            # All that the sandbox told of, and each step.
            taken = {**picture.timings_ms, **result.timings_ms}
            for name, milliseconds in taken.items():
                timings[name].append(milliseconds)
            verdicts.append(sum(taken.values()))

    def the_rest() -> None:
        """Stage 2: all other renditions, from the master."""
        for master in masters:
            sandbox.rendered(master, plan=Plan.REST, is_ours=True)

    def at_once() -> None:
        total = 0
        for photo in photos:
            files = sandbox.rendered(photo).renditions
            total += sum(len(file.content) for file in files)
        written["ours"] = total

    def wagtail() -> None:
        total = 0
        for number, photo in enumerate(photos):
            image = Image(title="Peer", file=ContentFile(photo, f"{number}.jpg"))
            image.save()
            for rendition in image.get_renditions(*_specs(photo)).values():
                total += rendition.file.size
            image.delete()
        written["Wagtail"] = total

    ways: dict[str, Callable[[], object]] = {
        "stage 1: decode, checks, master, 2 JPEGs, placeholder": before_the_verdict,
        "stage 2: the other 8 renditions, from the master": the_rest,
        "all 10 renditions at once": at_once,
        "Wagtail, stock settings, the same 10": wagtail,
    }
    before_the_verdict()  # loads the models
    for values in (*timings.values(), verdicts):
        values.clear()
    heading(f"Pipeline, {len(photos)} photos of 12 MP, one thread")
    taken = interleaved(ways, ROUNDS, clock=tree_cpu, warm_up=False)
    print("| CPU ms per photo | min / median / max |\n|---|---|")
    for name, values in taken.items():
        print(f"| {name} | {spread([value / len(photos) for value in values])} |")
    first, second, whole, peer = taken.values()
    both = [one + two for one, two in zip(first, second, strict=True)]
    print(f"| both stages | {spread([value / len(photos) for value in both])} |")
    print(f"| ratio: renditions / Wagtail's | {ratio(whole, peer)} |")
    print(f"| ratio: bytes | {written['ours'] / written['Wagtail']:.3f} |")
    per_hour = 3600 * len(photos) / statistics.median(both)
    print(f"| photos per hour and core, both stages | {per_hour:,.0f} |")
    print("\n| before the verdict | wall ms, min / median / max |\n|---|---|")
    for name, values in timings.items():
        print(f"| {name} | {spread(values, unit=1)} |")
    print(f"| **their sum** | {spread(verdicts, unit=1)} |")


def _specs(photo: bytes) -> list[str]:
    with Picture.open(io.BytesIO(photo)) as opened:
        sizes = rendition_sizes(Size(*opened.size))
    return [
        f"width-{size.width}|format-{kind}"
        for kind in ("avif", "jpeg")
        for size in sizes
    ]
