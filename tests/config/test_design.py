"""The design system keeps its promises: contrast, size, and no inline code."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "config/site/static/shoppable_site"
TEMPLATES = sorted((ROOT / "config/site/templates").rglob("*.html"))

TEXT = ("--ink", "--ink-soft", "--accent", "--good", "--warn", "--bad")
GROUNDS = ("--paper", "--surface")


def tokens() -> dict[str, dict[str, str]]:
    """Colours of each scheme, from the style sheet."""
    css = (STATIC / "tokens.css").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    pairs = re.compile(r"(--[\w-]+):\s*(#[0-9a-f]{3,6});")
    bright = dict(pairs.findall(light))
    return {
        "light": bright,
        "dark": {**bright, **dict(pairs.findall(dark.split("@media")[0]))},
    }


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_formula_knows_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", TEXT)
def test_text_colours_reach_aa(scheme, ground, ink):
    colours = tokens()[scheme]

    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buttons_and_focus_can_be_seen(scheme):
    colours = tokens()[scheme]

    assert contrast(colours["--accent-ink"], colours["--accent"]) >= 4.5
    for ground in GROUNDS:
        assert contrast(colours["--focus"], colours[ground]) >= 3


def compressed(*files: Path) -> int:
    """Bytes over the wire, each file by itself."""
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_tokens_and_shared_classes_take_at_most_5_kb():
    assert compressed(STATIC / "tokens.css", STATIC / "site.css") <= 5 * 1024


def test_all_css_of_a_shopper_page_takes_at_most_15_kb():
    everything = [
        *STATIC.glob("*.css"),
        ROOT / "ugc/static/shoppable_ugc/ugc.css",
        ROOT / "storefront/static/shoppable_store/store.css",
        ROOT / "cms/static/shoppable_cms/weave.css",
    ]

    assert compressed(*everything) <= 15 * 1024


def test_css_uses_no_property_that_the_tokens_lack():
    defined = set(re.findall(r"(--[\w-]+):", (STATIC / "tokens.css").read_text()))
    used = {
        name
        for file in STATIC.glob("*.css")
        for name in re.findall(r"var\((--[\w-]+)\)", file.read_text())
    }

    assert used <= defined


def test_the_shared_classes_are_there():
    css = (STATIC / "site.css").read_text()
    shared = (
        "page stack cluster grid button button--quiet button--danger field notice "
        "notice--good notice--warn notice--bad badge visually-hidden eyebrow lede "
        "price skip-link"
    )

    missing = [name for name in shared.split() if f".{name}" not in css]

    assert missing == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_templates_carry_no_inline_style_or_script(template):
    html = template.read_text()

    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", html)
    for tag in re.findall(r"<script[^>]*>", html):
        assert "src=" in tag


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_templates_speak_through_translations(template):
    if template.name == "500.html":
        pytest.skip("speaks both languages itself: it must work without Django's")
    html = template.read_text()
    html = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", html, flags=re.S)
    html = re.sub(r"{% block body_class %}[\w -]*{% endblock %}", "", html)
    html = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", html, flags=re.S)
    text = re.sub(r"<[^>]*>", " ", html).replace("Schaufenster", "")

    assert not re.search(r"[A-Za-z]{2,}", text), text.split()
