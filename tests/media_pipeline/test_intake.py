"""What the sandbox takes, what it refuses, and that only pixels come out."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from media_pipeline import sandbox
from media_pipeline.sandbox import formats
from media_pipeline.testing import drawn, picture_bytes

from . import corpus
from .openings import pixels, refusal

pytestmark = pytest.mark.slow


def mean_difference(one: np.ndarray, picture: Image.Image) -> float:
    other = np.asarray(picture.convert("RGB"))
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("name", corpus.REFUSED)
def test_a_hostile_file_is_refused_with_its_reason_and_soon(name, settings):
    settings.MEDIA_PIPELINE_SANDBOX_CPU_SECONDS = 3  # of work, not of waiting
    make, code = corpus.REFUSED[name]

    assert refusal(make()) == code


@pytest.mark.parametrize("name", corpus.TAKEN)
def test_an_unusual_but_honest_picture_is_taken(name):
    with sandbox.opened(corpus.TAKEN[name]()) as picture:
        rendered = picture.render(master=True)

    assert picture.frame.pixels.dtype == np.uint8
    assert picture.frame.pixels.shape[2] == 3
    assert rendered.master is not None
    assert {file.format for file in rendered.renditions} == {"avif", "jpeg"}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_every_picture_comes_out_upright(format, orientation):
    upright = drawn(640, 480, seed=3)

    data = corpus.as_upright(upright, orientation, format)

    assert mean_difference(pixels(data), upright) < 3


def test_renditions_and_master_are_upright_too():
    upright = drawn(640, 480, seed=3)
    data = corpus.as_upright(upright, 6, "JPEG")

    with sandbox.opened(data) as picture:
        rendered = picture.render(master=True)

    assert picture.frame.size == (640, 480)
    for file in (rendered.master, *rendered.renditions):
        shown = Image.open(io.BytesIO(file.content))
        assert shown.size == (file.width, file.height)
        small = upright.resize(shown.size, Image.Resampling.LANCZOS)
        assert mean_difference(np.asarray(shown.convert("RGB")), small) < 5


def test_a_png_that_tells_its_turn_behind_its_pixels_is_upright():
    upright = drawn(640, 480)
    turned = corpus.saved(upright.transpose(Image.Transpose.ROTATE_90), "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    end = turned.rindex(b"IEND") - 4
    block = exif.tobytes().removeprefix(b"Exif\x00\x00")
    data = turned[:end] + corpus.chunk(b"eXIf", block) + turned[end:]

    with sandbox.opened(data) as picture:
        rendered = picture.render(master=True)

    assert picture.frame.size == (640, 480)
    assert mean_difference(picture.frame.pixels, upright) == 0
    assert rendered.master is not None
    assert (rendered.master.width, rendered.master.height) == (640, 480)


@pytest.mark.parametrize("name", corpus.CANARIES)
def test_no_canary_comes_out_of_any_place(name):
    data = corpus.CANARIES[name]()
    assert data.count(corpus.CANARY) >= 7  # the file really holds them

    with sandbox.opened(data) as picture:
        rendered = picture.render(master=True)

    for file in (rendered.master, *rendered.renditions):
        assert corpus.CANARY not in file.content
        assert "CANARY".encode("utf-16-le") not in file.content
        shown = Image.open(io.BytesIO(file.content))
        shown.load()
        assert not shown.getexif()
        assert not {"icc_profile", "xmp", "comment", "exif", "photoshop"} & set(
            shown.info
        )
    assert picture.frame.facts.had_location
    assert "CANARY" not in str(picture.frame.facts)
    assert "52" not in str(picture.frame.facts)


def test_the_jpeg_with_canaries_has_them_in_fourteen_places():
    data = corpus.jpeg_with_canaries()

    places = {
        data[at : at + 40].split(b"-7f3a")[0]
        for at in range(len(data))
        if data.startswith(b"CANARY-", at)
    }

    assert len(places) >= 14


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
def test_what_is_transparent_becomes_white(format):
    shown = pixels(corpus.with_transparency(format))

    assert shown[300, 700].min() >= 250


def test_a_profile_is_converted_and_not_believed_by_its_name():
    red = Image.new("RGB", (400, 400), (255, 0, 0))
    data = corpus.saved(red, "JPEG", icc_profile=corpus.swapped_profile(), quality=95)

    red_, green, blue = pixels(data)[200, 200]

    # The profile says that the first channel is blue light.
    assert blue > 200
    assert red_ < 90
    assert green < 90


def test_a_broken_profile_counts_as_srgb():
    data = corpus.saved(drawn(), "JPEG", icc_profile=b"not a profile", quality=95)

    assert mean_difference(pixels(data), drawn()) < 3


def test_cmyk_keeps_its_colours():
    assert mean_difference(pixels(corpus.cmyk()), drawn()) < 6


def test_of_two_pictures_in_one_file_the_first_is_taken():
    assert mean_difference(pixels(corpus.mpo()), drawn()) < 6


def test_sixteen_bits_become_eight_without_clipping():
    grey = pixels(corpus.sixteen_bit_grey())
    colour = pixels(corpus.sixteen_bit_colour())

    assert grey[0, 0].tolist() == [0, 0, 0]
    assert grey[-1, 0].min() >= 254
    assert 120 <= grey[256, 0, 0] <= 136
    assert colour[100, 100].tolist() == [255, 128, 0]


def test_a_large_photo_is_kept_at_4096_and_inspected_at_1280():
    with sandbox.opened(picture_bytes(6000, 4000, quality=60)) as picture:
        rendered = picture.render(master=True)

    assert picture.frame.size == (4096, 2731)
    assert picture.frame.pixels.shape == (853, 1280, 3)
    assert rendered.master is not None
    assert (rendered.master.width, rendered.master.height) == (4096, 2731)
    assert [file.width for file in rendered.renditions if file.format == "jpeg"] == [
        1920,
        1280,
        960,
        640,
        320,
    ]


def test_just_52_megapixels_are_taken():
    with sandbox.opened(corpus.png(8_000, 6_500)) as picture:
        assert picture.frame.size == (4096, 3328)


def test_the_pixels_of_a_frame_cannot_be_changed():
    with (
        sandbox.opened(picture_bytes()) as picture,
        pytest.raises(ValueError, match="read-only"),
    ):
        picture.frame.pixels[0, 0] = 0


def test_facts_are_named_cleaned_and_short():
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS R5\x07" + "x" * 500
    exif[0x0131] = "GIMP  2.10"
    exif.get_ifd(0x8769)[0x9003] = "2026:05:04 10:11:12"
    source = (
        b'<rdf:Description Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/'
        b'newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>'
    )

    with sandbox.opened(corpus.saved(drawn(), "JPEG", exif=exif, xmp=source)) as shot:
        facts = shot.frame.facts

    assert facts.camera is not None
    assert facts.camera.startswith("Canon EOS R5x")
    assert len(facts.camera) == 80
    assert facts.software == "GIMP 2.10"
    assert facts.taken == "2026-05-04T10:11:12"
    assert facts.source_type == "trainedAlgorithmicMedia"
    assert not facts.had_location


@pytest.mark.parametrize(
    "said",
    [
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia/",
        "digsrctype:trainedAlgorithmicMedia",
        " trainedAlgorithmicMedia ",
    ],
)
def test_a_source_type_is_read_however_its_term_is_written(said):
    packet = f'<rdf:Description Iptc4xmpExt:DigitalSourceType="{said}"/>'.encode()

    with sandbox.opened(corpus.saved(drawn(), "JPEG", xmp=packet)) as shot:
        assert shot.frame.facts.source_type == "trainedAlgorithmicMedia"


def test_exif_that_points_to_itself_harms_nobody():
    loop = b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + struct.pack(
        "<HHHIIHHIIII", 2, 0x8769, 4, 1, 8, 0x8825, 4, 1, 8, 8, 8
    )

    data = corpus.jpeg_with(picture_bytes(), corpus.segment(0xE1, loop))

    assert pixels(data).shape == (600, 800, 3)


@pytest.mark.parametrize("value", [b"2026:99:99 99:99:99", b"\x00" * 20, b"soon"])
def test_a_time_that_is_none_is_left_out(value):
    exif = Image.Exif()
    exif[0x0132] = value.decode()

    with sandbox.opened(corpus.saved(drawn(), "JPEG", exif=exif)) as picture:
        assert picture.frame.facts.taken is None


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimize": True, "quality": 100, "subsampling": 0},
        {"progressive": True},
        {"restart_marker_rows": 1, "quality": 100},
        {"restart_marker_blocks": 3},
        {"progressive": True, "restart_marker_rows": 1},
    ],
)
def test_a_jpeg_has_the_pixels_that_pillow_finds_in_it(options):
    data = corpus.saved(drawn(803, 601), "JPEG", **options)

    expected = np.asarray(Image.open(io.BytesIO(data)))

    assert np.array_equal(pixels(data), expected)


def test_only_segments_long_enough_and_the_last_of_a_scan_are_looked_at():
    data = corpus.restarting(restart_marker_rows=10)
    short = corpus.restarting(restart_marker_blocks=1)

    segments = formats.jpeg_frame(data, max_scans=100).segments

    assert len(segments) == 4
    assert all(data[end] == 0xFF != data[end - 1] for _, end in segments)
    assert len(formats.jpeg_frame(short, max_scans=100).segments) == 1


def test_scans_of_a_thumbnail_are_not_counted():
    data = picture_bytes()
    inside = corpus.segment(0xE1, b"Exif\x00\x00" + b"\xff\xda\x00\x08" * 200)

    frame = formats.jpeg_frame(corpus.jpeg_with(data, inside), max_scans=100)

    assert frame.scans == 1


def test_a_usual_progressive_photo_has_few_scans():
    frame = formats.jpeg_frame(picture_bytes(progressive=True), max_scans=100)

    assert frame.scans == 10


def test_a_wide_gamut_photo_is_converted():
    # Display P3's red is beyond sRGB: it comes out as full red.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = corpus.saved(drawn(), "PNG", icc_profile=profile)

    assert mean_difference(pixels(same), drawn()) == 0
