"""A site with a worker, what can go wrong with it, and questions to its rows and files."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg

from media_pipeline.renditions import FORMATS, Size, rendition_sizes
from tests.servers import (
    ROOT,
    PostgreSQL,
    RabbitMQ,
    Redis,
    SeaweedFS,
    Worker,
    clean_environment,
    manage,
    wait_until,
)

from .fault_proxy import FAULTS, FaultProxy
from .faulty_decoder import DRAWN_SIZE

STORAGES = ("incoming", "private", "public")
#: How many renditions each accepted picture ends up with.
RENDITIONS = len(rendition_sizes(Size(*DRAWN_SIZE))) * len(FORMATS)
ASSET = "shoppable_media_asset"
RENDERING = "shoppable_media_rendering"
PURGE = "shoppable_outbox_filepurge"
_OPEN = "settled_at is null and quarantined_at is null"


class Tormented:
    """A site, its faults by name, and ``heal``, which ends those that last."""

    def __init__(self, folder: Path, **env: str) -> None:
        decoder = ROOT / "tests" / "integration" / "faulty_decoder.py"
        self.folder = folder
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.integration.settings_kills",
            "SCHAUFENSTER_DATA_DIR": str(folder),
            # The folder is named so that this site's decode servers can be told.
            "MEDIA_PIPELINE_SANDBOX_COMMAND": f"{sys.executable} {decoder} {folder}",
            # What a killed process left is to be gone while we wait.
            "KILLS_COPIES_EXPIRE_SECONDS": "20",
            **env,
        }
        self.worker = Worker(env=self.env, log=folder / "worker.log")
        self.faults: dict[str, Callable[[], object]] = {
            "worker killed": self.kill_worker,
            "child killed": self.kill_child,
        }
        self.heal: Callable[[], object] = lambda: None

    def migrate(self) -> None:
        manage("migrate", "--run-syncdb", "-v0", env=self.env)

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker.start(within=120)

    def kill_child(self) -> None:
        # Any: beat, one of the pool, a decode server, or one with a picture.
        assert self.worker.process is not None
        children = set(self.worker.group()) - {self.worker.process.pid}
        if children:
            with suppress(ProcessLookupError):
                os.kill(random.choice(sorted(children)), signal.SIGKILL)

    @contextmanager
    def photos_coming(self, *, pause: float) -> Iterator[None]:
        """Receive photos meanwhile, one after each pause."""
        with (self.folder / "received").open("wb") as received:
            sender = subprocess.Popen(
                [sys.executable, ROOT / "manage.py", "receive_steadily", str(pause)],
                env={**os.environ, **clean_environment(**self.env)},
                stdin=subprocess.PIPE,
                stdout=received,
                cwd=ROOT,
            )
            assert sender.stdin is not None
            try:
                yield
            finally:
                sender.stdin.close()
                assert sender.wait(timeout=300) == 0

    def received(self) -> set[int]:
        """The keys of all photos whose senders were told that they are here."""
        return {int(line) for line in (self.folder / "received").read_text().split()}

    # --- rows ----------------------------------------------------------------------

    def rows(self, sql: str) -> list[tuple]:
        if "KILLS_DATABASE_URL" in self.env:
            with psycopg.connect(self.env["KILLS_DATABASE_URL"]) as database:
                return database.execute(sql).fetchall()
        path = self.folder / "schaufenster.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as database:
            return database.execute(sql).fetchall()

    def keys(self, sql: str) -> set:
        return {key for (key,) in self.rows(sql)}

    def open(self, *kinds: str) -> int:
        """How many duties of these kinds are neither done nor in quarantine."""
        return sum(
            self.rows(f"select count(*) from {kind} where {_OPEN}")[0][0]
            for kind in kinds or (ASSET, RENDERING, PURGE)
        )

    def settle(self, within: float) -> None:
        """Wait until all is done; then delete what belongs to nobody any more."""
        wait_until(
            lambda: self.open() == 0, within=within, log=self.worker.log, every=0.5
        )
        env = {**self.env, "KILLS_INCOMING_EXPIRE_SECONDS": "0"}
        manage("pipeline", "expire", env=env)
        wait_until(
            lambda: self.open() == 0, within=within, log=self.worker.log, every=0.5
        )

    # --- files ---------------------------------------------------------------------

    def files(self, alias: str) -> set[str]:
        """The names of all files in that storage."""
        folder = self.folder / "files" / alias
        return {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def named_files(self, alias: str) -> set[str]:
        """The names that rows have for files in that storage."""
        columns = {
            "incoming": (("shoppable_media_asset", "original"),),
            "private": (
                ("shoppable_media_asset", "master"),
                ("shoppable_media_rendition", "private_name"),
            ),
            "public": (("shoppable_media_rendition", "public_name"),),
        }
        names: set[str] = set()
        for table, column in columns[alias]:
            names |= self.keys(f"select {column} from {table} where {column} <> ''")
        return names


# --- the ways to run it --------------------------------------------------------------


@contextmanager
def on_folders(folder: Path) -> Iterator[Tormented]:
    """SQLite, folders, the filesystem broker; the disk may be full at times."""
    site = Tormented(folder)
    private = folder / "files" / "private"
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


class _InBuckets(Tormented):
    """Its files lie in a store, which the tests ask past the bad network."""

    def __init__(self, folder: Path, store: SeaweedFS, proxy: int, **env: str) -> None:
        self.store = store
        self.buckets = {alias: store.new_bucket() for alias in STORAGES}
        super().__init__(
            folder,
            KILLS_S3_URL=f"http://127.0.0.1:{proxy}",
            KILLS_S3_ACCESS_KEY=store.access_key,
            KILLS_S3_SECRET_KEY=store.secret_key,
            **{f"KILLS_S3_{a.upper()}": name for a, name in self.buckets.items()},
            **env,
        )

    def files(self, alias: str) -> set[str]:
        client = self.store.client()
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self.buckets[alias]
        )
        return {each["Key"] for page in pages for each in page.get("Contents", ())}


def _crashing_database(server: PostgreSQL) -> tuple[str, Callable[[], None]]:
    """Return a new database's address and what crashes its server."""
    url = server.new_database()
    name = url.rsplit("/", 1)[1]
    with psycopg.connect(url, autocommit=True) as database:
        # The tests' server forgets what it answered for last when it crashes.
        database.execute(f'alter database "{name}" set synchronous_commit = on')

    def crash() -> None:
        with suppress(psycopg.Error), psycopg.connect(url) as database:
            [(pid,)] = database.execute("select pg_backend_pid()").fetchall()
            # One process killed: the server drops all and recovers from its log.
            os.kill(pid, signal.SIGKILL)

    return url, crash


