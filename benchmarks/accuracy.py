"""What the pipeline gets right, against labels made by hand.

On the demo's photos, and on a folder of others (``--photos DIR``) of which only the
labels are kept here. Prints the tables of ``docs/reference/accuracy.md``.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.core.management import call_command
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from media_pipeline import conf, duplicates, sandbox
from media_pipeline.backends.lite0 import Lite0Embedder
from media_pipeline.backends.pictures import Pixels
from media_pipeline.exceptions import RefusedFile
from media_pipeline.models import Asset
from media_pipeline.pipeline import build_pipeline
from media_pipeline.pipeline_steps.duplicates import Duplicates
from media_pipeline.results import Frame, PipelineResult
from media_pipeline.similarity import (
    PICTURE_SUFFIXES,
    ProductIndex,
    appearance_of,
    cut,
    windows,
)

from .figures import heading

LABELS = Path(__file__).resolve().parent / "labels"
DEMO = Path(__file__).resolve().parent.parent / "demo" / "photos"
KNOWN = 40  # photos that the attacks are made of
SIDE = 1280  # px; what the steps see


@dataclass(frozen=True, slots=True)
class Labelled:
    """A photo and what a person saw in it; None where the person couldn't say."""

    path: Path
    shows: frozenset[str]  # shop words, each of which names what it is about
    also: frozenset[str]  # further words that would be right
    faces: int | None
    has_text: bool | None


def run(folder: Path | None = None) -> None:
    photos = []
    frames = {}
    for photo in labelled(folder):
        try:
            frames[photo.path.name] = _frame(photo.path)
            photos.append(photo)
        except RefusedFile as refusal:
            print(f"{photo.path.name} is left out: {refusal.code}")
    heading(f"Accuracy on {len(photos)} photos labelled by hand")
    try:
        _seen(photos, frames)
        _products(frames)
        call_command("migrate", verbosity=0, interactive=False)
        _attacks(photos, frames)
    finally:
        sandbox.close()


def labelled(folder: Path | None) -> list[Labelled]:
    """Return the labelled photos that are there, each name once."""
    found: dict[str, Path] = {}
    for root in (DEMO, *(() if folder is None else (folder,))):
        for path in sorted(root.rglob("*")):
            if path.suffix.lower() in PICTURE_SUFFIXES:
                found.setdefault(path.name, path)
    with (LABELS / "photos.csv").open(encoding="utf-8", newline="") as file:
        return [
            Labelled(
                path=found[row["file"]],
                shows=_words(row["shows"]),
                also=_words(row["also"]),
                faces=None if row["faces"] == "?" else int(row["faces"]),
                has_text={"yes": True, "no": False}.get(row["text"]),
            )
            for row in csv.DictReader(file)
            if row["file"] in found
        ]


def _words(cell: str) -> frozenset[str]:
    return frozenset(word.strip() for word in cell.split(";") if word.strip())


def _frame(path: Path) -> Frame:
    with sandbox.opened(path.read_bytes()) as picture:
        return picture.frame


def _share(count: int, total: int) -> str:
    return f"{count} of {total}, {100 * count / total:.0f} %" if total else "none"


# --- tags, faces, text ------------------------------------------------------------


def _seen(photos: Sequence[Labelled], frames: Mapping[str, Frame]) -> None:
    pipeline = build_pipeline(["tags", "clothing", "faces", "text"])
    # On a busy machine a photo full of text takes longer than a worker would wait.
    pipeline = dataclasses.replace(pipeline, step_seconds=120, run_seconds=600)
    results = {photo: pipeline.run(frames[photo.path.name]) for photo in photos}
    print(
        "| tags by | shown | right | photos whose thing was named |\n|---|---|---|---|"
    )
    for name, steps in {
        "`tags`": {"tags"},
        "`clothing`": {"clothing"},
        "both": {"tags", "clothing"},
    }.items():
        _tags(name, steps, results)
    _faces(results)
    _text(results)
    _words_read(results)


def _tags(
    name: str, steps: set[str], results: Mapping[Labelled, PipelineResult]
) -> None:
    shown = right = named = 0
    nameable = 0
    for photo, result in results.items():
        words = {
            tag.label
            for step in result.steps
            if step.step in steps
            for tag in step.tags
        }
        shown += len(words)
        right += len(words & (photo.shows | photo.also))
        if photo.shows:
            nameable += 1
            named += bool(words & photo.shows)
    print(f"| {name} | {shown} | {_share(right, shown)} | {_share(named, nameable)} |")


