"""Frames with words and codes drawn into them."""

from __future__ import annotations

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from media_pipeline.backends.contract import frame_of


def frame_with(*lines, size=(1000, 700), height=44):
    """Return a frame with these lines, one under the other, dark on light."""
    picture = Image.new("RGB", size, (236, 230, 222))
    draw = ImageDraw.Draw(picture)
    # Pillow's own font: the same on every machine, but without umlauts.
    font = ImageFont.load_default(height)
    for row, line in enumerate(lines):
        draw.text((80, 80 + row * 2 * height), line, fill=(30, 26, 40), font=font)
    return frame_of(np.asarray(picture))


def frame_with_code(
    text, kind=zxingcpp.BarcodeFormat.QRCode, *, scale=6, at=(300, 200)
):
    """Return a frame with this code, its top left corner at this place."""
    code = zxingcpp.create_barcode(text, kind)
    drawn = np.asarray(zxingcpp.write_barcode_to_image(code, scale=scale))
    picture = Image.new("RGB", (1000, 700), (210, 214, 220))
    picture.paste(Image.fromarray(drawn).convert("RGB"), at)
    return frame_of(np.asarray(picture))
