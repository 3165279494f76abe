from __future__ import annotations

import logging

import pytest
from celery import current_app
from celery.signals import worker_process_init

from media_pipeline import warming
from media_pipeline.backends import ocr, sessions
from media_pipeline.backends.model_files import MODEL_FILES

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
