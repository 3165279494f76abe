"""Renditions beside Wagtail's and raw pyvips': CPU, bytes, visible quality, memory.

Wagtail's renditions are made at AVIF 63 and JPEG 80: both then score about 75 in
SSIMULACRA2. Its stock settings (61 and 76) give smaller files of lower quality;
their bytes and scores are printed too. Raw pyvips gets one decode, a cascade, and
the same JPEG quality.
"""

from __future__ import annotations

import io
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Read when libvips starts.
os.environ["VIPS_CONCURRENCY"] = "1"

import numpy as np
import pillow_heif
import pyvips
from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image as Picture
from ssimulacra2.ssimulacra2 import compute_ssimulacra2
from wagtail.images.models import Image

from media_pipeline import sandbox
from media_pipeline.recipes import Recipe
from media_pipeline.renditions import WIDTHS, cascade, rendition_sizes
from media_pipeline.sandbox import intake

from .figures import heading, interleaved, ratio, spread, tree_cpu

ROUNDS = 3
PEER = "avifquality-63|jpegquality-80"
DEMO = Path(__file__).resolve().parent.parent / "demo" / "photos" / "customer"
LANDSCAPE = ("coffee-mugs-circle.jpg",)
PORTRAIT = ("street-style-pair.jpg",)
SCORED_WIDTHS = (320, 1280)

Files = dict[tuple[str, int], bytes]  # by format and width

FULL_RECIPE = Recipe.from_json(
    {
        "crop": [0.02, 0.02, 0.95, 0.95],
        "straighten": 1.5,
        "adjustments": {"brightness": 0.1, "contrast": 0.2, "warmth": 0.3},
        "filter": {"name": "lagoon", "strength": 0.8},
        "overlay": {"name": "glow"},
        "texture": {"name": "grain"},
        "text": [{"text": "Sunday", "x": 0.5, "y": 0.1}],
        "signature": {"strokes": [[[0, 0.2], [0.3, 0], [0.6, 0.3], [1, 0.1]]]},
    }
)


@dataclass(frozen=True, slots=True)
class Photo:
    name: str
    content: bytes
    suffix: str = "jpg"


def enlarged(name: str, megapixels: float) -> Picture.Image:
    """A demo photo as a phone's sensor might have seen it.

    Enlarged, sharpened and with the noise of a sensor put over it, since plain
    enlarging leaves pixels that any encoder finds too easy.
    """
    with Picture.open(DEMO / name) as opened:
        picture = opened.convert("RGB")
    scale = (megapixels * 1e6 / (picture.width * picture.height)) ** 0.5
    size = (round(picture.width * scale), round(picture.height * scale))
    pixels = np.asarray(picture.resize(size, Picture.Resampling.LANCZOS), np.float32)
    noise = np.random.default_rng(7).normal(0, 4, (*pixels.shape[:2], 1))
    return Picture.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def stored(picture: Picture.Image, format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **{"quality": 92, **options})
    return file.getvalue()


# --- the ways -----------------------------------------------------------------------


def ours(photo: Photo, **options: object) -> Files:
    with sandbox.opened(photo.content) as picture:
        rendered = picture.render(**options)  # type: ignore[arg-type] # passed on
    return {(each.format, each.width): each.content for each in rendered.renditions}


def wagtails(
    photo: Photo, formats: Sequence[str] = ("avif", "jpeg"), quality: str = PEER
) -> Files:
    specs = {
        f"width-{width}|format-{kind}|{quality}".rstrip("|"): (kind, width)
        for kind in formats
        for width in WIDTHS
    }
    image = Image(title="Peer", file=ContentFile(photo.content, f"p.{photo.suffix}"))
    image.save()
    files = {}
    for spec, rendition in image.get_renditions(*specs).items():
        with rendition.file.open("rb") as file:
            files[specs[spec]] = file.read()
    image.delete()
    return files


def raw_vips(photo: Photo) -> Files:
    """Decode once, at the scale that is enough, then a cascade: JPEG only."""
    files = {}
    picture = pyvips.Image.thumbnail_buffer(
        photo.content, max(WIDTHS), height=100_000
    ).copy_memory()
    for width in sorted(WIDTHS, reverse=True):
        if width < picture.width:
            factor = width / picture.width
            picture = picture.resize(factor, kernel="lanczos3").copy_memory()
        files["jpeg", width] = picture.jpegsave_buffer(Q=80, keep="none")
    return files


# --- what is measured ---------------------------------------------------------------


def costs(
    title: str,
    photos: Sequence[Photo],
    ways: Mapping[str, Callable[[Photo], object]],
    ratios: Sequence[tuple[str, str, str]],
) -> None:
    """Print CPU per photo of each way, interleaved, and the ratios with their goals."""
    taken = interleaved(
        {
            name: (lambda way=way: [way(photo) for photo in photos])
            for name, way in ways.items()
        },
        ROUNDS,
        clock=tree_cpu,
    )
    print(f"| {title}: CPU ms per photo | min / median / max |\n|---|---|")
    for name, values in taken.items():
        print(f"| {name} | {spread([value / len(photos) for value in values])} |")
    for of, to, goal in ratios:
        print(
            f"| **{of} / {to}** (goal {goal}) | {ratio(taken[of], taken[to])} |",
            flush=True,
        )
    print()


