from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from media_pipeline import duplicates, heads
from media_pipeline.__main__ import main
from media_pipeline.backends.contract import frame_of
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.heads import Head, HeadTagger, NotEnoughPictures, train
from media_pipeline.registry import discover

from .steps.conftest import models  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow

MEAN_COLOUR = "tests.media_pipeline.steps.backends.MeanColour"
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


def points(count, *, classes=3, spread=0.2, seed=1):
    """Return unit vectors around as many corners as there are classes."""
    pick = np.random.default_rng(seed)
    labels = [f"class {n % classes}" for n in range(count)]
    vectors = np.eye(classes, 8)[[n % classes for n in range(count)]]
    vectors = vectors + pick.standard_normal(vectors.shape) * spread
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels


def test_what_can_be_told_apart_is_told_apart():
    vectors, labels = points(150)

    head, report = train(vectors, labels, model="given 1")

    assert report["mean_accuracy"] > 0.97
    assert len(report["five_folds"]) == 5
    assert report["held_out_pictures"] == 30
    unseen, truth = points(60, seed=9)
    best = head.probabilities(unseen).argmax(axis=1)
    assert (
        np.mean([head.labels[b] == t for b, t in zip(best, truth, strict=True)]) > 0.97
    )


def test_what_is_drawn_by_lot_is_not_reported_as_learnt():
    vectors, labels = points(300)
    np.random.default_rng(5).shuffle(labels)

    _, report = train(vectors, labels, model="given 1")

    assert report["mean_accuracy"] < 0.5
    assert report["held_out_accuracy"] < 0.55


def test_probabilities_add_up():
    vectors, labels = points(90)
    head, _ = train(vectors, labels, model="given 1")

    shares = head.probabilities(vectors)

    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares >= 0).all()


def test_a_class_of_few_pictures_counts_as_none():
    vectors, labels = points(75)
    labels = [
        "rare" if n < 19 and label == "class 0" else label
        for n, label in enumerate(labels)
    ]

    head, report = train(vectors, labels, model="given 1")

    assert "rare" not in head.labels
    assert heads.NONE in head.labels
    assert report["too_few"]["rare"] == 7


@pytest.mark.parametrize("labels", [[], ["one"] * 50, ["one", "two"] * 19])
def test_two_classes_of_twenty_are_needed(labels):
    vectors = np.ones((len(labels), 8), np.float32)

    with pytest.raises(NotEnoughPictures, match="20"):
        train(vectors, labels, model="given 1")


def test_training_twice_gives_the_same_head(tmp_path):
    vectors, labels = points(90)

    one, first = train(vectors, labels, model="given 1")
    two, second = train(vectors, labels, model="given 1")

    assert first == second
    assert np.array_equal(one.weights, two.weights)


# --- the step -------------------------------------------------------------------


def colour_head():
    vectors = []
    labels = []
    pick = np.random.default_rng(3)
    from tests.media_pipeline.steps.backends import MeanColour

    for name, colour in COLOURS.items():
        for _ in range(24):
            pixels = np.clip(pick.normal(colour, 25, (8, 8, 3)), 0, 255)
            vectors.append(MeanColour().embed([pixels.astype(np.uint8)])[0])
            labels.append(name)
    head, _ = train(np.stack(vectors), labels, model="mean colour 1")
    return head


def step_of(path):
    return discover().build(
        "categories",
        {"backend_options": {"path": str(path), "embedder": MEAN_COLOUR}},
    )


def plain(name):
    return frame_of(np.zeros((64, 64, 3), np.uint8) + np.array(COLOURS[name], np.uint8))


def test_the_step_names_the_shops_own_category(tmp_path):
    colour_head().save(tmp_path / "head.npz")

    result = step_of(tmp_path / "head.npz").inspect(plain("green"))

    [tag] = result.tags
    assert tag.label == "green"
    assert tag.confidence > 0.7


def test_a_head_of_another_model_gives_no_answer(tmp_path):
    head = colour_head()
    Head(
        model="another 1", labels=head.labels, weights=head.weights, bias=head.bias
    ).save(tmp_path / "head.npz")

    with pytest.raises(BackendUnavailable, match="another 1"):
        step_of(tmp_path / "head.npz").inspect(plain("red"))


@pytest.mark.parametrize("content", [b"", b"no head", None])
def test_a_broken_or_missing_head_gives_no_answer(tmp_path, content):
    path = tmp_path / "head.npz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BackendUnavailable):
        step_of(path).inspect(plain("red"))


def test_a_head_holds_no_code(tmp_path):
    with (tmp_path / "head.npz").open("wb") as file:
        np.savez(file, model=np.array({"a": 1}, dtype=object))

    with pytest.raises(BackendUnavailable):
        Head.load(tmp_path / "head.npz")