def _faces(results: Mapping[Labelled, PipelineResult]) -> None:
    with_faces = found = without = mistaken = 0
    for photo, result in results.items():
        facts = _facts(result, "faces")
        if photo.faces is None or facts is None:
            continue
        boxes = len(facts["faces"])  # type: ignore[arg-type]
        if photo.faces:
            with_faces += photo.faces
            found += min(boxes, photo.faces)
        else:
            without += 1
            mistaken += bool(boxes)
    print("\n| faces | |\n|---|---|")
    print(f"| found of those labelled | {_share(found, with_faces)} |")
    print(f"| photos without a face that show a box | {_share(mistaken, without)} |")


def _text(results: Mapping[Labelled, PipelineResult]) -> None:
    written = read = blank = mistaken = 0
    for photo, result in results.items():
        facts = _facts(result, "text")
        if photo.has_text is None or facts is None:
            continue
        if photo.has_text:
            written += 1
            read += bool(facts["text"])
        else:
            blank += 1
            mistaken += bool(facts["text"])
    if not written:
        print("\nThe text step gave no answer.")
        return
    print("\n| text | |\n|---|---|")
    print(f"| photos with writing in which some was read | {_share(read, written)} |")
    print(f"| photos without in which some was read | {_share(mistaken, blank)} |")


FEW = 20  # words; more is a page


def _words_read(results: Mapping[Labelled, PipelineResult]) -> None:
    """Compare what was read with what a person reads, word by word, to the letter.

    Words of two signs and more count, whatever their case; parts of words, and what
    is too small for a person at this size, count for nothing.
    """
    by_name = {photo.path.name: result for photo, result in results.items()}
    counts: list[tuple[int, int, int]] = []  # legible, read, both
    with (LABELS / "words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            facts = (
                _facts(by_name[row["file"]], "text") if row["file"] in by_name else None
            )
            if facts is None:
                continue
            words = Counter(letters(row["words"]))
            answer = Counter(letters(" ".join(facts["text"])))  # type: ignore[arg-type]
            ignored = (answer - words) & Counter(letters(row["also"]))
            read = answer.total() - ignored.total()
            counts.append((words.total(), read, (words & answer).total()))
    print(
        "\n| words on photos with legible writing | read to the letter "
        "| of those read | every word |\n|---|---|---|---|"
    )
    for name, chosen in {
        f"up to {FEW} words": [each for each in counts if each[0] <= FEW],
        "whole pages": [each for each in counts if each[0] > FEW],
        "all": counts,
    }.items():
        legible, read, right = (sum(each[n] for each in chosen) for n in range(3))
        whole = sum(each[0] == each[2] for each in chosen)
        print(
            f"| {name} | {_share(right, legible)} | {_share(right, read)} "
            f"| {_share(whole, len(chosen))} |"
        )


def letters(text: str) -> list[str]:
    """Return its words of two signs and more, in small letters."""
    parts = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).casefold())
    return [part for part in parts if len(part) > 1]


def _facts(result: PipelineResult, step: str) -> Mapping[str, object] | None:
    for each in result.steps:
        if each.step == step and each.facts is not None:
            return each.facts.as_json()
    return None


# --- products ---------------------------------------------------------------------


