"""For unit tests: the development settings, with tasks run at once."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def _own_folder() -> Path:
    """Return a folder that no other run and no other test process writes to."""
    folder = os.environ.get("SCHAUFENSTER_DATA_DIR", "")
    if not folder:
        folder = tempfile.mkdtemp(prefix="schaufenster-test-")
        _remove_at_exit(folder, os.getpid())
    # pytest-xdist's workers are children of the process that made the folder.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return Path(folder, worker) if Path(folder).name != worker else Path(folder)


def _remove_at_exit(folder: str, owner: int) -> None:
    @atexit.register
    def remove() -> None:
        if os.getpid() == owner:  # a forked child leaves it
            shutil.rmtree(folder, ignore_errors=True)


os.environ["SCHAUFENSTER_DATA_DIR"] = str(_own_folder())

from .development import *  # noqa: E402 - it reads the folder
from .development import STORAGES  # noqa: E402

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Only tests of the clock itself are to meet it, on however slow a machine.
MEDIA_PIPELINE_SANDBOX_WALL_SECONDS = 120
MEDIA_PIPELINE_STEP_SECONDS = 120
MEDIA_PIPELINE_RUN_SECONDS = 600
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
