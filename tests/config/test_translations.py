"""German is whole: nothing new without its words, nothing guessed, nothing uncompiled."""

from __future__ import annotations

import ast
import gettext
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.servers import ServerMissing, skip_or_fail

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cms", "config/site", "media_pipeline", "outbox", "storefront", "ugc")
CATALOGUE = Path("locale/de/LC_MESSAGES/django.po")
SOURCES = {".py", ".html", ".txt", ".po"}


@dataclass
class Entry:
    """One message of a .po file; ``words`` are msgctxt, msgid, msgstr[0] and so on."""

    words: dict[str, str] = field(default_factory=dict)
    is_fuzzy: bool = False

    @property
    def translations(self) -> list[str]:
        return [text for key, text in self.words.items() if key.startswith("msgstr")]

    @property
    def is_done(self) -> bool:
        return not self.is_fuzzy and all(self.translations)


def entries_of(po: Path) -> Iterator[Entry]:
    """Yield the messages of a .po file, without its header and what is obsolete."""
    for paragraph in po.read_text().split("\n\n"):
        entry, key = Entry(), ""
        for line in paragraph.splitlines():
            if line.startswith("#,"):
                entry.is_fuzzy = "fuzzy" in line
            elif line.startswith("msg"):
                key, text = line.split(" ", 1)
                entry.words[key] = ast.literal_eval(text)
            elif line.startswith('"'):
                entry.words[key] += ast.literal_eval(line)
        if entry.words.get("msgid"):
            yield entry


def compiled(po: Path) -> gettext.GNUTranslations:
    with po.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def said_by(catalogue: gettext.GNUTranslations, entry: Entry) -> list[str]:
    """What a compiled catalogue says for a message, in the order of its forms."""
    one, many = entry.words["msgid"], entry.words.get("msgid_plural")
    context = entry.words.get("msgctxt")
    if many is None:
        if context is None:
            return [catalogue.gettext(one)]
        return [catalogue.pgettext(context, one)]
    # German has two forms: of one, and of any other number.
    if context is None:
        return [catalogue.ngettext(one, many, number) for number in (1, 2)]
    return [catalogue.npgettext(context, one, many, number) for number in (1, 2)]


def test_the_reader_knows_what_is_not_done(tmp_path):
    po = tmp_path / "django.po"
    po.write_text(
        'msgid ""\nmsgstr "Language: de"\n\n'
        '#, fuzzy\nmsgid "Cup"\nmsgstr "Becher"\n\n'
        'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] ""\n\n'
        '#: x.py:1\nmsgid ""\n"two "\n"lines"\nmsgstr "zwei\\n"\n\n'
        '#~ msgid "gone"\n#~ msgstr ""\n'
    )

    found = {entry.words["msgid"]: entry.is_done for entry in entries_of(po)}

    assert found == {"Cup": False, "a": False, "two lines": True}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_message_has_german_words_that_nobody_guessed(package):
    undone = [
        entry.words["msgid"]
        for entry in entries_of(ROOT / package / CATALOGUE)
        if not entry.is_done
    ]

    assert undone == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_compiled_says_what_is_written(package):
    po = ROOT / package / CATALOGUE
    catalogue = compiled(po)

    stale = [
        entry.words["msgid"]
        for entry in entries_of(po)
        if said_by(catalogue, entry) != entry.translations
    ]

    assert stale == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_message_of_the_sources_is_in_the_catalogue(package, tmp_path):
    if shutil.which("xgettext") is None:
        skip_or_fail(ServerMissing("gettext is not installed (apt: gettext)."))
    for source in (ROOT / package).rglob("*"):
        if source.suffix in SOURCES and source.is_file():
            copy = tmp_path / source.relative_to(ROOT / package)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)

    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "de", "-v0"],
        cwd=tmp_path,
        check=True,
        # The copy is no Django project: there are no settings to read.
        env={
            name: value
            for name, value in os.environ.items()
            if name != "DJANGO_SETTINGS_MODULE"
        },
    )

    undone = [
        entry.words["msgid"]
        for entry in entries_of(tmp_path / CATALOGUE)
        if not entry.is_done
    ]
    assert undone == []
