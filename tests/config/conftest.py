"""What the site's tests share."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from config.site.demo_files import DemoFolder, default_folder

HANDLES = {"stoneware-cup", "small-house-plant"}
# One of each end: approved, waiting, refused, taken back.
FILES = {
    "customer/latte-art.jpg",
    "customer/lettering-notebook.jpg",
    "customer/phone-on-yellow.jpg",
    "customer/pastry-in-hands.jpg",
}


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


@pytest.fixture
def small_demo(tmp_path: Path) -> DemoFolder:
    """Two products and four photos of the demo, in a folder of their own."""
    whole = default_folder().path
    for name in ("catalogue.csv", "catalogue.de.csv"):
        copy_rows(whole / name, tmp_path / name, "Handle", HANDLES)
    copy_rows(whole / "photos.csv", tmp_path / "photos.csv", "file", FILES)
    pictures = {"espresso-cup-shadow", "cactus-terracotta-pot", "aloe-plant"}
    for file in sorted(FILES | {f"packshots/{name}.jpg" for name in pictures}):
        (tmp_path / "photos" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(whole / "photos" / file, tmp_path / "photos" / file)
    return DemoFolder(tmp_path)
