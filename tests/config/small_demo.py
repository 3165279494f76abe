"""A demo small enough to be seeded within a test."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from config.site.demo_files import DemoFolder, default_folder

HANDLES = {"stoneware-cup", "small-house-plant"}
# One of each end: approved, waiting, refused, taken back.
FILES = {
    "customer/latte-art.jpg",
    "customer/lettering-notebook.jpg",
    "customer/phone-on-yellow.jpg",
    "customer/pastry-in-hands.jpg",
}


def small_demo(target: Path) -> DemoFolder:
    """Copy two products and four photos of the demo into a folder."""
    whole = default_folder().path
    for name in ("catalogue.csv", "catalogue.de.csv"):
        copy_rows(whole / name, target / name, "Handle", HANDLES)
    copy_rows(whole / "photos.csv", target / "photos.csv", "file", FILES)
    pictures = {"espresso-cup-shadow", "cactus-terracotta-pot", "aloe-plant"}
    for file in sorted(FILES | {f"packshots/{name}.jpg" for name in pictures}):
        (target / "photos" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(whole / "photos" / file, target / "photos" / file)
    return DemoFolder(target)


def copy_rows(source: Path, target: Path, column: str, wanted: set[str]) -> None:
    with source.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if row[column] in wanted]
        names = reader.fieldnames
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        # A product of the small shop only, else it could not be asked for.
        writer.writerows(
            {**row, "asked_product": ""} if "asked_product" in row else row
            for row in rows
        )
