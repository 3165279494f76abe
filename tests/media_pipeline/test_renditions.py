"""Which derivatives a picture gets."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from media_pipeline import sandbox
from media_pipeline.recipes import Recipe
from media_pipeline.renditions import (
    MAX_PORTRAIT_PIXELS,
    WIDTHS,
    Plan,
    Size,
    cascade,
    encode,
    planned,
    rendition_sizes,
    resized,
    source_size,
)
from media_pipeline.sandbox import RenditionNotes
from media_pipeline.sandbox.notes import MAX_NOTE, xmp_packet
from media_pipeline.testing import drawn, picture_bytes


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((4032, 3024), [1920, 1280, 960, 640, 320]),
        ((6000, 4000), [1920, 1280, 960, 640, 320]),
        ((1920, 1080), [1920, 1280, 960, 640, 320]),
        # Some sensors are a little narrower than 4:3, some square.
        ((3928, 3055), [1920, 1280, 960, 640, 320]),
        ((3000, 3000), [1920, 1280, 960, 640, 320]),
        ((1000, 750), [960, 640, 320]),
        ((320, 240), [320]),
        ((319, 240), [319]),
        ((200, 200), [200]),
        # Portrait: 1,920 px would be 4.9 megapixels.
        ((3024, 4032), [1440, 1280, 960, 640, 320]),
        ((1000, 5000), [743, 640, 320]),
    ],
)
def test_widths(size, widths):
    assert [each.width for each in rendition_sizes(Size(*size))] == widths


@given(width=st.integers(200, 4096), height=st.integers(200, 4096))
def test_no_rendition_is_enlarged_distorted_or_too_large(width, height):
    sizes = rendition_sizes(Size(width, height))

    assert sizes
    assert len({each.width for each in sizes}) == len(sizes)
    for each in sizes:
        assert each.width <= width
        if height > width > each.width:
            assert each.pixels <= MAX_PORTRAIT_PIXELS + each.width
        assert abs(each.height - each.width * height / width) <= 0.5
    assert sizes == sorted(sizes, key=lambda each: -each.width)
    assert len(sizes) <= len(WIDTHS)


def files_of(plan: Plan, size: Size) -> set[tuple[str, int]]:
    chosen = planned(plan, rendition_sizes(size))
    assert all(formats for _, formats in chosen)
    return {(format, each.width) for each, formats in chosen for format in formats}


@pytest.mark.parametrize(
    ("size", "first"),
    [
        ((4032, 3024), {320, 1280}),
        ((3024, 4032), {320, 1280}),
        ((1000, 750), {320, 960}),
        ((700, 500), {320, 640}),
        ((319, 240), {319}),
    ],
)
def test_the_queue_gets_two_jpegs_and_the_rest_comes_later(size, first):
    everything = files_of(Plan.ALL, Size(*size))
    queue = files_of(Plan.QUEUE, Size(*size))

    assert queue == {("jpeg", width) for width in first}
    assert files_of(Plan.REST, Size(*size)) == everything - queue
    assert files_of(Plan.SMALL, Size(*size)) == {
        (format, width) for format, width in everything if format == "avif"
    }


def test_a_cascade_yields_each_size():
    sizes = [Size(640, 480), Size(320, 240)]

    pictures = list(cascade(drawn(800, 600), sizes))

    assert [picture.size for picture in pictures] == [(640, 480), (320, 240)]


def test_the_same_picture_is_encoded_to_the_same_bytes():
    picture = resized(drawn(), Size(200, 150))

    for format in ("avif", "jpeg"):
        assert encode(picture, format) == encode(picture, format)


def test_only_our_formats_are_encoded():
    with pytest.raises(ValueError, match="webp"):
        encode(Image.new("RGB", (8, 8)), "webp")


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_scaling_agrees_with_pillows_lanczos(mode):
    picture = drawn(800, 600).convert(mode)

    ours = resized(picture, Size(317, 238))

    theirs = picture.resize((317, 238), Image.Resampling.LANCZOS)
    difference = ImageStat.Stat(ImageChops.difference(ours, theirs))
    # Sixteen-bit weights: at the hardest edges a few steps apart, else none.
    assert max(difference.mean) < 0.3
    assert max(high for _low, high in difference.extrema) <= 10


def test_colours_under_transparency_do_not_bleed():
    """A red square on transparent green gets no green rim."""
    layered = Image.new("RGBA", (400, 400), (0, 255, 0, 0))
    layered.paste((255, 0, 0, 255), (101, 101, 299, 299))

    small = resized(layered, Size(77, 77))

    seen = Image.new("RGB", small.size, (255, 255, 255))
    seen.paste(small.convert("RGB"), mask=small.getchannel("A"))
    assert all(green <= blue + 2 for _red, green, blue in seen.get_flattened_data())


# --- what is written into them ------------------------------------------------------

AI = "trainedAlgorithmicMedia"
SAID = {
    "creator": "Jana & Söhne <3",
    "credit_line": 'Photo: "Jana"',
    "copyright": "© Jana",
    "licence_url": "https://example.org/licence?a=1&b=2",
    "web_statement": "https://example.org/rights",
}


def stating(term: str) -> bytes:
    """A photo that says where it comes from."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description '
        f'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/{term}" '
        'photoshop:Credit="CANARY"/></x:xmpmeta>'
    )
    return picture_bytes(xmp=xmp.encode())


