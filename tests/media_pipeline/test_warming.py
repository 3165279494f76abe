from __future__ import annotations

import logging
from collections import Counter
from typing import ClassVar

import numpy as np
import pytest
from celery import current_app
from celery.signals import worker_process_init

from media_pipeline import pipeline, warming
from media_pipeline.backends import ocr, sessions
from media_pipeline.backends.model_files import MODEL_FILES
from media_pipeline.backends.rekognition import Rekognition

from .steps.conftest import models, no_models  # noqa: F401 - fixtures


@pytest.fixture
def cold():
    """A process that has loaded nothing."""
    ocr.forget()
    sessions.forget()
    yield
    ocr.forget()
    sessions.forget()


@pytest.mark.slow
@pytest.mark.usefixtures("models")
def test_all_networks_are_there_afterwards(cold):
    assert warming.warm()

    loaded = set(sessions._sessions)
    assert {model.name for model in MODEL_FILES} <= loaded
    assert {model.name for model in ocr.models()} <= loaded


@pytest.mark.slow
def test_broken_networks_are_logged_and_nothing_more(cold, no_models, caplog):  # noqa: F811
    no_models.mkdir()
    for model in MODEL_FILES:
        (no_models / model.name).write_bytes(b"not a network")

    with caplog.at_level(logging.WARNING):
        assert not warming.warm()

    for step in ("moderation", "tags", "faces"):
        assert f"Step {step} is unavailable" in caplog.text


class Counts:
    """An engine of any step; says how often each class was asked."""

    asked: ClassVar[list[str]] = []
    name, length = "counts", 2

    def tag(self, pixels):
        self.asked.append("tag")
        return ()

    def compare(self, pixels, texts):
        self.asked.append("compare")
        return [0.5] * len(texts)

    def embed(self, pictures):
        self.asked.append("embed")
        return np.ones((len(pictures), 2), np.float32) / 2**0.5


class Paid(Counts):
    is_remote = True


def test_what_the_configuration_switches_on_is_made_ready_too(settings, monkeypatch):
    monkeypatch.setattr(pipeline, "DEFAULT_STEPS", ("hashes",))
    monkeypatch.setattr(Counts, "asked", [])
    engine = {"backend": f"{__name__}.Counts"}
    steps = ("own_labels", "prompts", "categories", "products", "duplicates")
    settings.MEDIA_PIPELINE_STEP_OPTIONS = dict.fromkeys(steps, engine)
    settings.MEDIA_PIPELINE_CATEGORY_HEAD = "/srv/head.npz"
    settings.MEDIA_PIPELINE_CATALOGUE = "no.such.Catalogue"  # nobody reads it here

    assert warming.warm()  # no database either

    assert Counter(Counts.asked) == {"tag": 2, "compare": 1, "embed": 2}


def test_services_are_not_asked_to_make_anything_ready(settings, monkeypatch):
    monkeypatch.setattr(Counts, "asked", [])
    settings.MEDIA_PIPELINE_STEPS = {"tags": {"backend": f"{__name__}.Paid"}}

    assert warming.warm()

    assert Counts.asked == []
    assert Rekognition.is_remote


@pytest.mark.parametrize("steps", [["magic"], ["hashes"]])
def test_it_keeps_to_the_settings(settings, steps):
    settings.MEDIA_PIPELINE_STEPS = steps

    assert warming.warm() is (steps == ["hashes"])


def test_whatever_goes_wrong_the_process_lives(monkeypatch, caplog):
    def fails(*_):
        raise MemoryError

    monkeypatch.setattr(warming, "_frame", fails)

    assert not warming.warm()
    assert "could not be made ready" in caplog.text


@pytest.fixture
def started(monkeypatch):
    """What a process's start begins, by Celery's own signal."""
    monkeypatch.setattr(warming, "warm", lambda: True)

    def start(*queues):
        monkeypatch.setattr(
            type(current_app.amqp.queues), "consume_from", dict.fromkeys(queues)
        )
        answers = dict(worker_process_init.send(sender=None))
        thread = answers[warming.warm_in_background]
        if thread is not None:
            thread.join(60)
        return thread

    return start


def test_it_starts_beside_the_work_of_a_process_that_checks_photos(started):
    thread = started("sweeps", "checks", "renditions")

    assert thread.daemon
    assert thread.name == "warm-models"


def test_a_worker_for_renditions_loads_no_networks(started):
    assert started("renditions") is None


def test_it_can_be_switched_off(started, settings):
    settings.MEDIA_PIPELINE_WARM_MODELS = False

    assert started("checks") is None
