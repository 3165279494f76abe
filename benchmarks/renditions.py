"""Renditions beside Wagtail's, raw pyvips' and thumbor's: CPU, bytes, quality, memory.

All make the same files: the widths that a photo gets here. Peers make AVIF at 63
and JPEG at 80: both then score about 75 in SSIMULACRA2. Wagtail's stock settings
(61 and 76) give smaller files of lower quality; their bytes and scores are printed
too. Raw pyvips gets one decode, a cascade, and the same JPEG quality.

The photos are the demo's, enlarged to what a phone stores; ``--photos DIR`` takes
those of a folder instead, in which JPEGs of 18 megapixels and more count as large.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from django.core.management import call_command
from PIL import Image as Picture
from PIL import ImageOps
from ssimulacra2.ssimulacra2 import compute_ssimulacra2

from media_pipeline import sandbox
from media_pipeline.recipes import Recipe
from media_pipeline.renditions import (
    Plan,
    Size,
    cascade,
    rendition_sizes,
    source_size,
)
from media_pipeline.sandbox import client, intake

from .figures import heading, interleaved, ratio, spread, tree_cpu
from .peers import (
    Files,
    Photo,
    Thumbor,
    memory,
    thumbor,
    vips,
    vips_version,
    wagtails,
    wagtails_memory,
)

ROUNDS = 3
DEMO = Path(__file__).resolve().parent.parent / "demo" / "photos" / "customer"
LANDSCAPE = "tent-in-forest.jpg"
PORTRAIT = "basketball-on-court.jpg"
LARGE = 18_000_000  # px
WIDEST = "widest"  # 1920 px, or what a portrait photo gets instead
SCORED_WIDTHS = (320, 640, 960, 1280, WIDEST)
RULES = intake.Rules(
    max_pixels=52_000_000,
    min_side=200,
    max_side=12_000,
    max_ratio=5,
    max_jpeg_scans=100,
)

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

# --- the photos ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Photos:
    twelve: list[Photo]  # about 12 megapixels, JPEG
    large: list[Photo]
    progressive: list[Photo]
    heic: list[Photo]


def enlarged(name: str, megapixels: float) -> Picture.Image:
    """A demo photo as a phone's sensor might have seen it.

    Enlarged, and with a sensor's noise put over it, since plain enlarging leaves
    pixels that any encoder finds too easy. Neighbours share their noise, as the
    interpolation of a sensor's colours leaves it.
    """
    with Picture.open(DEMO / name) as opened:
        picture = opened.convert("RGB")
    scale = (megapixels * 1e6 / (picture.width * picture.height)) ** 0.5
    size = (round(picture.width * scale), round(picture.height * scale))
    pixels = np.asarray(picture.resize(size, Picture.Resampling.LANCZOS), np.float32)
    noise = np.random.default_rng(7).normal(0, 8, (size[1] + 1, size[0] + 1, 1))
    shared = (noise[1:, 1:] + noise[:-1, 1:] + noise[1:, :-1] + noise[:-1, :-1]) / 4
    return Picture.fromarray(np.clip(pixels + shared, 0, 255).astype(np.uint8))


def photo(name: str, content: bytes, suffix: str = "jpg") -> Photo:
    with Picture.open(io.BytesIO(content)) as opened:
        size = ImageOps.exif_transpose(opened).size
    return Photo(name, content, Size(*size), suffix)


def stored(picture: Picture.Image, format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **{"quality": 92, **options})
    return file.getvalue()


def generated() -> Photos:
    large = enlarged(LANDSCAPE, 24)
    return Photos(
        twelve=[
            photo(name, stored(enlarged(name, 12))) for name in (LANDSCAPE, PORTRAIT)
        ],
        large=[photo("24 MP", stored(large))],
        progressive=[photo("progressive", stored(large, progressive=True))],
        heic=[
            photo("HEIC", stored(enlarged(LANDSCAPE, 12), "HEIF", quality=80), "heic")
        ],
    )


def found(folder: Path) -> Photos:
    photos = Photos([], [], [], [])
    for file in sorted(folder.iterdir()):
        suffix = file.suffix.lower().lstrip(".")
        if suffix not in ("jpg", "jpeg", "heic"):
            continue
        each = photo(file.name, file.read_bytes(), suffix)
        if suffix == "heic":
            photos.heic.append(each)
            continue
        with Picture.open(io.BytesIO(each.content)) as opened:
            if opened.info.get("progressive"):
                photos.progressive.append(each)
            elif each.size.pixels >= LARGE:
                photos.large.append(each)
            else:
                photos.twelve.append(each)
    return photos


# --- what is measured ---------------------------------------------------------------


def ours(photo: Photo, **options: object) -> Files:
    rendered = sandbox.rendered(photo.content, **options)  # type: ignore[arg-type] # passed on
    return {(each.format, each.width): each.content for each in rendered.renditions}


def ours_with_master(photo: Photo) -> None:
    with sandbox.opened(photo.content, master=True) as picture:
        picture.render(master=True)


@dataclass(frozen=True, slots=True)
class Way:
    make: Callable[[Photo], object]
    times: int = 1  # in a round: cheap ones more often than the clock is coarse


@dataclass(frozen=True, slots=True)
class Goal:
    of: str
    to: str
    most: str


def costs(
    title: str,
    photos: Sequence[Photo],
    ways: Mapping[str, Way],
    goals: Sequence[Goal],
    rounds: int,
) -> dict[str, list[float]]:
    """Print CPU per photo of each way, interleaved, and the ratios with their goals."""
    if not photos:
        return {}

    def all_photos(way: Way) -> Callable[[], None]:
        def make() -> None:
            for _ in range(way.times):
                for photo in photos:
                    way.make(photo)

        return make

    taken = interleaved(
        {name: all_photos(way) for name, way in ways.items()},
        rounds,
        clock=tree_cpu,
        warm_up=False,
    )
    per_photo = {
        name: [value / len(photos) / ways[name].times for value in values]
        for name, values in taken.items()
    }
    print(f"| {title}: CPU ms per photo | min / median / max |\n|---|---|")
    for name, values in per_photo.items():
        print(f"| {name} | {spread(values)} |")
    for goal in goals:
        if goal.to in per_photo:
            figure = ratio(per_photo[goal.of], per_photo[goal.to])
            print(f"| **{goal.of} / {goal.to}** (goal {goal.most}) | {figure} |")
    print(flush=True)
    return per_photo


def upright(content: bytes) -> Picture.Image:
    with Picture.open(io.BytesIO(content)) as opened:
        return ImageOps.exif_transpose(opened).convert("RGB")


def score(whole: Picture.Image, shown: Picture.Image) -> float:
    """SSIMULACRA2 of a picture against one Lanczos of the whole."""
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
    ways: dict[str, Callable[[Photo], Files]] = {
        "ours": ours,
        "ours, small AVIFs": lambda photo: {
            **ours(photo),
            **ours(photo, plan=Plan.SMALL),
        },
        "Wagtail, AVIF 63, JPEG 80": wagtails,
        "Wagtail, stock: AVIF 61, JPEG 76": lambda photo: wagtails(photo, quality=""),
    }
    made = {name: [way(photo) for photo in photos] for name, way in ways.items()}
    scores: dict[tuple[str, str, int | str], list[float]] = {}
    for number, photo in enumerate(photos):
        whole = upright(photo.content)
        for width in SCORED_WIDTHS:
            pixels = photo.widths[0] if isinstance(width, str) else width
            for name, files in made.items():
                for kind in ("avif",) if "small" in name else ("avif", "jpeg"):
                    value = score(whole, upright(files[number][kind, pixels]))
                    scores.setdefault((name, kind, width), []).append(value)
    columns = [(kind, width) for kind in ("avif", "jpeg") for width in SCORED_WIDTHS]
    print("| all files: bytes, SSIMULACRA2 (mean) | bytes | ", end="")
    print(" | ".join(f"{kind} {width}" for kind, width in columns), "|")
    print("|---" * (2 + len(columns)) + "|")
    total = {
        name: sum(len(content) for files in each for content in files.values())
        for name, each in made.items()
    }
    for name in made:
        means = (
            f"{statistics.fmean(scores[name, *column]):.2f}"
            if (name, *column) in scores
            else "as ours"
            for column in columns
        )
        print(f"| {name} | {total[name]:,} | {' | '.join(means)} |")
    own, small, peer, stock = total
    for title, of, to, goal in (
        ("bytes, ours / Wagtail's", own, peer, "1.10"),
        ("the same, small AVIFs", small, peer, "0.97"),
        ("bytes, ours / its stock settings'", own, stock, "none"),
        ("the same, small AVIFs", small, stock, "none"),
    ):
        print(f"| **{title}** (goal {goal}) | {total[of] / total[to]:.3f} |")
    print("\n| SSIMULACRA2, ours - Wagtail's | ", end="")
    print(" | ".join(f"{kind} {width}" for kind, width in columns), "| all (goal 0) |")
    print("|---" * (2 + len(columns)) + "|")
    gains = [
        [of - to for of, to in zip(scores[own, *at], scores[peer, *at], strict=True)]
        for at in columns
    ]
    rows = [(photo.name, row) for photo, *row in zip(photos, *gains, strict=True)]
    rows.append(("**mean**", [statistics.fmean(column) for column in gains]))
    for title, row in rows:
        cells = " | ".join(f"{gain:+.1f}" for gain in (*row, statistics.fmean(row)))
        print(f"| {title} | {cells} |")
    print(flush=True)


def pixels_kept(photos: Sequence[Photo]) -> None:
    """Print SSIMULACRA2 of the pixels before any encoder: goal 90."""
    intake.prepare()
    print(
        "| SSIMULACRA2 of the scaled pixels at 1280 and 640 px | AVIF and JPEG "
        "(goal 90) | JPEG alone, decoded at the scale that is just enough |\n|---|---|---|"
    )
    for photo in photos:
        whole = upright(photo.content)
        cells = []
        for thrifty in (False, True):
            upload = intake.Upload(photo.content, RULES)
            sizes = rendition_sizes(upload.master)
            pixels = (
                upload.pixels(sizes[0], thrifty=True)
                if thrifty
                else upload.pixels(source_size(sizes))
            )
            made = {each.width: each for each in cascade(pixels, sizes)}
            cells.append(
                " / ".join(f"{score(whole, made[width]):.1f}" for width in (1280, 640))
            )
        print(f"| {photo.name} | {cells[0]} | {cells[1]} |", flush=True)
    print()


@contextlib.contextmanager
def watched(most: list[int]) -> Iterator[None]:
    """Put into the list the most memory, KiB, that each of our children takes.

    By its own high-water mark, which only rises: read again and again until it ends.
    """
    server = client._server().process.pid
    done = threading.Event()
    marks: dict[str, int] = {}

    def watch() -> None:
        while not done.wait(0.001):
            children = Path(f"/proc/{server}/task/{server}/children").read_text()
            for child in children.split():
                with contextlib.suppress(OSError, IndexError):
                    status = Path(f"/proc/{child}/status").read_text()
                    mark = status.split("VmHWM:")[1].split(maxsplit=1)[0]
                    marks[child] = int(mark)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        most.extend(marks.values())


def memories(photos: Sequence[Photo], folder: Path) -> None:
    """Print the peak memory of five JPEGs: the whole child, Wagtail's whole process."""
    print("| peak memory of the JPEGs, MiB | ours | Wagtail | ratio (goal 0.25) |")
    print("|---|---|---|---|")
    for photo in photos:
        most: list[int] = []
        before = memory("VmRSS")
        with watched(most):
            for _ in range(3):
                ours(photo, formats=("jpeg",))
        grown = max(0, memory("VmRSS") - before)
        theirs = wagtails_memory(photo, folder)
        # What the worker itself holds of it counts too.
        own, peer = max(most) + grown, theirs["most"]
        print(
            f"| {photo.name} | {own / 1024:.0f} (of these the worker's growth "
            f"{grown / 1024:.0f}) | {peer / 1024:.0f} (before: "
            f"{theirs['before'] / 1024:.0f}) | {own / peer:.3f} |",
            flush=True,
        )
    print()


