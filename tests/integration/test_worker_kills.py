"""Workers die at any moment; every photo settles once all the same."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT, Worker, manage, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

PHOTOS = 40
#: When a kill comes: that many settled, and that many seconds later.
MOMENTS = [(0, 0.0), (4, 0.05), (11, 0.3), (19, 0.15), (29, 0.5)]


class Site:
    """The settings of the kill tests with a folder and a worker of their own."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        decoder = ROOT / "tests" / "integration" / "faulty_decoder.py"
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.integration.settings_kills",
            "SCHAUFENSTER_DATA_DIR": str(folder),
            # The folder is named so that this site's decode servers can be told.
            "MEDIA_PIPELINE_SANDBOX_COMMAND": f"{sys.executable} {decoder} {folder}",
            **env,
        }
        self.worker = Worker(env=self.env, log=folder / "worker.log")

    @property
    def database(self) -> Path:
        return self.folder / "schaufenster.sqlite3"

    def migrate(self) -> None:
        manage("migrate", "--run-syncdb", "-v0", env=self.env)

    def receive(self, count: int) -> int:
        """Receive that many photos and one that crashes; return that one's key."""
        return int(manage("receive_pictures", str(count), env=self.env))

    def rows(self, sql: str, *values: object) -> list[tuple]:
        connection = sqlite3.connect(self.database, timeout=20)
        with contextlib.closing(connection) as database:
            return database.execute(sql, values).fetchall()

    def number(self, sql: str, *values: object) -> int:
        return self.rows(sql, *values)[0][0]

    def settled(self) -> int:
        return self.number(
            "select count(*) from shoppable_media_asset where settled_at is not null"
        )

    def held(self) -> int:
        return self.number(
            "select count(*) from shoppable_media_asset where lease_token != ''"
        )

    def open(self) -> int:
        return self.number(
            "select count(*) from shoppable_media_asset"
            " where settled_at is null and quarantined_at is null"
        )

    def decode_servers(self) -> list[int]:
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if f"{self.folder}\0".encode() in _read(path)
            and b"faulty_decoder" in _read(path)
        ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory) -> Path:
    """An empty database with all tables, to be copied."""
    site = Site(tmp_path_factory.mktemp("migrated"))
    site.migrate()
    # All of it is in the file once nobody has it open.
    with contextlib.closing(sqlite3.connect(site.database)) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    return site.database


@pytest.fixture(params=["folder", "redis"])
def site(request, tmp_path, migrated) -> Iterator[Site]:
    env = {}
    if request.param == "redis":
        server = request.getfixturevalue("redis_server")
        env["KILLS_BROKER_URL"] = server.url(database=7)
    site = Site(tmp_path, **env)
    shutil.copy(migrated, site.database)
    yield site
    site.worker.end()


def test_forty_photos_survive_five_kills(site):
    crashing = site.receive(PHOTOS)

    for settled, pause in MOMENTS:
        site.worker.start()
        wait_until(
            lambda settled=settled: site.settled() >= settled and site.held() > 0,
            within=90,
            log=site.worker.log,
            every=0.02,
        )
        time.sleep(pause)
        site.worker.kill()
        wait_until(lambda: site.worker.group() == [], within=10)
    interrupted = site.number("select sum(losses) from shoppable_media_asset")
    site.worker.start()
    wait_until(lambda: site.open() == 0, within=150, log=site.worker.log, every=0.2)

    outcomes = dict(
        site.rows("select state, count(*) from shoppable_media_asset group by state")
    )
    assert outcomes == {"processed": PHOTOS, "quarantined": 1}
    assert site.rows(
        "select id from shoppable_media_asset where state = 'quarantined'"
    ) == [(crashing,)]
    assert (
        site.rows(
            "select asset_id, count(*) from ledger_entry where happened = 'settled'"
            " group by asset_id having count(*) > 1"
        )
        == []
    )
    assert (
        site.number("select count(*) from ledger_entry where happened = 'settled'")
        == PHOTOS
    )
    assert site.rows(
        "select asset_id from ledger_entry where happened = 'quarantined'"
    ) == [(crashing,)]
    assert (
        site.rows(
            "select asset_id, format, width, count(*) from shoppable_media_rendition"
            " group by asset_id, format, width having count(*) > 1"
        )
        == []
    )
    # The kills did hit work under way, or all this would prove nothing.
    assert interrupted >= len(MOMENTS) - 1
    # Uploads are deleted once they are settled; the crashing one is kept.
    wait_until(lambda: len(_files(site.folder / "files" / "incoming")) == 1, within=30)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_nothing_of_a_worker_outlives_its_main_process(site):
    site.receive(2)
    site.worker.start()
    wait_until(lambda: site.decode_servers() != [], within=60, log=site.worker.log)
    assert len(site.worker.group()) >= 4, "main process, beat and two of the pool"

    site.worker.kill_main_process()

    # Beat by the kernel's signal, the pool by its closed pipes, and the decode
    # servers by theirs.
    wait_until(lambda: site.worker.group() == [], within=30)
    wait_until(lambda: site.decode_servers() == [], within=30)


def test_a_stopped_worker_finishes_what_it_does(site):
    site.receive(6)
    site.worker.start()
    wait_until(lambda: site.held() > 0, within=60, log=site.worker.log, every=0.02)

    os.kill(site.worker.process.pid, signal.SIGTERM)
    site.worker.process.wait(timeout=240)

    assert site.held() == 0
    assert site.number("select sum(losses) from shoppable_media_asset") == 0
