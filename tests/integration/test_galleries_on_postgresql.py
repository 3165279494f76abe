"""Galleries are read by SQL of our own making: their tests, once more there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.servers import ROOT, clean_environment

pytestmark = pytest.mark.integration


def test_galleries_are_the_same_on_postgresql(postgresql_server, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/cms/test_galleries.py",
            "tests/cms/test_tiles.py",
        ],
        env={
            **os.environ,
            **clean_environment(
                DJANGO_SETTINGS_MODULE="tests.integration.settings_postgresql",
                SCHAUFENSTER_DATA_DIR=str(tmp_path),
                GALLERIES_DATABASE_URL=postgresql_server.new_database(),
            ),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