@contextmanager
def on_redis(
    folder: Path, database: PostgreSQL, broker: Redis, store: SeaweedFS
) -> Iterator[Tormented]:
    """PostgreSQL, Redis without persistence, and a store behind a bad network."""
    url, crash = _crashing_database(database)
    proxy = FaultProxy(store.port)
    try:
        site = _InBuckets(
            folder,
            store,
            proxy.port,
            KILLS_DATABASE_URL=url,
            KILLS_BROKER_URL=broker.url(database=9),
        )

        def kill_broker() -> None:
            broker.kill()
            time.sleep(2)
            broker.start()

        def spoil_network() -> None:
            proxy.fault = random.choice(FAULTS)

        def heal() -> None:
            proxy.fault = ""

        site.heal = heal
        site.faults |= {
            "database crashed": crash,
            "broker killed": kill_broker,
            "store failing": spoil_network,
        }
        yield site
    finally:
        proxy.close()


@contextmanager
def on_rabbitmq(
    folder: Path, database: PostgreSQL, broker: RabbitMQ
) -> Iterator[Tormented]:
    """PostgreSQL, RabbitMQ, and folders."""
    url, crash = _crashing_database(database)
    site = Tormented(folder, KILLS_DATABASE_URL=url, KILLS_BROKER_URL=broker.url)

    def kill_broker() -> None:
        broker.kill()
        broker.start()

    site.faults |= {"database crashed": crash, "broker killed": kill_broker}
    yield site