def test_no_head_is_used_unless_the_setting_names_one(settings):
    settings.MEDIA_PIPELINE_CATEGORY_HEAD = ""

    with pytest.raises(BackendUnavailable, match="MEDIA_PIPELINE_CATEGORY_HEAD"):
        HeadTagger().tag(plain("red").pixels)


def test_the_setting_switches_the_step_on(settings):
    from media_pipeline.inspection import worker_pipeline

    if hasattr(settings, "MEDIA_PIPELINE_STEPS"):
        del settings.MEDIA_PIPELINE_STEPS
    settings.MEDIA_PIPELINE_CATALOGUE = ""
    off = {step.name for step in worker_pipeline("photo").steps}
    settings.MEDIA_PIPELINE_CATEGORY_HEAD = "/a/head.npz"
    on = {step.name for step in worker_pipeline("photo").steps}

    assert on - off == {"categories"}


# --- the commands ---------------------------------------------------------------


def test_the_command_trains_on_a_folder(models, tmp_path, capfd):  # noqa: F811
    photos = tmp_path / "photos"
    photos.mkdir()
    pick = np.random.default_rng(4)
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "label"])
        for n in range(40):
            size = 24 if n % 2 else 3
            dots = pick.integers(0, 256, (size, size, 3), np.uint8)
            name = f"{n}.png"
            Image.fromarray(dots).resize((240, 240), 0).save(photos / name)
            rows.writerow([name, "fine" if n % 2 else "coarse"])
        rows.writerow(["missing.png", "fine"])
    out = tmp_path / "head.npz"

    status = main(
        ["train-head", "--photos", str(photos)]
        + ["--labels", str(tmp_path / "labels.csv"), "--out", str(out)]
    )

    assert status == 0
    report = json.loads(capfd.readouterr().out)
    assert report["pictures"] == 40
    assert report["held_out_accuracy"] > 0.9
    assert Head.load(out).labels == ("coarse", "fine")
    assert json.loads(out.with_suffix(".json").read_text()) == report


def test_the_command_says_what_is_lacking(tmp_path, capfd):
    (tmp_path / "labels.csv").write_text("file,label\n")

    status = main(
        ["train-head", "--photos", str(tmp_path)]
        + ["--labels", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "h.npz")]
    )

    assert status == 1
    assert "20" in capfd.readouterr().err


def test_labels_without_their_columns_are_wrong_usage(tmp_path):
    (tmp_path / "labels.csv").write_text("photo;kind\n")

    with pytest.raises(SystemExit) as ended:
        main(
            ["train-head", "--photos", str(tmp_path)]
            + ["--labels", str(tmp_path / "labels.csv")]
        )
    assert ended.value.code == 2


class ColouredShelf:
    """A catalogue of plain pictures whose category is their colour."""

    count = 24

    def pictures(self):
        pick = np.random.default_rng(6)
        for name, colour in COLOURS.items():
            for n in range(self.count):
                yield ColouredPicture(name, n, np.clip(pick.normal(colour, 25), 0, 255))


class ColouredPicture:
    def __init__(self, category, number, colour):
        self.key = self.reference = f"{category}-{number}"
        self.category = category
        self.colour = tuple(int(value) for value in colour)

    def open(self):
        file = io.BytesIO()
        Image.new("RGB", (200, 200), self.colour).save(file, "PNG")
        file.seek(0)
        return file


@pytest.mark.django_db
def test_the_catalogues_own_pictures_teach_its_categories(settings, tmp_path, capsys):
    settings.MEDIA_PIPELINE_CATALOGUE = f"{__name__}.ColouredShelf"
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"products": {"backend": MEAN_COLOUR}}
    duplicates.forget()

    call_command("train_head", "--out", str(tmp_path / "head.npz"))

    assert "72 pictures, 3 classes" in capsys.readouterr().out
    [tag] = step_of(tmp_path / "head.npz").inspect(plain("blue")).tags
    assert tag.label == "blue"


@pytest.mark.django_db
def test_a_small_catalogue_teaches_nothing(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(ColouredShelf, "count", 3)
    settings.MEDIA_PIPELINE_CATALOGUE = f"{__name__}.ColouredShelf"
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"products": {"backend": MEAN_COLOUR}}

    with pytest.raises(CommandError, match="20"):
        call_command("train_head", "--out", str(tmp_path / "head.npz"))
    assert not (tmp_path / "head.npz").exists()


def test_fewer_pictures_are_enough_only_if_somebody_says_so():
    vectors, labels = points(36)

    with pytest.raises(NotEnoughPictures, match="20 pictures"):
        train(vectors, labels, model="given 1")
    head, report = train(vectors, labels, model="given 1", per_class=12)

    assert len(head.labels) == 3
    assert report["per_class"] == 12


@pytest.mark.parametrize("given", ["4", "0", "many"])
def test_every_fold_wants_a_picture_of_each_class(given):
    command = ["train-head", "--photos", ".", "--labels", "x.csv", "--per-class", given]

    with pytest.raises(SystemExit) as stop:
        main(command)

    assert stop.value.code == 2
