"""Workers die at any moment; every photo settles once all the same."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import manage, wait_until

from .tormented import ASSET, RENDERING, RENDITIONS, Tormented

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

PHOTOS = 40
#: When a kill comes: that many settled, and that many seconds later.
MOMENTS = [(0, 0.0), (4, 0.05), (11, 0.3), (19, 0.15), (29, 0.5)]


class Site(Tormented):
    """What these tests ask of it."""

    @property
    def database(self) -> Path:
        return self.folder / "schaufenster.sqlite3"

    def receive(self, count: int) -> int:
        """Receive that many photos and one that crashes; return that one's key."""
        return int(manage("receive_pictures", str(count), env=self.env))

    def number(self, sql: str) -> int:
        return self.rows(sql)[0][0]

    def settled(self) -> int:
        return self.number(
            "select count(*) from shoppable_media_asset where settled_at is not null"
        )

    def held(self) -> int:
        return self.in_both("count(*)", "where lease_token <> ''")

    def losses(self) -> int:
        return self.in_both("coalesce(sum(losses), 0)")

    def in_both(self, what: str, where: str = "") -> int:
        return sum(
            self.number(f"select {what} from {stage} {where}")
            for stage in (ASSET, RENDERING)
        )

    def decode_servers(self) -> list[int]:
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if f"{self.folder}\0".encode() in _read(path)
            and b"faulty_decoder" in _read(path)
        ]


def rests(pids: list[int]) -> bool:
    """Whether these processes use no CPU for a moment."""

    def spent() -> list[list[bytes]]:
        # Time in user and kernel mode, see proc(5).
        return [_read(Path(f"/proc/{pid}/stat")).split()[13:15] for pid in pids]

    before = spent()
    time.sleep(0.5)
    return spent() == before


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
    interrupted = site.losses()
    site.worker.start()
    wait_until(
        lambda: site.open(ASSET, RENDERING) == 0,
        within=300,
        log=site.worker.log,
        every=0.2,
    )

    states = dict(site.rows("select id, state from shoppable_media_asset"))
    told = Counter(site.rows("select asset_id, happened from ledger_entry"))
    complete = site.keys(
        "select asset_id from shoppable_media_rendition group by asset_id"
        f" having count(*) = {RENDITIONS}"
    )
    good = set(states) - {crashing}
    assert len(good) == PHOTOS
    assert {states[key] for key in good} == {"processed"}
    assert states[crashing] == "quarantined"
    # Each once, in both stages.
    assert told == {
        **{(key, what): 1 for key in good for what in ("settled", "rendered")},
        (crashing, "quarantined"): 1,
    }
    assert complete == good
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


def test_a_worker_whose_children_are_all_killed_goes_on_and_sweeps(site):
    site.worker.start()
    main = site.worker.process.pid
    children = [pid for pid in site.worker.group() if pid != main]
    assert len(children) >= 3, "beat and two of the pool"
    # Idle: one of them waits for work with the lock of the pool's queue.
    wait_until(lambda: rests(children), within=60, log=site.worker.log)

    for pid in children:
        os.kill(pid, signal.SIGKILL)
    # Nobody rings for these: only a sweep finds them.
    silent = {**site.env, "KILLS_BROKER_URL": "redis://127.0.0.1:1/0"}
    manage("receive_pictures", "2", env=silent)

    wait_until(lambda: site.settled() == 2, within=180, log=site.worker.log)


def test_a_stopped_worker_finishes_what_it_does(site):
    site.receive(6)
    site.worker.start()
    wait_until(lambda: site.held() > 0, within=60, log=site.worker.log, every=0.02)

    os.kill(site.worker.process.pid, signal.SIGTERM)
    site.worker.process.wait(timeout=240)

    assert site.held() == 0
    assert site.losses() == 0