def packets(upload: bytes, **options) -> list[bytes]:
    """The XMP of each rendition, b"" for none."""
    with sandbox.opened(upload) as picture:
        rendered = picture.render(widths=(320,), master=True, **options)
    found = []
    for file in rendered.renditions:
        with Image.open(io.BytesIO(file.content)) as opened:
            found.append(opened.info.get("xmp", b""))
    assert rendered.master is not None
    assert b"adobe" not in rendered.master.content
    return found


def test_notes_are_read_back_from_both_formats():
    for packet in packets(picture_bytes(), notes=RenditionNotes(**SAID)):
        tree = ElementTree.fromstring(packet.decode().split("?>", 1)[1])
        words = [element.text for element in tree.iter() if element.text]
        for element in tree.iter():
            words += element.attrib.values()
        assert set(SAID.values()) <= set(words)
        assert not [word for word in words if "digitalsourcetype" in word]


def test_a_rendition_without_notes_says_nothing():
    assert packets(picture_bytes()) == [b"", b""]


@pytest.mark.parametrize(
    ("stated", "recipe", "declared", "written"),
    [
        ("digitalCapture", False, "", "digitalCapture"),
        ("digitalCapture", True, "", "humanEdits"),
        ("minorHumanEdits", False, "", "humanEdits"),
        ("MINORHUMANEDITS", False, "", "humanEdits"),
        ("TrainedAlgorithmicMedia", True, "", AI),
        ("trainedalgorithmicmedia", False, "digitalCapture", AI),
        ("digitalCapture", False, AI.upper(), AI),
        (AI, True, "", AI),
        (AI, False, "digitalCapture", AI),
        ("compositeWithTrainedAlgorithmicMedia", False, AI, AI),
        ("digitalCapture", True, AI, AI),
        ("CANARYterm", False, "", None),
    ],
)
def test_a_source_type_is_never_lowered(stated, recipe, declared, written):
    found = packets(
        stating(stated),
        recipe=Recipe() if recipe else None,
        notes=RenditionNotes(source_type=declared),
    )

    for packet in found:
        assert b"CANARY" not in packet
        terms = re.findall(rb"digitalsourcetype/(\w+)", packet)
        assert terms == ([written.encode()] if written else [])


def test_signs_that_break_xml_are_left_out_of_notes():
    packet = xmp_packet(RenditionNotes(creator="a\x00\ud800b\u202e" + "c" * 999), "")

    creator = ElementTree.fromstring(packet.decode().split("?>", 1)[1]).itertext()
    assert "".join(creator) == "a b " + "c" * (MAX_NOTE - 4)


def test_widths_and_formats_can_be_chosen():
    with sandbox.opened(picture_bytes(1400, 1000)) as picture:
        rendered = picture.render(formats=("jpeg",), widths=(320, 1280))

    assert [(file.format, file.width) for file in rendered.renditions] == [
        ("jpeg", 1280),
        ("jpeg", 320),
    ]


