"""A folder in which a name holds a whole file or none."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile

from media_pipeline import storage
from media_pipeline.exceptions import StorageUnavailable
from media_pipeline.storage import FolderStorage

from .conftest import files_in


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    return FolderStorage(location=tmp_path / "files")


def test_what_is_saved_is_read_back(folder):
    name = folder.save("aa/bb/one.jpg", ContentFile(b"content"))

    assert name == "aa/bb/one.jpg"
    assert folder.exists(name)
    assert folder.size(name) == 7
    with folder.open(name) as file:
        assert file.read() == b"content"


def test_saving_a_name_again_replaces_it_as_a_whole(folder):
    folder.save("one.jpg", ContentFile(b"first, and longer"))
    with folder.open("one.jpg") as reader:
        folder.save("one.jpg", ContentFile(b"second"))
        assert reader.read() == b"first, and longer"

    with folder.open("one.jpg") as file:
        assert file.read() == b"second"
    assert files_in(folder.location) == ["one.jpg"]


class Failing(ContentFile):
    def chunks(self, chunk_size=None):
        yield b"half"
        raise OSError(errno.ENOSPC, "no space left")


def test_a_write_that_fails_leaves_nothing(folder):
    with pytest.raises(OSError, match="no space"):
        folder.save("one.jpg", Failing(b"whole"))

    assert not folder.exists("one.jpg")
    assert files_in(folder.location) == []


def test_a_write_that_fails_keeps_what_was_there(folder):
    folder.save("one.jpg", ContentFile(b"old"))

    with pytest.raises(OSError, match="no space"):
        folder.save("one.jpg", Failing(b"new"))

    with folder.open("one.jpg") as file:
        assert file.read() == b"old"


@pytest.mark.parametrize(
    "name",
    [
        "../up.jpg",
        "a/../../up.jpg",
        "/etc/passwd",
        "a//b.jpg",
        ".hidden",
        "a/.hidden",
        "a\\b.jpg",
        "a\x00b.jpg",
        "a b.jpg",
        "",
        "ä.jpg",
        "a\n.jpg",
        "trailing\n",
    ],
)
def test_a_name_that_is_not_ours_is_refused(folder, name):
    for act in (folder.exists, folder.open, folder.delete, folder.size):
        with pytest.raises(SuspiciousFileOperation):
            act(name)


def test_deleting_takes_empty_folders_along_and_may_be_repeated(folder):
    folder.save("aa/one/x.jpg", ContentFile(b"x"))
    folder.save("aa/two/y.jpg", ContentFile(b"y"))

    folder.delete("aa/one/x.jpg")
    folder.delete("aa/one/x.jpg")

    assert not (folder.location / "aa" / "one").exists()
    assert (folder.location / "aa" / "two").exists()


def test_saving_and_deleting_in_one_folder_do_not_disturb_each_other(folder):
    errors = []

    def work(number: int) -> None:
        try:
            for turn in range(60):
                name = f"aa/{number}-{turn}.jpg"
                folder.save(name, ContentFile(b"x"))
                assert folder.exists(name)
                folder.delete(name)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []


def test_private_files_are_for_the_owner_alone_and_public_ones_for_all(tmp_path):
    private = FolderStorage(location=tmp_path / "private")
    public = FolderStorage(location=tmp_path / "public", base_url="/media/")
    old = os.umask(0o022)
    try:
        private.save("a.jpg", ContentFile(b"x"))
        public.save("a.jpg", ContentFile(b"x"))
    finally:
        os.umask(old)

    assert stat.S_IMODE(Path(private.path("a.jpg")).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(public.path("a.jpg")).stat().st_mode) == 0o644


def test_only_a_storage_with_an_address_has_urls(tmp_path, folder):
    public = FolderStorage(location=tmp_path, base_url="/media/")

    assert public.url("aa/b.jpg") == "/media/aa/b.jpg"
    with pytest.raises(ValueError, match="no address"):
        folder.url("aa/b.jpg")


def test_a_file_that_is_half_written_is_not_listed(folder):
    folder.save("aa/one.jpg", ContentFile(b"x"))
    (folder.location / "aa" / ".two.jpg.0123").write_bytes(b"half")

    assert folder.listdir("aa") == ([], ["one.jpg"])


def test_half_written_files_of_dead_processes_are_cleared(folder):
    folder.save("aa/one.jpg", ContentFile(b"x"))
    stale = folder.location / "aa" / ".two.jpg.0123"
    fresh = folder.location / "aa" / ".three.jpg.0123"
    for path in (stale, fresh):
        path.write_bytes(b"half")
    os.utime(stale, (1, 1))

    assert folder.clear_unfinished(older_than=3600) == 1

    assert files_in(folder.location) == ["aa/.three.jpg.0123", "aa/one.jpg"]


def test_names_of_an_asset_depend_on_its_content_and_on_nothing_else():
    one = storage.private_name("ab" * 16, "master", "f" * 64, "jpeg")

    assert one == f"ab/{'ab' * 16}/master-{'f' * 32}.jpg"
    assert one == storage.private_name("ab" * 16, "master", "f" * 64, "jpeg")
    assert one != storage.private_name("cd" * 16, "master", "f" * 64, "jpeg")


def test_public_names_are_random_and_recognised():
    names = {storage.new_public_name("avif") for _ in range(50)}

    assert len(names) == 50
    assert all(storage.is_public_name(name) for name in names)
    assert not storage.is_public_name("ab/abc.avif")
    assert not storage.is_public_name(f"ab/{'a' * 32}.svg")


def test_what_storages_raise_is_worth_a_retry_but_a_missing_file_is_not():
    with pytest.raises(StorageUnavailable), storage.storage_errors():
        raise PermissionError
    with pytest.raises(FileNotFoundError), storage.storage_errors():
        raise FileNotFoundError
    with pytest.raises(ZeroDivisionError), storage.storage_errors():
        raise ZeroDivisionError


def test_what_boto_raises_is_worth_a_retry():
    from botocore.exceptions import ClientError, EndpointConnectionError

    for error in (
        ClientError({"Error": {"Code": "503"}}, "PutObject"),
        EndpointConnectionError(endpoint_url="http://x"),
    ):
        with pytest.raises(StorageUnavailable), storage.storage_errors():
            raise error
