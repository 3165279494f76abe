"""The same tests once more on PostgreSQL, where rows are locked one by one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.servers import ROOT, clean_environment

pytestmark = pytest.mark.integration

TESTS = ["test_gate", "test_publishing", "test_querysets", "test_services"]


def test_the_gate_and_the_services_hold_on_postgresql(postgresql_server, tmp_path):
    environment = clean_environment(
        DJANGO_SETTINGS_MODULE="tests.ugc.settings_alone",
        SCHAUFENSTER_DATA_DIR=str(tmp_path),
        TEST_DATABASE_HOST=postgresql_server.host,
        TEST_DATABASE_PORT=str(postgresql_server.port),
        TEST_DATABASE_USER=postgresql_server.user,
        TEST_DATABASE_PASSWORD=postgresql_server.password,
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0"]
        + ["--ds", "tests.ugc.settings_alone"]
        + [f"tests/ugc/{name}.py" for name in TESTS]
        + ["tests/ugc/races.py"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