def test_jpegs_alone_are_made_for_speed_and_no_others():
    photo = picture_bytes(1400, 1000)

    def jpegs(**options: Any) -> dict[int, bytes]:
        made = sandbox.rendered(photo, widths=(320, 1280), **options).renditions
        return {file.width: file.content for file in made if file.format == "jpeg"}

    beside_avif, for_queue = jpegs(), jpegs(plan=Plan.QUEUE)
    alone = jpegs(formats=("jpeg",))

    def by_turbo(files: dict[int, bytes]) -> set[bool]:  # jpegli writes no JFIF
        return {b"JFIF" in content[:32] for content in files.values()}

    assert alone.keys() == beside_avif.keys()
    assert by_turbo(alone) == {True}
    assert by_turbo(beside_avif) == {False}
    assert for_queue == beside_avif


def test_two_stages_make_what_one_makes():
    photo = picture_bytes(1500, 1100)
    with sandbox.opened(photo) as picture:
        whole = picture.render()
    with sandbox.opened(photo, plan=Plan.QUEUE, master=True) as picture:
        first = picture.render(plan=Plan.QUEUE, master=True, placeholder=True)
    assert first.master is not None
    with sandbox.opened(first.master.content, plan=Plan.REST) as picture:
        rest = picture.render(plan=Plan.REST)

    def sizes(*parts: sandbox.Rendered) -> list[tuple[str, int, int]]:
        return sorted(
            (file.format, file.width, file.height)
            for part in parts
            for file in part.renditions
        )

    assert [(file.format, file.width) for file in first.renditions] == [
        ("jpeg", 1280),
        ("jpeg", 320),
    ]
    assert sizes(first, rest) == sizes(whole)
    assert rest.master is None
    assert rest.placeholder is None


@pytest.mark.parametrize("formats", [("jpeg",), ("avif", "jpeg")])
@pytest.mark.parametrize("size", [(4032, 3024), (3024, 4032), (700, 500)])
def test_files_can_be_had_with_one_question(formats, size):
    photo = picture_bytes(*size)

    files = sandbox.rendered(photo, formats=formats, widths=(320,), placeholder=True)

    assert files.master is None
    assert files.placeholder is not None
    with sandbox.opened(photo) as picture:
        asked_twice = picture.render(formats=formats, widths=(320,))
    for one, other in zip(files.renditions, asked_twice.renditions, strict=True):
        assert (one.format, one.width) == (other.format, other.width)
        difference = ImageStat.Stat(
            ImageChops.difference(*(opened_file(file) for file in (one, other)))
        )
        assert max(difference.mean) < 4


def opened_file(file: sandbox.EncodedFile) -> Image.Image:
    with Image.open(io.BytesIO(file.content)) as opened:
        return opened.convert("RGB")


@pytest.mark.parametrize("recipe", [None, Recipe()])
def test_what_a_file_says_of_its_source_is_known_with_one_question_too(recipe):
    files = sandbox.rendered(stating(AI), widths=(320,), recipe=recipe)

    for file in files.renditions:
        assert f'digitalsourcetype/{AI}"'.encode() in file.content


@pytest.mark.parametrize("hint", Plan)
@pytest.mark.parametrize("asked", Plan)
def test_more_than_was_announced_is_made_all_the_same(hint, asked):
    with sandbox.opened(picture_bytes(1400, 1000), plan=hint) as picture:
        rendered = picture.render(plan=asked)

    sizes = {(file.format, file.width) for file in rendered.renditions}
    assert sizes == files_of(asked, Size(1400, 1000))
    for file in rendered.renditions:
        with Image.open(io.BytesIO(file.content)) as opened:
            assert opened.size == (file.width, file.height)


@pytest.mark.parametrize("size", [(1400, 1000), (300, 1400), (200, 200)])
def test_a_placeholder_is_tiny_and_looks_like_the_picture(size):
    photo = picture_bytes(*size)
    with sandbox.opened(photo) as picture:
        rendered = picture.render(renditions=False, placeholder=True)

    assert rendered.renditions == ()
    assert rendered.placeholder is not None
    assert len(rendered.placeholder) <= 220
    with Image.open(io.BytesIO(rendered.placeholder), formats=["WEBP"]) as opened:
        assert max(opened.size) == 16
        assert not set(opened.info) & {"exif", "xmp", "icc_profile"}
        shown = opened.convert("RGB")
    with Image.open(io.BytesIO(photo)) as opened:
        meant = opened.convert("RGB")
    for seen, mean in zip(
        ImageStat.Stat(shown).mean, ImageStat.Stat(meant).mean, strict=True
    ):
        assert abs(seen - mean) < 12