def _products(frames: Mapping[str, Frame]) -> None:
    embedder = Lite0Embedder()
    shelf = {path.stem: path for path in sorted((DEMO / "packshots").iterdir())}
    others = [
        frame.pixels
        for name, frame in frames.items()
        if Path(name).stem not in shelf and "cushion" not in name
    ]
    pictures = {key: frames[path.name].pixels for key, path in shelf.items()}
    index = ProductIndex.of(pictures.items(), embedder)

    def found(pixels: Pixels, limit: int = 5) -> list[tuple[str, float]]:
        boxes = windows()
        rows = embedder.embed([cut(pixels, box) for box in boxes])
        queries = dict(zip(boxes, rows, strict=True))
        return [
            (match.key, match.score)
            for match in index.find(queries, min_score=-1.0, limit=limit)
        ]

    print(f"\n| product sought among {len(index.keys)} | queries | @1 | @5 |")
    print("|---|---|---|---|")
    for name, edit in {
        "cut to 85 % of each side, saved at 60": lambda p, _: _jpeg(_crop(p, 0.85), 60),
        "mirrored, darker, blurred": lambda p, _: _mirrored_dark(p),
        "cut to 70 % of each side, redder": lambda p, _: _redder(_crop(p, 0.7)),
        "pasted, 40 % of another photo": lambda p, n: _pasted(
            p, others[n % len(others)], 0.4
        ),
        "pasted, 15 % of another photo": lambda p, n: _pasted(
            p, others[n % len(others)], 0.15
        ),
    }.items():
        answers = [
            (key, [k for k, _ in found(np.asarray(edit(Image.fromarray(pixels), n)))])
            for n, (key, pixels) in enumerate(pictures.items())
        ]
        _recall(name, [({key}, keys) for key, keys in answers])
    real: list[tuple[set[str], list[str]]] = []
    scores: list[tuple[float, bool]] = []
    pairs: list[tuple[float, bool]] = []
    kinds = dict(_kinds())
    for name, frame in frames.items():
        if Path(name).stem in shelf:
            continue
        for key, score in found(frame.pixels, len(index.keys)):
            pairs.append((score, key in kinds.get(name, ())))
    for name, keys in kinds.items():
        if name in frames:
            answer = found(frames[name].pixels)
            real.append((keys, [key for key, _ in answer]))
            scores += [(score, key in keys) for key, score in answer]
    _recall("customers' photos: the same kind of thing", real)
    for least in (0.6, 0.75):
        shown = [right for score, right in scores if score >= least]
        print(
            f"\nOf these, shown from {least}: {_share(sum(shown), len(shown))} right."
        )
    print("\n| asked for by its page | same kind | another kind |\n|---|---|---|")
    for least in (conf.asked_suggested_from(), conf.asked_prefilled_from()):
        cells = (
            [score >= least for score, is_right in pairs if is_right is right]
            for right in (True, False)
        )
        reached = " | ".join(_share(sum(cell), len(cell)) for cell in cells)
        print(f"| pairs of photo and product from {least} | {reached} |")


def _recall(name: str, answers: Sequence[tuple[set[str], list[str]]]) -> None:
    first = sum(bool(keys & set(found[:1])) for keys, found in answers)
    five = sum(bool(keys & set(found[:5])) for keys, found in answers)
    total = len(answers)
    print(f"| {name} | {total} | {_share(first, total)} | {_share(five, total)} |")


def _kinds() -> Iterator[tuple[str, set[str]]]:
    """Yield a customer's photo and the product pictures that show such a thing."""
    with (LABELS / "products.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["file"], set(_words(row["like"]))


# --- attacks ----------------------------------------------------------------------


def _attacks(photos: Sequence[Labelled], frames: Mapping[str, Frame]) -> None:
    """Keep forty photos, bring each back in disguise, and others as themselves."""
    step = Duplicates()
    names = [photo.path.name for photo in photos]
    # The same picture lies under two names in some folders.
    sums = {name: hashlib.sha256(frames[name].pixels).hexdigest() for name in names}
    every = 2 if len(names) >= 2 * KNOWN else 1
    known = names[::every][:KNOWN]
    ids = {}
    for name in known:
        asset = Asset.objects.create(
            state=Asset.State.PROCESSED,
            master="-",
            width=1,
            height=1,
            sha256=sums[name],
        )
        appearance = appearance_of(frames[name].pixels, step.engine)
        duplicates.remember_photo(asset.pk, appearance)
        ids[name] = asset.public_id

    def compared(picture: Image.Image) -> tuple[duplicates.Evidence, ...]:
        pixels = np.asarray(picture)
        _, evidence = duplicates.compare(
            appearance_of(pixels, step.engine), step, sha256="-", asset_id=0
        )
        return evidence

    print(
        f"\n| {len(known)} photos come back | confirmed | shown to a person | another |"
    )
    print("|---|---|---|---|")
    spent = []
    for name, attack in ATTACKS.items():
        confirmed = noticed = wrong = 0
        for file in known:
            picture = attack(Image.fromarray(frames[file].pixels))
            start = time.process_time()
            evidence = compared(picture)
            spent.append(time.process_time() - start)
            own = [each for each in evidence if each.id == ids[file]]
            confirmed += any(each.is_confirmed for each in own)
            noticed += bool(own)
            wrong += any(e.is_confirmed and e.id != ids[file] for e in evidence)
        total = len(known)
        print(
            f"| {name} | {_share(confirmed, total)} | {_share(noticed, total)} "
            f"| {wrong} |"
        )
    strangers = [name for name in names if name not in known]
    sure = maybe = 0
    for name in strangers:
        evidence = compared(Image.fromarray(frames[name].pixels))
        own_copies = {ids[other] for other in known if sums[other] == sums[name]}
        evidence = tuple(each for each in evidence if each.id not in own_copies)
        if any(each.is_confirmed for each in evidence):
            sure += 1
            print(f"\nTaken for another: {name}: {evidence[0]}")
        maybe += any(each.how == "hash" for each in evidence)
    print(
        f"\nOf {len(strangers)} photos never seen before, {sure} were confirmed as one "
        f"of them and {maybe} said to be maybe one."
    )
    middle = sorted(spent)[len(spent) // 2] * 1000
    print(f"CPU per comparison, all parts: {middle:.0f} ms (median).")


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file, formats=["JPEG"]).convert("RGB")


def _crop(picture: Image.Image, side: float) -> Image.Image:
    width, height = picture.size
    x, y = round(width * (1 - side) * 0.4), round(height * (1 - side) * 0.6)
    return picture.crop((x, y, x + round(width * side), y + round(height * side)))


def _turned(picture: Image.Image, degrees: float) -> Image.Image:
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC, expand=False)
    return _crop(turned, 0.9)


