"""A publisher is killed; its copies, which no row names, don't stay."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, clean_environment, manage, wait_until

from .test_worker_kills import Site
from .tormented import ASSET, RENDERING

pytestmark = [pytest.mark.integration, pytest.mark.chaos]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_copies_of_a_killed_publisher_are_deleted_by_the_worker(tmp_path):
    # Long enough for a busy machine; the test itself says when it is over.
    site = Site(tmp_path, KILLS_COPIES_EXPIRE_SECONDS="600")
    site.migrate()
    site.receive(1)
    site.worker.start()
    try:
        wait_until(
            lambda: site.settled() == 1 and site.open(ASSET, RENDERING) == 0,
            within=120,
            log=site.worker.log,
        )
        asset = site.number(
            "select id from shoppable_media_asset where state = 'processed'"
        )
        site.worker.end()
        public = site.folder / "files" / "public"

        killed = subprocess.run(
            [sys.executable, "-m", "tests.integration.killed_publisher", str(asset)],
            env=clean_environment(**site.env),
            cwd=ROOT,
            check=False,
            timeout=300,
        )
        left = len(_files(public))
        named = site.number(
            "select count(*) from shoppable_media_rendition where public_name != ''"
        )

        assert killed.returncode == -signal.SIGKILL
        assert (left > 0, named) == (True, 0)
        with contextlib.closing(sqlite3.connect(site.database)) as database, database:
            database.execute(
                "update shoppable_outbox_filepurge set not_before = created_at"
                " where settled_at is null"
            )
        site.worker.start()
        wait_until(lambda: _files(public) == [], within=120, log=site.worker.log)
        manage("pipeline", "status", env=site.env)
    finally:
        site.worker.end()
