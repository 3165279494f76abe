"""What the default steps need, and what happens when it is missing or damaged."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from django.core.management import call_command

from media_pipeline.backends import (
    checks,
    install,
    model_files,
    needed,
    ocr,
    onnx_by_path,
    sessions,
)
from media_pipeline.backends.contract import drawn_frames
from media_pipeline.backends.model_files import (
    CENTERFACE,
    CLOTHING_HEAD,
    IMAGE_SAFETY,
    LITE0,
    OPEN_NSFW,
    State,
)
from media_pipeline.heads import Head
from media_pipeline.pipeline import DEFAULT_STEPS, build_pipeline
from media_pipeline.results import Verdict, as_contract

DETECTOR, READER = (name for name in ocr._SUMS)


def needs(*steps):
    return {each.name: each for each in needed.needed_by(build_pipeline(steps).steps)}


def test_all_files_of_the_default_steps_are_listed_with_their_sum():
    listed = needs(*DEFAULT_STEPS)

    for file in (OPEN_NSFW, IMAGE_SAFETY, LITE0, CENTERFACE, CLOTHING_HEAD):
        assert listed[file.file_name].sha256 == file.sha256
    for name, sha256 in ocr._SUMS.items():
        assert listed[name].sha256 == sha256
        assert listed[name].steps == ("text",)
    assert listed[LITE0.name].steps == ("moderation", "tags", "clothing")
    assert {name.split()[0] for name in listed} >= {"zxing-cpp", "badwords-py"}


def test_every_file_is_named_once_whoever_asks_for_it():
    names = [each.name for each in needed.needed_by(build_pipeline().steps)]

    assert len(names) == len(set(names))


def test_a_missing_package_is_a_need(monkeypatch):
    def missing(name):
        raise needed.PackageNotFoundError(name)

    monkeypatch.setattr(needed, "version", missing)

    (problem,) = [each.problem for each in needs("text").values() if each.problem]

    assert "badwords-py is not installed; run: pip install" in problem


@pytest.fixture
def switched_on(settings, tmp_path):
    """Steps that only their configuration switches on; what they need is missing."""
    labels = tmp_path / "own.txt"
    labels.write_text("red\nblue\n", encoding="utf-8")
    own = {"path": str(tmp_path / "own.onnx"), "sha256": "0" * 64}
    own["labels"] = str(labels)
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"own_labels": {"backend_options": own}}
    settings.MEDIA_PIPELINE_CATEGORY_HEAD = str(tmp_path / "head.npz")
    return labels


def test_what_options_switch_on_is_warned_of(switched_on):
    said = [f"{each.id} {each.msg}" for each in checks.check_models()]

    for step, name in (("own_labels", "own.onnx"), ("categories", "head.npz")):
        (warning,) = (line for line in said if f"Off until then: {step}." in line)
        assert warning.startswith("media_pipeline.W010")
        assert name in warning


def test_labels_that_are_not_there_are_warned_of(switched_on):
    switched_on.unlink()
    onnx_by_path.labels_in.cache_clear()

    said = [each.msg for each in checks.check_models() if "own_labels" in each.msg]

    assert len(said) == 2  # the network and its labels
    assert any("own.txt can't be read" in line for line in said)


def test_what_options_switch_on_is_in_the_list_of_models(switched_on, capsys):
    assert install.main(["status"]) == 1

    said = capsys.readouterr()
    assert "own.onnx" in said.out
    assert "head.npz" in said.err


def test_a_head_of_another_network_is_warned_of(settings, tmp_path):
    ones = np.ones((2, 4), np.float32)
    head = Head(model="another 1", labels=("a", "b"), weights=ones, bias=ones[:, 0])
    head.save(tmp_path / "head.npz")
    settings.MEDIA_PIPELINE_CATEGORY_HEAD = str(tmp_path / "head.npz")

    said = [each.msg for each in checks.check_models() if "categories" in each.msg]

    assert len(said) == 1
    assert "trained on another 1" in said[0]


@pytest.mark.django_db
def test_the_sites_own_status_names_it_too(switched_on, capsys):
    call_command("pipeline", "status")

    said = capsys.readouterr().out
    assert re.search(
        r"missing: own\.onnx \(own_labels\): /.*own\.onnx is not there", said
    )
    assert "missing: categories (categories): The head can't be read" in said


def test_what_a_worker_adds_to_the_steps_is_asked_for_as_well(settings):
    settings.MEDIA_PIPELINE_CATALOGUE = "shop.Catalogue"

    listed = {each.name: each.steps for each in needed.needed_now()}

    assert {"duplicates", "products"} <= set(listed[LITE0.name])


def test_one_wrong_step_hides_no_other(settings, no_models):
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"tags": {"no_such": 1}}

    assert "centerface.onnx" in {each.name for each in needed.needed_now()}
    (error,) = [each for each in checks.check_steps() if each.id.endswith("E010")]
    assert "tags" in error.msg


def test_wrong_options_of_a_step_that_they_switch_on_are_an_error(settings):
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"own_labels": {"no_such": 1}}

    (error,) = [each for each in checks.check_steps() if each.id.endswith("E010")]

    assert "own_labels" in error.msg


REKOGNITION = "media_pipeline.backends.rekognition.Rekognition"


def test_a_service_needs_the_package_that_asks_it(monkeypatch):
    def missing(name):
        raise needed.PackageNotFoundError(name)

    step = {"moderation": {"backend": REKOGNITION}}
    (ready, package) = needed.needed_by(build_pipeline(step).steps)
    monkeypatch.setattr(needed, "version", missing)
    (problem,) = needed.needed_by(build_pipeline(step).steps)

    assert {ready.problem, package.problem} == {""}
    assert {ready.name, package.name} == {"rekognition", "boto3"}
    assert problem.state is State.MISSING
    assert "pip install boto3" in problem.problem
    assert problem.steps == ("moderation",)


def test_status_lists_the_reader_of_text_too(capsys):
    install.main(["status"])

    said = capsys.readouterr().out
    for name, sha256 in ocr._SUMS.items():
        assert name in said
        assert sha256[:12] in said


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """The reader's two networks as copies that a test may damage."""
    models = []
    for model in ocr.models():
        copy = tmp_path / model.path.name
        shutil.copyfile(model.path, copy)
        models.append(replace(model, path=copy))
    monkeypatch.setattr(ocr, "models", lambda: tuple(models))
    ocr.forget()
    sessions.forget()
    yield tmp_path
    ocr.forget()
    sessions.forget()