def _perspective(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    corners = (0.04 * width, 0.03 * height, 0.0, 0.96 * height)
    corners += (0.97 * width, height, width, 0.05 * height)
    return picture.transform(
        picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC
    )


def _redder(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return Image.merge(
        "RGB", (red.point(lambda v: min(255, round(v * 1.15))), green, blue)
    )


def _mirrored_dark(picture: Image.Image) -> Image.Image:
    dark = ImageEnhance.Brightness(ImageOps.mirror(picture)).enhance(0.7)
    return dark.filter(ImageFilter.GaussianBlur(2))


def _captioned(picture: Image.Image) -> Image.Image:
    changed = picture.copy()
    width, height = changed.size
    draw = ImageDraw.Draw(changed)
    draw.rectangle((0, round(height * 0.85), width, height), "black")
    draw.text(
        (width // 12, round(height * 0.88)),
        "NEW IN TOWN",
        "white",
        font_size=height // 14,
    )
    return changed


def _framed(picture: Image.Image) -> Image.Image:
    """The picture in a phone's screenshot: bars above and below, writing on top."""
    width, height = picture.size
    screen = Image.new("RGB", (width, round(height * 1.5)), "#111111")
    screen.paste(picture, (0, round(height * 0.25)))
    ImageDraw.Draw(screen).text(
        (20, 20), "12:34   84 %", "white", font_size=height // 20
    )
    return screen


def _pasted(picture: Image.Image, ground: Pixels, share: float) -> Image.Image:
    scene = Image.fromarray(ground).copy()
    scale = (
        share * scene.width * scene.height / (picture.width * picture.height)
    ) ** 0.5
    small = picture.resize(
        (
            min(scene.width, round(picture.width * scale)),
            min(scene.height, round(picture.height * scale)),
        ),
        Image.Resampling.LANCZOS,
    )
    scene.paste(
        small,
        ((scene.width - small.width) * 2 // 3, (scene.height - small.height) // 3),
    )
    return scene


ATTACKS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "saved again at quality 30": lambda p: _jpeg(p, 30),
    "half as large": lambda p: p.resize((p.width // 2, p.height // 2)),
    "30 % lighter": lambda p: ImageEnhance.Brightness(p).enhance(1.3),
    "grey": lambda p: p.convert("L").convert("RGB"),
    "blurred by 2 px": lambda p: p.filter(ImageFilter.GaussianBlur(2)),
    "mirrored": ImageOps.mirror,
    "turned by 90 degrees": lambda p: p.transpose(Image.Transpose.ROTATE_90),
    "mirrored and turned by 90 degrees": lambda p: ImageOps.mirror(p).transpose(
        Image.Transpose.ROTATE_270
    ),
    "turned by 3 degrees": lambda p: _turned(p, 3),
    "turned by 12 degrees": lambda p: _turned(p, 12),
    "cut to 95 % of each side": lambda p: _crop(p, 0.95),
    "cut to 85 % of each side": lambda p: _crop(p, 0.85),
    "cut to 70 % of each side": lambda p: _crop(p, 0.7),
    "white border": lambda p: ImageOps.expand(p, p.width // 10, "white"),
    "a caption over 15 %": _captioned,
    "a screenshot of it": _framed,
    "perspective": _perspective,
    "inverted": ImageOps.invert,
    "redder, cut to 90 %, saved at 60": lambda p: _jpeg(_redder(_crop(p, 0.9)), 60),
}
