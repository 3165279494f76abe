"""What every test may ask for. Servers of their own are in ``tests/servers.py``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest_plugins = ["tests.servers"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take away the folder that the test settings made, once for all processes."""
    folder = Path(os.environ.get("SCHAUFENSTER_DATA_DIR", ""))
    is_main = not hasattr(config, "workerinput")
    if is_main and folder.name.startswith("schaufenster-test-"):
        shutil.rmtree(folder, ignore_errors=True)
