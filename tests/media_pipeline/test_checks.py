"""System checks name what is wrong, with a hint."""

from __future__ import annotations

import pytest

from media_pipeline.checks import check_limits, check_sandbox, check_storages

pytestmark = pytest.mark.usefixtures("folders")


def ids(messages) -> list[str]:
    return [message.id for message in messages]


def without(settings, alias):
    return {name: value for name, value in settings.STORAGES.items() if name != alias}


def test_good_settings_are_silent():
    assert check_storages() == []
    assert check_sandbox() == []
    assert check_limits() == []


def test_a_storage_that_is_missing(settings):
    settings.STORAGES = without(settings, "private")

    [message] = check_storages()

    assert message.id == "media_pipeline.E001"
    assert "private" in message.hint


def test_a_place_that_two_storages_share(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": settings.STORAGES["incoming"],
    }

    assert ids(check_storages()) == ["media_pipeline.E002"]


def test_one_alias_for_two_storages(settings):
    settings.MEDIA_PIPELINE_PRIVATE_STORAGE = "public"

    assert "media_pipeline.E002" in ids(check_storages())


def test_a_public_folder_without_an_address(settings):
    public = settings.STORAGES["public"]
    settings.STORAGES = {
        **settings.STORAGES,
        "public": {
            "BACKEND": public["BACKEND"],
            "OPTIONS": {"location": public["OPTIONS"]["location"]},
        },
    }

    assert ids(check_storages()) == ["media_pipeline.E003"]


def test_a_sandbox_command_that_is_not_there(settings):
    settings.MEDIA_PIPELINE_SANDBOX_COMMAND = ["/no/such/command"]

    assert ids(check_sandbox()) == ["media_pipeline.E004"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MIN_SIDE", 0),
        ("MAX_SIDE", 100),
        ("MAX_PIXELS", 100),
        ("MAX_RATIO", 0.5),
        ("MAX_UPLOAD_BYTES", 0),
        ("SANDBOX_MEMORY_BYTES", 1024),
    ],
)
def test_limits_that_would_refuse_every_picture(settings, name, value):
    setattr(settings, f"MEDIA_PIPELINE_{name}", value)

    assert ids(check_limits()) == ["media_pipeline.E005"]
