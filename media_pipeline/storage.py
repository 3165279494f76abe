"""The three storages, their object keys, and a folder that loses nothing."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils import timezone
from django.utils._os import safe_join
from django.utils.deconstruct import deconstructible

from . import conf
from .exceptions import StorageUnavailable

#: Names that we make: folders and a file of harmless signs, nothing hidden.
_SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_PUBLIC_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\.(avif|jpg)")
_EXTENSIONS = {"avif": "avif", "jpeg": "jpg"}


def incoming() -> Storage:
    """Uploads as they came; deleted when their asset is settled."""
    return storages[conf.incoming_storage()]


def private() -> Storage:
    """Masters, and renditions of what is not public."""
    return storages[conf.private_storage()]


def public() -> Storage:
    """Renditions that everybody may see, under random names."""
    return storages[conf.public_storage()]


def public_url(name: str) -> str:
    """Return the address of a public rendition."""
    return public().url(name)


def incoming_name() -> str:
    """Return a new name for an upload; what the file was called has no part in it."""
    return f"{timezone.now():%Y%m%d}/{secrets.token_hex(16)}"


def private_name(public_id: str, step: str, content_hash: str, format: str) -> str:
    """Return the name of what a step made of an asset.

    The same content gets the same name, so writing it twice is harmless; another
    asset never shares it, so erasing one never takes another's file.
    """
    extension = _EXTENSIONS[format]
    return f"{public_id[:2]}/{public_id}/{step}-{content_hash[:32]}.{extension}"


def new_public_name(format: str) -> str:
    """Return a random name of 128 bits; a new one at each publication."""
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token}.{_EXTENSIONS[format]}"


def is_public_name(name: str) -> bool:
    """Whether it has the shape of :func:`new_public_name`."""
    return _PUBLIC_NAME.fullmatch(name) is not None


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what a storage may raise into ``StorageUnavailable``.

    A file that isn't there stays ``FileNotFoundError``: no retry brings it back.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageUnavailable(type(error).__name__) from error
    except Exception as error:
        # boto3 is an extra: its exceptions are known by where they come from.
        origin = type(error).__module__.partition(".")[0]
        if origin in {"botocore", "boto3", "s3transfer", "urllib3"}:
            raise StorageUnavailable(type(error).__name__) from error
        raise


@deconstructible
class FolderStorage(Storage):
    """A folder in which a name holds a whole file or none.

    A file is written under a temporary name, flushed to the disk, and renamed.
    Writing a name again replaces it in one step: names are made of content
    hashes or of random bits, so what is replaced is the same.
    """

    def __init__(self, location: str | Path, base_url: str | None = None) -> None:
        self.location = Path(location)
        self.base_url = base_url

    def path(self, name: str) -> str:
        if _SAFE_NAME.fullmatch(name) is None:
            raise SuspiciousFileOperation("Not a name of this storage.")
        return str(safe_join(str(self.location), name))

    def url(self, name: str | None) -> str:
        if self.base_url is None or name is None:
            raise ValueError("The files of this storage have no address.")
        return urljoin(self.base_url, name)

    def exists(self, name: str) -> bool:
        return Path(self.path(name)).is_file()

    def size(self, name: str) -> int:
        return Path(self.path(name)).stat().st_size

    def delete(self, name: str) -> None:
        path = Path(self.path(name))
        path.unlink(missing_ok=True)
        # Nothing of an erased asset stays, not even its folder.
        for folder in path.parents:
            if folder == self.location:
                break
            try:
                folder.rmdir()
            except OSError:
                break  # another file is in it, or it is gone

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        folder = Path(self.path(path)) if path else self.location
        folders: list[str] = []
        files: list[str] = []
        for entry in os.scandir(folder):
            if not entry.name.startswith("."):  # half written
                (folders if entry.is_dir() else files).append(entry.name)
        return folders, files

    def get_modified_time(self, name: str) -> datetime:
        seconds = Path(self.path(name)).stat().st_mtime
        when = datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone())
        return when if timezone.is_aware(timezone.now()) else when.replace(tzinfo=None)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def clear_unfinished(self, *, older_than: float) -> int:
        """Delete what writers that were killed left; return how many files.

        ``older_than``: seconds; younger ones may still be written.
        """
        before = time.time() - older_than
        cleared = 0
        for path in self.location.rglob(".*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime < before:
                    path.unlink()
                    cleared += 1
        return cleared

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        if mode != "rb":
            raise ValueError("A stored file is read, or replaced as a whole.")
        return File(Path(self.path(name)).open("rb"), name=name)

    def _save(self, name: str, content: File[Any]) -> str:
        path = Path(self.path(name))
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        # A public file is read by a web server, the others by us alone.
        mode = 0o644 if self.base_url else 0o600
        try:
            descriptor = self._create(temporary, mode)
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        return name

    def _create(self, path: Path, mode: int) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        for _ in range(10):
            # delete() may take the empty folder at any moment: between the two
            # calls, or within mkdir, which then says that it exists.
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                return os.open(path, flags, mode)
        return os.open(path, flags, mode)


def _sync_folder(folder: Path) -> None:
    # Else a power cut may take the name of a file whose content was flushed.
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
