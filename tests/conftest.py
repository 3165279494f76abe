"""What every test may ask for. Servers of their own are in ``tests/servers.py``."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers"]

# How fast a machine is says nothing about a property.
settings.register_profile(
    "steady", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse tests that would leave an empty database to those after them."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        commits = marker is not None and marker.kwargs.get("transaction")
        if commits and not marker.kwargs.get("serialized_rollback"):
            raise pytest.UsageError(f"{item.nodeid}: add serialized_rollback=True")


@pytest.fixture(autouse=True)
def _left_by_no_test_before():
    """Start in the site's own language, with nothing counted or remembered.

    A request in German leaves its language to the thread; counts of sign-ins and
    the addresses of Wagtail's sites stay in the process's cache.
    """
    from django.core.cache import cache
    from django.utils import timezone, translation

    translation.deactivate()
    timezone.deactivate()
    cache.clear()


@dataclass
class HeadStart:
    """The outcome of all migrations, kept from one session for the next.

    Wagtail's hundreds of migrations take each process several seconds. What is kept
    is no more than a beginning: ``migrate`` still runs and adds what is missing.
    """

    kept: Path
    lock: IO[str]  # held while one process migrates, so that the others wait
    memory: sqlite3.Connection  # SQLite's database lasts while somebody holds it

    @classmethod
    def of(cls, name: str, folder: Path) -> HeadStart:
        lock = (folder / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        start = cls(
            kept=folder / f"{_sum_of_all_migrations()}.sqlite3",
            lock=lock,
            memory=sqlite3.connect(name, uri=True),
        )
        if start.kept.exists():
            with contextlib.closing(sqlite3.connect(start.kept)) as file:
                file.backup(start.memory)
            lock.close()
        return start

    def migrated(self) -> None:
        """Keep the outcome, if nobody has, and let the others go on."""
        if self.lock.closed:
            return
        unfinished = self.kept.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(unfinished)) as file:
            self.memory.backup(file)
        unfinished.replace(self.kept)
        self.lock.close()

    def close(self) -> None:
        self.memory.close()
        self.lock.close()


def _sum_of_all_migrations() -> str:
    from django.apps import apps

    summed = hashlib.sha256(sqlite3.sqlite_version.encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            summed.update(f"{app.label}/{path.name}\0".encode())
            summed.update(path.read_bytes())
    return summed.hexdigest()[:32]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> Iterator[HeadStart | None]:
    """Before the database is made: fill it, if it is SQLite's in memory."""
    from django.db import connection

    name = connection.settings_dict.get("TEST", {}).get("NAME")
    cache = getattr(request.config, "cache", None)
    if connection.vendor != "sqlite" or name or cache is None:
        yield None
        return
    name = connection.creation._get_test_db_name()
    with contextlib.closing(HeadStart.of(name, cache.mkdir("migrated"))) as start:
        yield start


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_modify_db_settings: HeadStart | None
) -> None:
    """After it was made."""
    if django_db_modify_db_settings is not None:
        django_db_modify_db_settings.migrated()
