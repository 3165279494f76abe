from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages

from media_pipeline import sandbox
from tests import faulty_sandbox

QUICK_STEPS = ["hashes", "resolution", "colours"]


@pytest.fixture
def folders(settings, tmp_path: Path) -> Path:
    """Three storages of the test's own, and steps that need no models."""
    settings.STORAGES = {
        **settings.STORAGES,
        **{
            alias: {
                "BACKEND": "media_pipeline.storage.FolderStorage",
                "OPTIONS": {
                    "location": tmp_path / alias,
                    **({"base_url": "/media/"} if alias == "public" else {}),
                },
            }
            for alias in ("incoming", "private", "public")
        },
    }
    settings.MEDIA_PIPELINE_STEPS = QUICK_STEPS
    settings.MEDIA_PIPELINE_PRODUCT_STEPS = ["hashes", "colours"]
    assert storages["incoming"].location == tmp_path / "incoming"
    return tmp_path


@pytest.fixture
def faulty(settings) -> Iterator[None]:
    """The decode server whose children fail on marked pictures."""
    sandbox.close()
    settings.MEDIA_PIPELINE_SANDBOX_COMMAND = faulty_sandbox.COMMAND
    yield
    sandbox.close()


def files_in(folder: Path) -> list[str]:
    """Return the names of all files below it."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what waits for a commit, as outside of a test's transaction."""

    def run(function, *arguments, **options):
        with django_capture_on_commit_callbacks(execute=True):
            return function(*arguments, **options)

    return run
