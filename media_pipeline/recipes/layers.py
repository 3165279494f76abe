"""What lies over a styled picture: light, texture, words, a signature.

All sizes follow the picture's, and nothing is random: the same recipe draws the
same pixels at each run.
"""

from __future__ import annotations

import functools
import io
import math
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from media_pipeline.renditions import Size, resized

from .recipe import Layer, Signature, Text

#: The picture width that a texture's tile is made for, px.
_TEXTURE_WIDTH = 1920
_TILE = 256  # px

#: A line of text fills at most this share of the width.
_LONGEST_LINE = 0.94


# --- light ------------------------------------------------------------------------


def overlaid(picture: Image.Image, overlay: Layer) -> Image.Image:
    if overlay.name == "vignette":
        return _vignetted(picture, overlay.strength)
    if overlay.name == "glow":
        return _glowing(picture, overlay.strength)
    return _leaking(picture, overlay.strength)


def _vignetted(picture: Image.Image, strength: float) -> Image.Image:
    shade = Image.radial_gradient("L").point(
        [round(255 - 150 * strength * (step / 255) ** 2.5) for step in range(256)]
    )
    shade = resized(shade, Size(*picture.size))
    return ImageChops.multiply(picture, Image.merge("RGB", (shade, shade, shade)))


def _glowing(picture: Image.Image, strength: float) -> Image.Image:
    """Lights spread: a blurred, darkened copy is screened over the picture."""
    small = picture.reduce(8)
    lights = small.point(
        [round(strength * 0.7 * 255 * (step / 255) ** 3) for step in range(256)] * 3
    )
    blurred = lights.filter(ImageFilter.GaussianBlur(max(small.size) / 24))
    return ImageChops.screen(picture, resized(blurred, Size(*picture.size)))


def _leaking(picture: Image.Image, strength: float) -> Image.Image:
    """Warm light from the upper right corner, as through a camera's back."""
    # The lower left quarter: its brightest point comes to lie in our corner.
    quarter = ImageOps.invert(Image.radial_gradient("L")).crop((0, 128, 128, 256))
    lights = [
        quarter.point(
            [round(strength * share * 255 * (step / 255) ** 1.5) for step in range(256)]
        )
        for share in (0.95, 0.45, 0.15)
    ]
    leak = resized(Image.merge("RGB", lights), Size(*picture.size))
    return ImageChops.screen(picture, leak)


# --- texture ------------------------------------------------------------------------


def textured(picture: Image.Image, texture: Layer) -> Image.Image:
    side = max(16, round(_TILE * picture.width / _TEXTURE_WIDTH))
    tile = resized(_tile(texture.name), Size(side, side))
    tile = tile.point(
        [round(128 + (step - 128) * texture.strength) for step in range(256)]
    )
    sheet = Image.new("L", picture.size)
    for left in range(0, picture.width, side):
        for top in range(0, picture.height, side):
            sheet.paste(tile, (left, top))
    sheets = Image.merge("RGB", (sheet, sheet, sheet))
    return ImageChops.add(picture, sheets, 1, -128)


@functools.cache
def _tile(name: str) -> Image.Image:
    """Return a tile about mid grey whose edges fit each other."""
    if name == "grain":
        return _noise(_TILE, 70)
    if name == "paper":
        # Clouds of fibres with a little grain on them.
        clouds = _mirrored(_noise(16, 90).resize((128, 128), Image.Resampling.BICUBIC))
        return ImageChops.add(clouds, _noise(_TILE, 24), 1, -128)
    weave = Image.new("L", (_TILE, _TILE))
    weave.putdata(
        [
            round(
                128
                + 20 * math.sin(2 * math.pi * x / 8) * (1 if (y // 4) % 2 else -1)
                + 10 * math.sin(2 * math.pi * y / 4)
            )
            for y in range(_TILE)
            for x in range(_TILE)
        ]
    )
    return weave


def _noise(side: int, reach: int) -> Image.Image:
    """Return noise of at most this reach about mid grey; the same at each call."""
    source = random.Random(side * 1000 + reach)  # noqa: S311 - a picture, no secret
    first, second = (
        Image.frombytes("L", (side, side), source.randbytes(side * side))
        for _ in range(2)
    )
    return ImageChops.add(first, second, 2).point(
        [round(128 + (step - 128) * reach / 128) for step in range(256)]
    )


def _mirrored(quarter: Image.Image) -> Image.Image:
    tile = Image.new("L", (quarter.width * 2, quarter.height * 2))
    tile.paste(quarter)
    tile.paste(ImageOps.mirror(quarter), (quarter.width, 0))
    tile.paste(ImageOps.flip(tile.crop((0, 0, *_half(tile)))), (0, quarter.height))
    return tile


def _half(tile: Image.Image) -> tuple[int, int]:
    return tile.width, tile.height // 2


# --- words and signature ------------------------------------------------------------


def written(picture: Image.Image, lines: tuple[Text, ...]) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    for line in lines:
        size = max(6, round(line.size * min(picture.size)))
        widest = picture.width * _LONGEST_LINE
        length = font(size).getlength(line.text)
        if length > widest:
            size = max(1, int(size * widest / length))
        draw.text(
            (line.x * picture.width, line.y * picture.height),
            line.text,
            fill=line.colour,
            font=font(size),
            anchor="mm",
        )
    return picture


def font(size: int) -> ImageFont.FreeTypeFont:
    # Basic layout: the same glyphs in the same places on every machine.
    return ImageFont.truetype(
        io.BytesIO(_font_file()), size, layout_engine=ImageFont.Layout.BASIC
    )


@functools.cache
def _font_file() -> bytes:
    """Hanken Grotesk: Latin letters with all their marks; SIL Open Font License."""
    folder = Path(__file__).with_name("fonts")
    return (folder / "HankenGrotesk-SemiBold.otf").read_bytes()


def signed(picture: Image.Image, signature: Signature) -> Image.Image:
    width = max(8, round(signature.width * picture.width))
    pen = max(1.0, signature.pen * width)
    lowest = max(y for stroke in signature.strokes for _x, y in stroke)
    margin = math.ceil(pen)
    size = Size(width + 2 * margin, math.ceil(lowest * width) + 2 * margin)
    # Drawn larger and scaled down: Pillow's own lines have hard edges.
    finer = 4 if width <= 640 else 2
    mask = Image.new("L", (size.width * finer, size.height * finer))
    draw = ImageDraw.Draw(mask)
    for stroke in signature.strokes:
        points = [
            ((x * width + margin) * finer, (y * width + margin) * finer)
            for x, y in stroke
        ]
        thick = round(pen * finer)
        draw.line(points, fill=255, width=thick, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.circle((x, y), thick / 2, fill=255)
    corner = (
        round(signature.x * picture.width) - margin,
        round(signature.y * picture.height) - margin,
    )
    ink = Image.new("RGB", (size.width, size.height), signature.colour)
    picture.paste(ink, corner, resized(mask, size))
    return picture