def score(whole: Picture.Image, content: bytes) -> float:
    """SSIMULACRA2 of a file against one Lanczos of the whole picture."""
    with Picture.open(io.BytesIO(content)) as opened:
        shown = opened.convert("RGB")
    # To its own size: peers round heights in their own ways.
    reference = whole.resize(shown.size, Picture.Resampling.LANCZOS)
    files = []
    for picture in (reference, shown):
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=0)
        file.seek(0)
        files.append(file)
    return float(compute_ssimulacra2(*files))


def qualities(photos: Sequence[Photo]) -> None:
    """Print bytes and SSIMULACRA2 against full decode and one Lanczos."""
    ways = {
        "ours": ours,
        "Wagtail, AVIF 63, JPEG 80": wagtails,
        "Wagtail, stock settings": lambda photo: wagtails(photo, quality=""),
    }
    made = {name: [way(photo) for photo in photos] for name, way in ways.items()}
    scores: dict[tuple[str, str, int], list[float]] = {}
    for number, photo in enumerate(photos):
        with Picture.open(io.BytesIO(photo.content)) as opened:
            whole = opened.convert("RGB")
        for width in SCORED_WIDTHS:
            for name, files in made.items():
                for kind in ("avif", "jpeg"):
                    value = score(whole, files[number][kind, width])
                    scores.setdefault((name, kind, width), []).append(value)
    print("| bytes of all files / SSIMULACRA2, mean | bytes | ", end="")
    print(" | ".join(f"{k} {w}" for k in ("avif", "jpeg") for w in SCORED_WIDTHS), "|")
    print("|---" * (2 + 2 * len(SCORED_WIDTHS)) + "|")
    for name, each in made.items():
        total = sum(len(content) for files in each for content in files.values())
        print(f"| {name} | {total:,} | ", end="")
        means = (
            statistics.fmean(scores[name, kind, width])
            for kind in ("avif", "jpeg")
            for width in SCORED_WIDTHS
        )
        print(" | ".join(f"{mean:.2f}" for mean in means), "|")
    own, peer, stock = (
        [sum(map(len, files.values())) for files in each] for each in made.values()
    )
    print(f"| **bytes, ours / Wagtail's** (goal 1.10) | {sum(own) / sum(peer):.3f} |")
    for photo, a, b in zip(photos, own, peer, strict=True):
        print(f"| the same, {photo.name} | {a / b:.3f} |")
    print(f"| the same against its stock settings | {sum(own) / sum(stock):.3f} |\n")


def pixels_kept(photos: Sequence[Photo]) -> None:
    """Print SSIMULACRA2 of the pixels before any encoder: goal 90."""
    intake.prepare()
    rules = intake.Rules(
        max_pixels=52_000_000, min_side=200, max_side=12_000, max_ratio=5,
        max_jpeg_scans=100,
    )  # fmt: skip
    values = []
    for photo in photos:
        upload = intake.Upload(photo.content, rules)
        sizes = rendition_sizes(upload.native)
        at_1280 = next(size for size in sizes if size.width == 1280)
        small = list(cascade(upload.pixels(sizes[0]), sizes))[sizes.index(at_1280)]
        with Picture.open(io.BytesIO(photo.content)) as opened:
            whole = opened.convert("RGB")
        values.append(score(whole, stored(small, "PNG", compress_level=0)))
    print(
        "| SSIMULACRA2 of the scaled pixels at 1280 px (goal 90) |",
        " / ".join(f"{value:.1f}" for value in values),
        "|\n|---|---|\n",
    )


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def run() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    pyvips.cache_set_max(0)
    print(f"\npyvips {'.'.join(str(pyvips.version(part)) for part in range(3))}")
    twelve = [
        Photo(name, stored(enlarged(name, 12))) for name in (*LANDSCAPE, *PORTRAIT)
    ]
    large = enlarged(LANDSCAPE[0], 24)
    twenty_four = [Photo("24 MP", stored(large))]
    progressive = [Photo("progressive", stored(large, progressive=True))]
    pillow_heif.register_heif_opener()
    heic = [
        Photo("HEIC", stored(enlarged(LANDSCAPE[0], 12), "HEIF", quality=80), "heic")
    ]
    heading("Renditions, 12 MP: a landscape photo and a portrait, one thread")
    jpeg = {"formats": ("jpeg",)}
    costs(
        "12 MP",
        twelve,
        {
            "10 files": ours,
            "with master": lambda photo: ours(photo, master=True),
            "with a full recipe": lambda photo: ours(photo, recipe=FULL_RECIPE),
            "5 JPEGs": lambda photo: ours(photo, **jpeg),
            "pyvips, 5 JPEGs": raw_vips,
            "Wagtail, 10 files": wagtails,
        },
        (
            ("10 files", "Wagtail, 10 files", "0.100"),
            ("with master", "Wagtail, 10 files", "0.143"),
            ("with a full recipe", "10 files", "2.5"),
            ("5 JPEGs", "pyvips, 5 JPEGs", "0.85"),
        ),
    )
    qualities(twelve)
    pixels_kept(twelve)
    five_jpegs = {
        "5 JPEGs": lambda photo: ours(photo, **jpeg),
        "Wagtail, 5 JPEGs": lambda photo: wagtails(photo, ("jpeg",)),
    }
    for title, photos, goal in (
        ("24 MP", twenty_four, "0.067"),
        ("24 MP progressive", progressive, "none"),
        ("HEIC 12 MP", heic, "0.200"),
    ):
        ratios = [("5 JPEGs", "Wagtail, 5 JPEGs", goal)]
        costs(title, photos, five_jpegs, ratios)
    sandbox.close()
