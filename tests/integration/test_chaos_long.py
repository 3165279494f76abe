"""Minutes of everything failing at once; nothing is lost, nothing done twice.

``./run chaos``. ``CHAOS_SECONDS`` says for how long each way of running is
tormented, 120 unless set; ``CHAOS_SEED`` repeats a run's order of faults.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from tests.servers import ROOT, Worker, clean_environment, manage, wait_until

from .fault_proxy import FAULTS, FaultProxy

pytestmark = [
    pytest.mark.integration,
    pytest.mark.chaos,
    pytest.mark.skipif(
        os.environ.get("CHAOS_LONG") != "1", reason="minutes long: ./run chaos"
    ),
]

SECONDS = float(os.environ.get("CHAOS_SECONDS", "120"))
SEED = int(os.environ.get("CHAOS_SEED", str(random.randrange(10_000))))
PAUSE = 0.4  # seconds between two uploads
PHOTOS = int(SECONDS / PAUSE / 1.5)
SETTLE = 180  # seconds, once all is well again


class Tormented:
    """A site with a worker, its faults by name, and questions to its database."""

    def __init__(self, folder: Path, **env: str) -> None:
        decoder = ROOT / "tests" / "integration" / "faulty_decoder.py"
        self.folder = folder
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.integration.settings_kills",
            "SCHAUFENSTER_DATA_DIR": str(folder),
            "MEDIA_PIPELINE_SANDBOX_COMMAND": f"{sys.executable} {decoder} {folder}",
            **env,
        }
        self.worker = Worker(env=self.env, log=folder / "worker.log")
        self.faults: dict[str, Callable[[], object]] = {
            "worker killed": self.kill_worker,
            "pool process killed": self.kill_child,
        }
        self.heal: Callable[[], object] = lambda: None

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker.start()

    def kill_child(self) -> None:
        # A decode server or a pool process; the main one and beat come first.
        children = self.worker.group()[2:]
        if children:
            with suppress(ProcessLookupError):
                os.kill(random.choice(children), signal.SIGKILL)

    def rows(self, sql: str) -> list[tuple]:
        if "KILLS_DATABASE_URL" in self.env:
            with psycopg.connect(self.env["KILLS_DATABASE_URL"]) as database:
                return database.execute(sql).fetchall()
        path = self.folder / "schaufenster.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as database:
            return database.execute(sql).fetchall()

    def count(self, sql: str) -> int:
        return self.rows(f"select count(*) from {sql}")[0][0]

    def open(self) -> int:
        return self.count(
            "shoppable_media_asset where settled_at is null and quarantined_at is null"
        )


@pytest.fixture
def folder_site(tmp_path) -> Iterator[Tormented]:
    """SQLite, folders, the filesystem broker; the disk may be full at times."""
    site = Tormented(tmp_path)
    private = tmp_path / "files" / "private"
    private.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", private],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        print("SKIPPED LOUDLY: no tmpfs can be mounted, so no disk gets full.")
    else:
        ballast = private / ".ballast"

        def fill() -> None:
            with suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(bytes(1 << 16))

        site.faults["disk full"] = fill
        site.heal = lambda: ballast.unlink(missing_ok=True)
    try:
        yield site
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", "-l", private], check=True)


@pytest.fixture
def server_site(
    tmp_path, postgresql_server, redis_server, seaweedfs_server
) -> Iterator[Tormented]:
    """PostgreSQL, Redis without persistence, and a store behind a bad network."""
    url = postgresql_server.new_database()
    name = url.rsplit("/", 1)[1]
    with psycopg.connect(url, autocommit=True) as database:
        # The tests' server forgets what it answered for last when it crashes.
        database.execute(f'alter database "{name}" set synchronous_commit = on')
    proxy = FaultProxy(seaweedfs_server.port)
    site = Tormented(
        tmp_path,
        KILLS_DATABASE_URL=url,
        KILLS_BROKER_URL=redis_server.url(database=9),
        KILLS_S3_URL=f"http://127.0.0.1:{proxy.port}",
        KILLS_S3_ACCESS_KEY=seaweedfs_server.access_key,
        KILLS_S3_SECRET_KEY=seaweedfs_server.secret_key,
        **{
            f"KILLS_S3_{alias}": seaweedfs_server.new_bucket()
            for alias in ("INCOMING", "PRIVATE", "PUBLIC")
        },
    )

    def crash_database() -> None:
        with suppress(psycopg.Error), psycopg.connect(url) as database:
            [(pid,)] = database.execute("select pg_backend_pid()").fetchall()
            # One process killed: the server drops all and recovers from its log.
            os.kill(pid, signal.SIGKILL)

    def kill_broker() -> None:
        redis_server.kill()
        time.sleep(2)
        redis_server.start()

    def spoil_network() -> None:
        proxy.fault = random.choice(FAULTS)

    def heal() -> None:
        proxy.fault = ""

    site.faults |= {
        "database crashed": crash_database,
        "broker killed": kill_broker,
        "store failing": spoil_network,
    }
    site.heal = heal
    try:
        yield site
    finally:
        proxy.close()


@pytest.fixture(params=["folder", "servers"])
def site(request, tmp_path) -> Iterator[Tormented]:
    site = request.getfixturevalue(
        {"folder": "folder_site", "servers": "server_site"}[request.param]
    )
    manage("migrate", "--run-syncdb", "-v0", env=site.env)
    try:
        yield site
    finally:
        site.worker.end()


def test_nothing_is_lost_and_nothing_done_twice(site, capsys):
    random.seed(SEED)
    faults: Counter[str] = Counter()
    deck: list[str] = []
    site.worker.start()
    with (site.folder / "received").open("wb") as received:
        sender = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "receive_steadily"]
            + [str(PHOTOS), str(PAUSE)],
            env={**os.environ, **clean_environment(**site.env)},
            stdout=received,
            cwd=ROOT,
        )
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(random.uniform(2, 5))
            # Like cards: each kind comes before any comes again.
            if not deck:
                deck = random.sample(list(site.faults), len(site.faults))
            name = deck.pop()
            site.faults[name]()
            faults[name] += 1
            time.sleep(random.uniform(1, 4))
            site.heal()
        site.heal()
        sender.wait(timeout=SETTLE)
    began = time.monotonic()
    wait_until(lambda: site.open() == 0, within=SETTLE, log=site.worker.log, every=1)
    settled_after = time.monotonic() - began

    accepted = {int(line) for line in (site.folder / "received").read_text().split()}
    states = dict(site.rows("select id, state from shoppable_media_asset"))
    poisoned = {
        key
        for (key,) in site.rows(
            "select id from shoppable_media_asset where original_name = 'poison.jpg'"
        )
    }
    told = Counter(site.rows("select asset_id, happened from ledger_entry"))
    lost = accepted - set(states)
    twice = {entry: times for entry, times in told.items() if times > 1}
    quarantined = {key for key, state in states.items() if state == "quarantined"}
    unfinished = {key for key in set(states) - poisoned if states[key] != "processed"}
    doubled = site.rows(
        "select asset_id, format, width from shoppable_media_rendition"
        " group by asset_id, format, width having count(*) > 1"
    )
    with capsys.disabled():
        print(
            f"\nchaos seed {SEED}: {SECONDS:.0f} s, {sum(faults.values())} faults"
            f" ({', '.join(f'{n} × {name}' for name, n in sorted(faults.items()))});"
            f" {len(accepted)} photos accepted, {len(poisoned)} poisoned;"
            f" {len(lost)} lost, {len(twice)} twice, {len(quarantined)} quarantined;"
            f" all settled {settled_after:.0f} s after the last fault"
        )
    assert len(accepted) == PHOTOS
    assert (lost, twice, doubled) == (set(), {}, [])
    assert quarantined == poisoned
    assert unfinished == set()
    assert {key for key, happened in told if happened == "settled"} == (
        set(states) - poisoned
    )
    assert sum(faults.values()) > SECONDS / 12
