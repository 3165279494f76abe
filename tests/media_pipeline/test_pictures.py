"""A picture as a page draws it."""

from __future__ import annotations

import pytest

from media_pipeline.pictures import Picture, place_in, shown_focus

SOURCES = [
    ("jpeg", 640, 480, "/m/640.jpg"),
    ("avif", 320, 240, "/m/320.avif"),
    ("jpeg", 320, 240, "/m/320.jpg"),
    ("avif", 640, 480, "/m/640.avif"),
]


def picture() -> Picture:
    made = Picture.of(SOURCES)
    assert made is not None
    return made


def test_it_is_as_large_as_its_widest_jpeg():
    assert (picture().width, picture().height) == (640, 480)
    assert picture().src == "/m/640.jpg"


def test_without_a_jpeg_there_is_no_picture():
    assert Picture.of([]) is None
    assert Picture.of([("avif", 320, 240, "/m/320.avif")]) is None


def test_the_narrowest_jpeg_that_fills_is_chosen():
    assert picture().url(1) == "/m/320.jpg"
    assert picture().url(320) == "/m/320.jpg"
    assert picture().url(321) == "/m/640.jpg"
    assert picture().url(9999) == "/m/640.jpg"


def test_its_html_offers_both_formats_with_sizes_and_alt():
    html = picture().html(alt="A red chair", sizes="50vw", css_class="tile")

    assert html == (
        '<picture class="tile"><source type="image/avif"'
        ' srcset="/m/320.avif 320w, /m/640.avif 640w" sizes="50vw">'
        '<img src="/m/640.jpg" srcset="/m/320.jpg 320w, /m/640.jpg 640w"'
        ' sizes="50vw" width="640" height="480" alt="A red chair" loading="lazy"'
        ' decoding="async"></picture>'
    )


def test_the_first_picture_of_a_page_is_loaded_at_once():
    html = picture().html(alt="", eager=True)

    assert 'loading="eager" fetchpriority="high"' in html
    assert 'alt=""' in html


def test_words_of_people_cannot_leave_their_attribute():
    evil = '"><script>alert(1)</script>'

    html = picture().html(alt=evil, sizes=evil, css_class=evil)

    assert "<script>" not in html
    assert html.count(">") == 4


MIDDLE = {"version": 1, "crop": [0.25, 0.25, 0.5, 0.5]}


@pytest.mark.parametrize(
    ("focus", "classes"),
    [
        (None, ""),
        ((0.5, 0.5), ""),
        ((0.49, 0.52), ""),
        ((0.3, 0.5), "focus-x-30"),
        ((0.5, 0.12), "focus-y-10"),
        ((0.0, 1.0), "focus-x-0 focus-y-100"),
        ((0.331, 0.68), "focus-x-35 focus-y-70"),
    ],
)
def test_what_a_crop_keeps_is_a_class_in_steps_of_five_percent(focus, classes):
    made = Picture.of(SOURCES, focus=focus)

    assert made.focus_class == classes
    assert (f'<img class="{classes}" src' in made.html(alt="")) == bool(classes)


@pytest.mark.parametrize(
    ("point", "recipe", "shown"),
    [
        ((0.3, 0.2), None, (0.3, 0.2)),
        ((0.3, 0.2), {}, (0.3, 0.2)),
        ((0.375, 0.5), MIDDLE, (0.25, 0.5)),
        ((0.1, 0.5), MIDDLE, None),  # cut off, so any crop is as good
        ((0.5, 0.5), {"crop": "everything"}, None),
        ((None, None), MIDDLE, None),
    ],
)
def test_the_focal_point_lies_where_the_recipes_crop_puts_it(point, recipe, shown):
    found = shown_focus(*point, recipe=recipe, width=1600, height=800)

    assert found == (pytest.approx(shown) if shown else None)


def test_without_the_masters_size_points_stay_where_they_are():
    assert place_in(MIDDLE, None)(0.1, 0.9) == (0.1, 0.9)