def test_a_placeholder_is_styled_as_its_renditions_are():
    grey = Recipe.from_json({"adjustments": {"saturation": -1}})
    with sandbox.opened(picture_bytes()) as picture:
        rendered = picture.render(recipe=grey, placeholder=True, widths=(320,))

    assert rendered.placeholder is not None
    with Image.open(io.BytesIO(rendered.placeholder)) as opened:
        colours = ImageStat.Stat(opened.convert("HSV")).mean
    assert colours[1] < 25


# --- what noise can't bend: quality, bytes, memory ------------------------------------


def photo_like(width: int, height: int) -> Image.Image:
    """Soft shapes, hard edges and a sensor's noise."""
    picture = drawn(width // 8, height // 8).resize(
        (width, height), Image.Resampling.LANCZOS
    )
    noise = Image.effect_noise((width // 2, height // 2), 12).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    return ImageChops.add(picture, Image.merge("RGB", (noise,) * 3), 1, -128)


def as_jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=92)
    return file.getvalue()


def likeness(shown: Image.Image, whole: Image.Image) -> float:
    """SSIMULACRA2 against one Lanczos of the whole."""
    ssimulacra2 = pytest.importorskip("ssimulacra2.ssimulacra2")
    files = []
    for picture in (whole.resize(shown.size, Image.Resampling.LANCZOS), shown):
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=0)
        file.seek(0)
        files.append(file)
    return float(ssimulacra2.compute_ssimulacra2(*files))


@pytest.mark.slow
@pytest.mark.parametrize("size", [(4032, 3024), (3024, 4032), (6000, 4000)])
def test_scaling_keeps_what_one_lanczos_of_the_whole_keeps(size):
    from media_pipeline.sandbox.intake import Rules, Upload

    upload = Upload(
        as_jpeg(photo_like(*size)),
        Rules(
            max_pixels=52_000_000,
            min_side=200,
            max_side=12_000,
            max_ratio=5,
            max_jpeg_scans=100,
        ),
    )
    sizes = rendition_sizes(upload.master)
    pixels = upload.pixels(source_size(sizes))

    whole = upload.master_pixels()
    for made in cascade(pixels, sizes):
        if made.width in (640, 1280):
            assert likeness(made, whole) >= 90


@pytest.mark.slow
def test_files_weigh_and_look_as_those_of_slow_encoders():
    """Beside Pillow's own AVIF at its default effort, and its smallest JPEG."""
    whole = photo_like(1920, 1440)
    picture = resized(whole, Size(960, 720))

    def saved(format: str, **options: object) -> bytes:
        file = io.BytesIO()
        picture.save(file, format, **options)
        return file.getvalue()

    def quality(content: bytes) -> float:
        with Image.open(io.BytesIO(content)) as opened:
            return likeness(opened.convert("RGB"), whole)

    slow_avif = saved("AVIF", quality=63, max_threads=1)
    slow_jpeg = saved("JPEG", quality=80, optimize=True, progressive=True)
    avif, small, jpeg = (
        encode(picture, "avif"),
        encode(picture, "avif", small=True),
        encode(picture, "jpeg"),
    )

    assert quality(avif) >= quality(slow_avif) - 3
    assert quality(small) >= quality(slow_avif) - 3
    assert quality(jpeg) >= quality(slow_jpeg) - 3
    assert len(avif) <= 1.4 * len(slow_avif)
    assert len(small) < len(avif)
    assert len(avif) + len(jpeg) <= 1.2 * (len(slow_avif) + len(slow_jpeg))


@pytest.mark.slow
def test_a_large_photo_takes_little_memory():
    """By the child's own high-water mark: it only rises, and is read near the end."""
    photo = as_jpeg(photo_like(6000, 4000))
    with sandbox.opened(photo) as picture:
        child = picture._child.pid
        picture._child.ask({"formats": ["jpeg"]})
        # The answer stands in the socket; the child may have ended since.
        mark = high_water(child)
        picture._child.answer()

    assert 20 < mark < 250  # MiB


def high_water(pid: int) -> float:
    """MiB that a process took at most, read until it ends."""
    most = 0.0
    while True:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return most
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found is None:  # a zombie
            return most
        most = max(most, int(found[1]) / 1024)
        time.sleep(0.001)
