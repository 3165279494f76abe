from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from media_pipeline.backends import sessions
from media_pipeline.backends.contract import frame_of
from media_pipeline.backends.install import missing_models
from media_pipeline.backends.model_files import INSTALL_COMMAND

PHOTOS = Path(__file__).resolve().parents[3] / "demo" / "photos"


@pytest.fixture(scope="session")
def models():
    """The real default models; without them the test says so, and fails in CI."""
    missing = ", ".join(model.name for model in missing_models())
    if missing:
        words = f"Models are missing ({missing}); run: {INSTALL_COMMAND}"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)


@pytest.fixture
def no_models(settings, tmp_path):
    """An empty models folder, and no session left from before."""
    settings.MEDIA_PIPELINE_MODELS_FOLDER = tmp_path / "models"
    sessions.forget()
    yield tmp_path / "models"
    sessions.forget()


def photo(name):
    """Return a demo photo as a frame, as the sandbox would give it."""
    with Image.open(PHOTOS / name, formats=["JPEG", "PNG"]) as file:
        picture = ImageOps.exif_transpose(file).convert("RGB")
    size = picture.size
    picture.thumbnail((1280, 1280), Image.Resampling.LANCZOS)
    frame = frame_of(np.asarray(picture))
    return type(frame)(pixels=frame.pixels, size=size)
