"""A picture as a page draws it."""

from __future__ import annotations

from media_pipeline.pictures import Picture

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
