"""Files of an asset: what is read of the storages, and what is newly written."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from outbox.services import keep_files, purge_now, purge_unless_kept

from .. import conf, storage
from ..exceptions import MasterMissing
from ..models import Asset


def open_private(name: str) -> File[bytes]:
    """Open a private file for streaming.

    Raises ``FileNotFoundError`` and ``StorageUnavailable``. The caller has asked
    who may see it.
    """
    with storage.storage_errors():
        return storage.private().open(name)


def read_master(asset: Asset) -> bytes:
    """Return the master's bytes. Raises ``MasterMissing``, ``StorageUnavailable``."""
    try:
        with open_private(asset.master) as file, storage.storage_errors():
            content: Any = file.read()
    except FileNotFoundError as error:
        raise MasterMissing(asset.public_id) from error
    return bytes(content)


def new_private_name(
    asset: Asset, step: str, attempt: str, content: bytes, format: str
) -> str:
    """Return the name of what one attempt at an asset made.

    Each attempt has names of its own, as what a killed one has left is deleted later,
    when the next one has long made the same.
    """
    content_hash = hashlib.sha256(content).hexdigest()
    return storage.private_name(
        asset.public_id, f"{step}-{attempt[:12]}", content_hash, format
    )


class NewFiles:
    """Files written before the rows that name them.

    A purge of them is written down first: a process killed on the way leaves files
    that nobody names, but none that nobody deletes.
    """

    def __init__(self) -> None:
        self._purges: list[int] = []

    def write(self, alias: str, contents: Mapping[str, bytes]) -> None:
        """Write files by their names. Raises ``StorageUnavailable``."""
        if not contents:
            return
        purge = purge_unless_kept(
            storage=alias,
            names=list(contents),
            after=timedelta(seconds=conf.copies_expire_seconds()),
        )
        self._purges.append(purge.pk)
        for name, content in contents.items():
            with storage.storage_errors():
                storages[alias].save(name, ContentFile(content))

    def keep(self) -> bool:
        """Take the purges back, in the transaction that names the files.

        Return whether the files still stand: not if that took so long that their
        deletion has begun.
        """
        return all(keep_files(purge_id) for purge_id in self._purges)

    def are_named(self) -> None:
        """Say that the transaction that names them has come to its end."""
        self._purges.clear()

    def discard(self) -> None:
        """Delete those that no row names."""
        for purge_id in self._purges:
            purge_now(purge_id)


@contextlib.contextmanager
def new_files() -> Iterator[NewFiles]:
    """Yield files to write; those that were not named are deleted at the end."""
    files = NewFiles()
    try:
        yield files
    finally:
        files.discard()