def cut(path):
    path.write_bytes(path.read_bytes()[:-1000])


def swap(path):
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)


def remove(path):
    path.unlink()


DAMAGES = [
    (cut, State.CHANGED, "truncated or changed"),
    (swap, State.CHANGED, "truncated or changed"),
    (remove, State.MISSING, "is not there"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", [DETECTOR, READER])
@pytest.mark.parametrize(("damage", "state", "words"), DAMAGES)
def test_damaged_networks_for_text_are_named_and_their_step_is_off(
    reader, monkeypatch, capsys, name, damage, state, words
):
    damage(reader / name)

    listed = needs("text")[name]
    warning = next(each for each in checks.check_models() if name in each.msg)
    code = install.main(["status"])
    frame = drawn_frames()["gradient"]
    result = build_pipeline(["hashes", "text"]).run(frame)

    assert listed.state is state
    assert words in listed.problem
    assert "pip install --force-reinstall" in listed.problem
    assert warning.id == f"media_pipeline.W01{0 if state is State.MISSING else 1}"
    assert "Off until then: text." in warning.msg
    assert code == 1
    assert words in capsys.readouterr().err
    # Its photos wait for a person; the other steps still answer.
    answer = as_contract(file="x", frame=frame, result=result, sha256="")
    assert result.verdict is Verdict.REVIEW
    assert answer["text"] is None
    assert answer["hashes"] is not None
    assert answer["findings"][0]["reasons"] == ["text_unavailable"]


@pytest.mark.slow
@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("file", "step"),
    [
        (OPEN_NSFW, "moderation"),
        (IMAGE_SAFETY, "moderation"),
        (LITE0, "tags"),
        (CENTERFACE, "faces"),
    ],
)
@pytest.mark.parametrize(("damage", "state", "words"), DAMAGES)
def test_damaged_networks_are_named_and_their_step_is_off(
    settings, tmp_path, file, step, damage, state, words
):
    whole = model_files.path_of(file)
    settings.MEDIA_PIPELINE_MODELS_FOLDER = tmp_path
    shutil.copyfile(whole, tmp_path / file.name)
    damage(tmp_path / file.name)
    sessions.forget()

    listed = needs(step)[file.name]
    (result,) = build_pipeline([step]).run(drawn_frames()["gradient"]).steps

    sessions.forget()
    assert listed.state is state
    assert words in listed.problem
    assert "models install" in listed.problem
    assert (result.verdict, result.reasons) == (
        Verdict.REVIEW,
        (f"{step}_unavailable",),
    )


def test_a_head_that_was_changed_is_not_used(monkeypatch, models):
    from media_pipeline.backends import lite0

    changed = replace(CLOTHING_HEAD, sha256="0" * 64)
    monkeypatch.setattr(lite0, "CLOTHING_HEAD", changed)
    lite0._clothing_head.cache_clear()

    (result,) = build_pipeline(["clothing"]).run(drawn_frames()["gradient"]).steps

    lite0._clothing_head.cache_clear()
    assert result.reasons == ("clothing_unavailable",)
