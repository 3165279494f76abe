"""``python -m media_pipeline``, to the letter of its contract."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from media_pipeline.__main__ import main
from media_pipeline.backends.model_files import LITE0
from media_pipeline.testing import picture_bytes
from tests import faulty_sandbox

from . import corpus

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = [
    "file",
    "outcome",
    "reasons",
    "verdict",
    "size",
    "moderation",
    "findings",
    "tags",
    "colours",
    "faces",
    "text",
    "codes",
    "quality",
    "hashes",
    "products",
    "facts",
    "renditions",
    "timings_ms",
]
QUICK = ("--steps", "hashes,colours,resolution")


class Run:
    def __init__(self, ended: subprocess.CompletedProcess[str]) -> None:
        self.status = ended.returncode
        self.stdout, self.stderr = ended.stdout, ended.stderr

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]


def command(*arguments: object, **environment: str) -> Run:
    return Run(
        subprocess.run(
            [sys.executable, "-m", "media_pipeline", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    )


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "My photo (1).jpg"
    path.write_bytes(picture_bytes(1000, 750))
    return path


def test_a_photo_gets_one_line_with_all_keys(photo):
    run = command(photo, *QUICK)

    assert run.status == 0
    [answer] = run.answers
    assert list(answer) == KEYS
    assert answer["file"] == str(photo)
    assert answer["outcome"] == "accepted"
    assert answer["reasons"] == []
    assert answer["size"] == [1000, 750]
    assert answer["renditions"] == []
    assert set(answer["facts"]) == {"camera", "taken", "had_location", "source_type"}
    assert answer["facts"]["had_location"] is False
    assert set(answer["hashes"]) == {"sha256", "phash", "dhash"}
    assert answer["hashes"]["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert 1 <= len(answer["colours"]) <= 3
    assert {"hashes", "colours", "decode"} <= set(answer["timings_ms"])


def test_a_step_that_did_not_run_leaves_null_and_never_a_zero(photo):
    [answer] = command(photo, "--steps", "resolution").answers

    for key in (
        "moderation",
        "tags",
        "colours",
        "faces",
        "text",
        "codes",
        "quality",
        "hashes",
        "products",
    ):
        assert answer[key] is None
    assert answer["findings"] == [
        {"step": "resolution", "verdict": "review", "reasons": ["low_resolution"]}
    ]
    assert answer["verdict"] == "review"


def test_without_models_a_person_must_look_and_the_keys_are_null(photo, tmp_path):
    [answer] = command(
        photo,
        "--steps",
        "hashes,moderation,tags",
        MEDIA_PIPELINE_MODELS_FOLDER=str(tmp_path / "none"),
    ).answers

    assert answer["outcome"] == "accepted"
    assert answer["verdict"] == "review"
    assert answer["moderation"] is None
    assert answer["tags"] is None
    assert answer["hashes"] is not None


def test_a_head_that_the_environment_names_is_asked_by_default(photo, tmp_path):
    head = {"MEDIA_PIPELINE_CATEGORY_HEAD": str(tmp_path / "head.npz")}

    run = command(photo, **head, MEDIA_PIPELINE_MODELS_FOLDER=str(tmp_path / "none"))

    (answer,) = run.answers
    reasons = [code for each in answer["findings"] for code in each["reasons"]]
    assert "categories" in answer["timings_ms"]
    assert "categories_unavailable" in reasons  # there is none; a person must look


def test_answers_come_in_input_order_and_a_refusal_is_an_answer(photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    missing = tmp_path / "missing.jpg"

    run = command(broken, photo, missing, tmp_path, photo, *QUICK)

    assert run.status == 0
    assert [answer["file"] for answer in run.answers] == [
        str(each) for each in (broken, photo, missing, tmp_path, photo)
    ]
    assert [answer["reasons"] for answer in run.answers] == [
        ["not_a_picture"],
        [],
        ["unreadable"],
        ["unreadable"],
        [],
    ]


def test_a_refused_file_has_four_keys_and_nothing_else(tmp_path):
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(corpus.png(30_000, 30_000))

    [answer] = command(bomb, "--out", tmp_path / "out", *QUICK).answers

    assert list(answer) == ["file", "outcome", "reasons", "timings_ms"]
    assert answer["outcome"] == "refused"
    assert answer["reasons"] == ["too_many_pixels"]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_child_that_crashes_is_refused_and_the_rest_goes_on(photo, tmp_path):
    poison = tmp_path / "poison.jpg"
    poison.write_bytes(faulty_sandbox.marked(photo.read_bytes(), "crash"))

    run = command(
        poison,
        photo,
        *QUICK,
        MEDIA_PIPELINE_SANDBOX_COMMAND=" ".join(faulty_sandbox.COMMAND),
    )

    assert run.status == 0
    assert [answer["reasons"] for answer in run.answers] == [["decoder_failed"], []]


def test_renditions_are_written_with_out_and_without_the_master(photo, tmp_path):
    out = tmp_path / "out"

    [answer] = command(photo, "--out", out, *QUICK).answers

    assert {(file["format"], file["width"]) for file in answer["renditions"]} == {
        (format, width) for format in ("avif", "jpeg") for width in (320, 640, 960)
    }
    assert sorted(path.name for path in out.iterdir()) == sorted(
        file["path"] for file in answer["renditions"]
    )
    for file in answer["renditions"]:
        path = out / file["path"]
        assert path.stat().st_size == file["bytes"]
        with Image.open(path) as picture:
            assert picture.size == (file["width"], file["height"])
            assert picture.format == file["format"].upper()


def test_two_photos_of_one_name_keep_their_renditions_apart(photo, tmp_path):
    other = tmp_path / "other" / photo.name
    other.parent.mkdir()
    other.write_bytes(picture_bytes(640, 480, seed=5))

    one, two = command(photo, other, "--out", tmp_path / "out", *QUICK).answers

    paths = [file["path"] for file in one["renditions"] + two["renditions"]]
    assert len(set(paths)) == len(paths)


def test_a_recipe_styles_the_renditions_and_not_the_facts(photo, tmp_path):
    recipe = tmp_path / "recipe.json"
    recipe.write_text(
        json.dumps({"crop": [0.5, 0.0, 0.5, 1.0], "filter": {"name": "noir"}})
    )

    [plain] = command(photo, *QUICK).answers
    [styled] = command(
        photo, "--recipe", recipe, "--out", tmp_path / "out", *QUICK
    ).answers

    assert styled["size"] == plain["size"] == [1000, 750]
    assert styled["hashes"] == plain["hashes"]
    jpeg = next(file for file in styled["renditions"] if file["format"] == "jpeg")
    assert (jpeg["width"], jpeg["height"]) == (320, 480)
    with Image.open(tmp_path / "out" / jpeg["path"]) as picture:
        shown = picture.convert("RGB").resize((8, 8))
    for red, green, blue in shown.get_flattened_data():
        assert max(red, green, blue) - min(red, green, blue) <= 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "no JSON"),
        ("[]", "recipe must be an object"),
        ('{"crop": [0, 0, 2, 1]}', "recipe.crop[2] must be from 0 to 1"),
        ('{"crop": [0.5, 0, 0.9, 1]}', "must not reach past"),
        ('{"colour": 1}', "unknown key 'colour'"),
        ('{"filter": {"name": "valencia"}}', "must be one of"),
        ('{"straighten": true}', "must be a number"),
        ('{"straighten": NaN}', "must be a number"),
    ],
)
def test_a_wrong_recipe_is_wrong_usage(photo, tmp_path, capfd, content, said):
    recipe = tmp_path / "recipe.json"
    recipe.write_text(content)

    status = main([str(photo), "--recipe", str(recipe)])

    printed = capfd.readouterr()
    assert status == 2
    assert printed.out == ""
    assert said in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("photo.jpg", "--steps", "resolution,astrology"),
        ("photo.jpg", "--steps", "products"),
        ("photo.jpg", "--steps", ""),
        ("photo.jpg", "--steps", " , "),
        ("photo.jpg", "--steps", "", "--catalogue", "/"),
        ("photo.jpg", "--recipe", "/no/such/recipe.json"),
        ("photo.jpg", "--catalogue", "/no/such/folder"),
        ("photo.jpg", "--catalogue", ""),
        ("photo.jpg", "--out", "/dev/null/out"),
        ("photo.jpg", "--out", "/dev/null"),
        ("photo.jpg", "--out", ""),
        ("photo.jpg", "--recipe", ""),
        ("photo.jpg", "--recipe", "/"),
    ],
)
def test_wrong_usage_is_said_on_standard_error(arguments, capfd, settings):
    settings.MEDIA_PIPELINE_CATALOGUE = ""  # as where no shop is

    status = main(arguments)

    printed = capfd.readouterr()
    assert status == 2
    assert printed.out == ""
    assert "error: --" in printed.err


@pytest.mark.parametrize(
    "arguments", [(), ("--",), ("photo.jpg", "--sideways"), ("-x.jpg",)]
)
def test_unknown_arguments_are_wrong_usage(arguments):
    run = command(*arguments)

    assert run.status == 2
    assert run.stdout == ""
    assert "usage:" in run.stderr


def test_the_catalogue_is_a_folder_of_pictures(photo, tmp_path):
    catalogue = tmp_path / "catalogue"
    (catalogue / "lamp").mkdir(parents=True)
    (catalogue / "chair.jpg").write_bytes(photo.read_bytes())
    (catalogue / "lamp" / "one.png").write_bytes(
        picture_bytes(400, 400, seed=9, format="PNG")
    )
    (catalogue / "broken.jpg").write_bytes(b"no picture")

    run = command(photo, "--catalogue", catalogue, *QUICK)

    assert run.status == 0
    [answer] = run.answers
    assert "products" in answer["timings_ms"]
    assert "broken.jpg" in run.stderr
    if answer["products"] is None:  # the models are not installed
        assert answer["verdict"] == "review"
    else:
        assert answer["products"][0]["key"] == "chair"
        assert answer["products"][0]["score"] > 0.9


@pytest.mark.parametrize("content", [None, b"not a model"], ids=["missing", "changed"])
def test_a_catalogue_nobody_can_search_is_not_an_empty_one(photo, tmp_path, content):
    catalogue, models = tmp_path / "catalogue", tmp_path / "models"
    catalogue.mkdir()
    models.mkdir()
    (catalogue / "chair.jpg").write_bytes(photo.read_bytes())
    if content is not None:
        (models / LITE0.name).write_bytes(content)

    answers = command(
        photo,
        photo,
        *("--catalogue", catalogue, *QUICK),
        MEDIA_PIPELINE_MODELS_FOLDER=str(models),
    ).answers

    unavailable = {
        "step": "products",
        "verdict": "review",
        "reasons": ["products_unavailable"],
    }
    for answer in answers:
        assert answer["products"] is None
        assert unavailable in answer["findings"]
        assert answer["verdict"] == "review"
        assert answer["hashes"] is not None
    assert len(answers) == 2


def test_steps_are_named_once_and_may_have_blanks_around_them(photo):
    run = command(photo, "--steps", " hashes, colours,hashes ")

    assert run.status == 0
    [answer] = run.answers
    assert answer["hashes"] is not None
    assert answer["colours"] is not None
    assert answer["quality"] is None
    assert [name for name in answer["timings_ms"] if name in KEYS] == [
        "hashes",
        "colours",
    ]


def test_options_may_stand_between_the_files(photo, tmp_path):
    run = command(photo, "--steps", "hashes", photo, "--out", tmp_path / "out", photo)

    assert run.status == 0
    assert [answer["file"] for answer in run.answers] == [str(photo)] * 3
    assert all(answer["renditions"] for answer in run.answers)


@pytest.mark.parametrize("what", ["answers", "help", "status", "training"])
def test_an_output_that_can_not_be_written_is_said(photo, what):
    arguments = {
        "answers": (photo, *QUICK),
        "help": ("--help",),
        "status": ("models", "status"),
        "training": ("train-head", "--help"),
    }[what]

    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "media_pipeline", *map(str, arguments)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("No space left on device") == 1


def test_odd_file_names_are_answered(tmp_path):
    odd = tmp_path / "zwei\nZeilen – ü \u202e.jpg"
    odd.write_bytes(picture_bytes(320, 240))
    bad = os.fsencode(tmp_path) + b"/\xff\xfe.jpg"
    Path(os.fsdecode(bad)).write_bytes(picture_bytes(320, 240))

    ended = subprocess.run(
        [sys.executable, "-m", "media_pipeline", str(odd), bad, *QUICK],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )

    first, second = map(json.loads, io.BytesIO(ended.stdout).readlines())
    assert first["file"] == str(odd)
    assert second["file"] == os.fsdecode(bad)
    assert first["outcome"] == second["outcome"] == "accepted"


NAMES = ("-x.jpg", "--out", "--steps=magic", "-", "--", "models", "@a", "--help", " ")


@pytest.mark.parametrize("before", [(), ("first.jpg",)], ids=["alone", "after_one"])
def test_what_follows_two_dashes_are_files(tmp_path, monkeypatch, capfd, before):
    monkeypatch.chdir(tmp_path)
    for name in (*before, *NAMES):
        Path(name).write_bytes(picture_bytes(320, 240))

    status = main([*before, *QUICK, "--", *NAMES])

    answers = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert status == 0
    assert [answer["file"] for answer in answers] == [*before, *NAMES]
    assert {answer["outcome"] for answer in answers} == {"accepted"}


def test_options_before_two_dashes_count(photo, tmp_path):
    out = tmp_path / "out"

    run = command("--out", out, *QUICK, "--", photo, "--out")

    accepted, refused = run.answers
    assert accepted["renditions"]
    assert (refused["file"], refused["reasons"]) == ("--out", ["unreadable"])


def test_renditions_that_can_not_be_written_cost_no_answer(photo, tmp_path):
    other = tmp_path / "b.jpg"
    other.write_bytes(picture_bytes(640, 480))
    out = tmp_path / "out"
    stem = "0001-My-photo-1"
    (out / f"{stem}-640.jpg").mkdir(parents=True)  # in the way

    run = command(photo, other, "--out", out, *QUICK)

    first, second = run.answers
    assert run.status == 1
    assert first["outcome"] == second["outcome"] == "accepted"
    assert first["renditions"] == []
    assert len(second["renditions"]) == len(list(out.glob("0002-*")))
    assert [path.name for path in out.glob("0001-*")] == [f"{stem}-640.jpg"]
    assert "renditions can't be written" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_pipe_and_a_device_are_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    run = command(pipe, "/dev/zero", *QUICK)

    assert [answer["reasons"] for answer in run.answers] == [["unreadable"]] * 2


def test_a_file_of_too_many_bytes_is_not_read_to_its_end(tmp_path):
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(10 * 1024**3)

    [answer] = command(huge, *QUICK).answers

    assert answer["reasons"] == ["too_many_bytes"]


def test_the_models_can_be_asked_for(tmp_path):
    run = command(
        "models", "status", MEDIA_PIPELINE_MODELS_FOLDER=str(tmp_path / "none")
    )

    assert run.status == 1
    assert "missing" in run.stdout
    assert LITE0.name in run.stdout
    assert "Traceback" not in run.stderr
    assert "usage" not in run.stderr


@pytest.mark.parametrize(
    "arguments", [("--help",), ("models", "--help"), ("train-head", "--help")]
)
def test_help_that_was_asked_for_is_an_answer(arguments):
    run = command(*arguments)

    assert run.status == 0
    assert run.stdout.startswith("usage: python -m media_pipeline")
    assert run.stderr == ""


def test_a_missing_sandbox_refuses_no_photo_and_says_what_to_do(photo):
    run = command(photo, photo, *QUICK, MEDIA_PIPELINE_SANDBOX_COMMAND="/no/such/thing")

    assert run.status == 1
    assert run.stdout == ""
    assert "MEDIA_PIPELINE_SANDBOX_COMMAND" in run.stderr
    assert "/no/such/thing" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_recipe_without_an_end_is_wrong_usage(photo):
    run = command(photo, "--recipe", "/dev/zero", *QUICK)

    assert run.status == 2
    assert "larger than any recipe" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_closed_standard_output_is_an_error_without_a_traceback(photo):
    ended = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-m", "media_pipeline"]
        + [str(photo), *QUICK],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
    )

    assert ended.returncode == 1
    assert "standard output is closed" in ended.stderr
    assert "Traceback" not in ended.stderr
