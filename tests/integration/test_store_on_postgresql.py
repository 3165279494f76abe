"""The shop's own tests, once more on PostgreSQL and with nothing else installed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.servers import ROOT, clean_environment

pytestmark = pytest.mark.integration


def test_the_shop_behaves_on_postgresql_as_on_sqlite(postgresql_server, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/storefront",
        ],
        env={
            **os.environ,
            **clean_environment(
                DJANGO_SETTINGS_MODULE="tests.integration.settings_store",
                SCHAUFENSTER_DATA_DIR=str(tmp_path),
                STORE_DATABASE_URL=postgresql_server.new_database(),
                STORE_EAGER="1",
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