# --- all of it ----------------------------------------------------------------------


def run(rounds: int = ROUNDS, folder: Path | None = None) -> None:
    call_command("migrate", verbosity=0, interactive=False)
    pillow_heif.register_heif_opener()
    print(f"\nlibvips {vips_version()}")
    photos = generated() if folder is None else found(folder)
    with (
        tempfile.TemporaryDirectory(prefix="schaufenster-thumbor-") as scratch,
        thumbor(Path(scratch)) as peer,
    ):
        if peer is None:
            print("thumbor could not be installed here: it is left out.")
        _warm_up(peer)
        _run(photos, rounds, peer, Path(scratch))
    sandbox.close()


def _warm_up(peer: Thumbor | None) -> None:
    small = photo("small", stored(Picture.new("RGB", (700, 500), (200, 120, 40))))
    ways: list[Callable[[Photo], object]] = [ours, ours_with_master, vips, wagtails]
    if peer is not None:
        ways.append(peer.files)
    for make in ways:
        make(small)


def _run(photos: Photos, rounds: int, peer: Thumbor | None, folder: Path) -> None:
    def jpeg(photo: Photo) -> Files:
        return ours(photo, formats=("jpeg",))

    heading("Renditions of photos of about 12 MP, one thread")
    taken = costs(
        "12 MP",
        photos.twelve,
        {
            "10 files": Way(ours, 2),
            "with master": Way(ours_with_master),
            "with a full recipe": Way(lambda photo: ours(photo, recipe=FULL_RECIPE)),
            "JPEGs and small AVIFs": Way(
                lambda photo: (jpeg(photo), ours(photo, plan=Plan.SMALL))
            ),
            "5 JPEGs": Way(jpeg, 6),
            "pyvips, 5 JPEGs": Way(vips, 6),
            "Wagtail, 10 files": Way(wagtails),
            **({"thumbor, 10 files": Way(peer.files)} if peer else {}),
        },
        (
            Goal("10 files", "Wagtail, 10 files", "0.100"),
            Goal("with master", "Wagtail, 10 files", "0.143"),
            Goal("JPEGs and small AVIFs", "Wagtail, 10 files", "0.250"),
            Goal("10 files", "thumbor, 10 files", "0.143"),
            Goal("with a full recipe", "10 files", "2.5"),
            Goal("5 JPEGs", "pyvips, 5 JPEGs", "0.85"),
        ),
        rounds,
    )
    for name in ("10 files", "5 JPEGs"):
        if name in taken:
            each = statistics.median(taken[name])
            print(f"{name}: {1 / each:.1f} photos per second per core")
    print()
    if photos.twelve:
        qualities(photos.twelve)
    pixels_kept([*photos.twelve, *photos.large, *photos.progressive])
    five = {
        "5 JPEGs": Way(jpeg, 6),
        "Wagtail, 5 JPEGs": Way(lambda photo: wagtails(photo, ("jpeg",)), 2),
    }
    by_thumbor = (
        {"thumbor, 5 JPEGs": Way(lambda photo: peer.files(photo, ("jpeg",)))}
        if peer
        else {}
    )
    by_vips = {"pyvips, 5 JPEGs": Way(vips, 6)}
    for title, some, ways, most in (
        ("24 MP", photos.large, {**five, **by_vips, **by_thumbor}, "0.067"),
        ("progressive", photos.progressive, {**five, **by_vips, **by_thumbor}, "none"),
        # Neither pyvips' wheel nor thumbor reads HEIC.
        ("HEIC", photos.heic, five, "0.200"),
    ):
        goals = [
            Goal("5 JPEGs", name, most if "Wag" in name else "none") for name in ways
        ][1:]
        costs(title, some, ways, goals, rounds)
    memories([*photos.twelve[:1], *photos.large], folder)
