"""Every hostile file, through the command and through the upload page.

All are made here. What is taken must come out as pixels alone; what is refused,
with its reason; and whoever comes afterwards is served as before.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from media_pipeline import refusals, sandbox
from media_pipeline.models import Asset
from media_pipeline.testing import drawn, picture_bytes
from tests.ugc.factories import make_moderator
from ugc.models import Photo

from . import corpus
from .conftest import files_in

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
#: Codes for bytes that only a decoder we don't have would understand.
NO_KIND_OF_OURS = {"unsupported_format", "not_a_picture"}
CANARIES = (corpus.CANARY, "CANARY".encode("utf-16-le"), "CANARY".encode("utf-16-be"))


@dataclass(frozen=True)
class Hostile:
    name: str
    content: bytes
    answers: frozenset[str]  # reasons it may be refused for; empty if it is taken

    @property
    def is_taken(self) -> bool:
        return not self.answers


def all_files() -> list[Hostile]:
    upright = drawn(320, 240, seed=3)
    small = picture_bytes(200, 200)
    return [
        *(
            Hostile(name, make(), frozenset({code}))
            for name, (make, code) in {**corpus.REFUSED, **corpus.TWO_THINGS}.items()
        ),
        *(
            Hostile(f"plugin_{name.lower()}.jpg", make(), frozenset(NO_KIND_OF_OURS))
            for name, make in corpus.OF_EACH_PLUGIN.items()
        ),
        *(
            Hostile(name, make(), frozenset())
            for name, make in {
                **corpus.TAKEN,
                **corpus.ODD_BUT_HONEST,
                **corpus.CANARIES,
            }.items()
        ),
        *(
            Hostile(
                f"turned_{number}.{format.lower()}",
                corpus.as_upright(upright, number, format),
                frozenset(),
            )
            for format in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
            for number in range(1, 9)
        ),
        *(Hostile(name, small, frozenset()) for name in corpus.NAMES),
    ]


@pytest.fixture(scope="module")
def files() -> list[Hostile]:
    return all_files()


def canaries_in(content: bytes) -> bool:
    return any(canary in content for canary in CANARIES)


def test_the_corpus_is_what_it_says_it_is(files):
    places = {
        place
        for hostile in files
        for place in re.findall(rb"CANARY-([a-z0-9-]+)-7f3a", hostile.content)
    }
    Image.init()
    ours = {"AVIF", "JPEG", "PNG", "WEBP", "HEIF"}

    assert len(files) >= 250
    assert len({hostile.name for hostile in files}) == len(files)
    assert len(places) >= 14
    assert set(corpus.OF_EACH_PLUGIN) == set(Image.OPEN) - ours
    for name, make in corpus.OF_EACH_PLUGIN.items():
        accept = Image.OPEN[name][1]
        assert accept is None or accept(make()[:16]), name


def test_the_command_answers_each_file_as_specified(files, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for hostile in files:
        (folder / hostile.name).write_bytes(hostile.content)
    # Names that are no text, or no file at all.
    undecodable = os.fsencode(str(folder)) + b"/\xff\xfe.jpg"
    Path(os.fsdecode(undecodable)).write_bytes(picture_bytes(200, 200))
    os.mkfifo(folder / "pipe.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    odd = [undecodable, *(f"{folder}/{n}" for n in ("pipe.jpg", "loop.jpg", "none"))]

    run = subprocess.run(
        [sys.executable, "-m", "media_pipeline", "--steps", "hashes,colours"]
        + ["--out", str(out), *(str(folder / hostile.name) for hostile in files), *odd],
        cwd=ROOT,
        capture_output=True,
        timeout=600,
        check=False,
    )

    assert run.returncode == 0, run.stderr[-4000:]
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(files) + len(odd)
    wrong = [
        (hostile.name, answer["outcome"], answer["reasons"])
        for hostile, answer in zip(files, answers, strict=False)
        if not (
            answer["outcome"] == "accepted" and answer["renditions"]
            if hostile.is_taken
            else answer["outcome"] == "refused"
            and set(answer["reasons"]) <= hostile.answers
        )
    ]
    assert wrong == []
    assert answers[len(files)]["outcome"] == "accepted"
    assert [answer["reasons"] for answer in answers[-3:]] == [["unreadable"]] * 3
    assert not canaries_in(run.stdout)
    assert not canaries_in(run.stderr)
    written = [path for path in out.rglob("*") if path.is_file()]
    assert len(written) == sum(len(a.get("renditions", ())) for a in answers)
    assert [path for path in written if canaries_in(path.read_bytes())] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("folders")
def test_the_upload_page_answers_each_file_as_specified(
    files, folders, settings, caplog, django_capture_on_commit_callbacks
):
    caplog.set_level("DEBUG")
    settings.UGC_UPLOADS_PER_HOUR = settings.UGC_UPLOADS_PER_HOUR_AND_ADDRESS = 1000
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "colours"]
    author, wrong = Client(), []

    for hostile in files:
        with django_capture_on_commit_callbacks(execute=True):
            answer = author.post(
                "/en/share-your-photo/",
                {
                    "photos": SimpleUploadedFile(
                        hostile.name, hostile.content, content_type="image/jpeg"
                    ),
                    "persona_name": "Mia",
                },
                headers={"Accept": "application/json"},
            )
        if not hostile.content:
            assert answer.status_code == 400
            continue
        assert answer.status_code == 201, (hostile.name, answer.text)
        photo = Photo.objects.latest("pk")
        asset = photo.asset
        page = author.get(answer.json()["url"])
        as_specified = (
            asset.state == Asset.State.PROCESSED
            if hostile.is_taken
            else asset.state == Asset.State.REFUSED_FILE
            and asset.reason in hostile.answers
            and _plain(refusals.wording(asset.reason))[:30] in _plain(page.text)
        )
        if not as_specified or canaries_in(page.content):
            wrong.append((hostile.name, asset.state, asset.reason))
        if "canar" in hostile.name:
            state = author.get(f"{answer.json()['url']}state/")
            assert not canaries_in(state.content)

    assert wrong == []
    # Nothing but pixels is kept: in no file, no row, and not in the queue.
    assert files_in(folders / "incoming") == []
    assert not canaries_in(b"".join(_contents(folders)))
    assert not canaries_in(caplog.text.encode())
    rows = json.dumps(list(Asset.objects.values()), default=str)
    assert not canaries_in(rows.encode())
    editor = Client()
    editor.force_login(make_moderator())
    for photo in Photo.objects.filter(asset__original_name__startswith="canaries"):
        assert not canaries_in(editor.get(f"/cms/photos/{photo.public_id}/").content)
    # Whoever comes next is served.
    with sandbox.opened(picture_bytes(400, 300)) as picture:
        assert picture.frame.size == (400, 300)


def _contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def _plain(text: object) -> str:
    return " ".join(str(text).replace("’", "'").replace("&#x27;", "'").split())
