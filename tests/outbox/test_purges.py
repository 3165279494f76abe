from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, storages
from django.core.files.storage.handler import InvalidStorageError
from django.db import transaction

from outbox import leases, services
from outbox.models import FilePurge
from outbox.testing import make_due, reread

pytestmark = pytest.mark.django_db


class Shelf(InMemoryStorage):
    """A storage that can be told to fail."""

    failures: list[Exception]
    keeps_files = False

    def delete(self, name):
        if self.failures:
            raise self.failures.pop(0)
        if not self.keeps_files:
            super().delete(name)


@pytest.fixture
def shelf(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "shelf": {"BACKEND": "tests.outbox.test_purges.Shelf"},
    }
    shelf = storages["shelf"]
    shelf.failures = []
    for name in ("a.avif", "b.jpg", "other.jpg"):
        shelf.save(name, ContentFile(b"x"))
    return shelf


def test_files_are_gone_right_after_the_commit(
    shelf, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        purge = services.purge_later(storage="shelf", names=["a.avif", "b.jpg"])
        assert shelf.exists("a.avif")

    assert not shelf.exists("a.avif")
    assert not shelf.exists("b.jpg")
    assert shelf.exists("other.jpg")
    assert reread(purge).is_settled


def test_a_rolled_back_purge_deletes_nothing(shelf):
    with transaction.atomic():
        services.purge_later(storage="shelf", names=["a.avif"])
        transaction.set_rollback(True)

    assert FilePurge.objects.count() == 0
    assert shelf.exists("a.avif")


def test_a_file_that_is_gone_already_is_purged(
    shelf, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        purge = services.purge_later(storage="shelf", names=["never-there.jpg"])

    assert reread(purge).is_settled


def test_a_failing_storage_fails_nobody_and_is_asked_again(
    shelf, django_capture_on_commit_callbacks
):
    shelf.failures = [OSError("down"), ConnectionError("down")]

    with django_capture_on_commit_callbacks(execute=True):
        purge = services.purge_later(storage="shelf", names=["a.avif"])
    assert shelf.exists("a.avif")
    assert not services.run_purge(make_due(purge).pk)
    assert services.run_purge(make_due(purge).pk)

    assert not shelf.exists("a.avif")
    row = reread(purge)
    assert row.is_settled
    assert (row.losses, row.crashes, row.releases) == (0, 0, 2)


def test_a_storage_that_only_says_so_is_not_believed(shelf):
    purge = services.purge_later(storage="shelf", names=["a.avif"])
    shelf.keeps_files = True

    assert not services.run_purge(purge.pk)
    assert not reread(purge).is_settled

    shelf.keeps_files = False
    assert services.run_purge(make_due(purge).pk)


def test_a_name_the_storage_never_touches_ends_in_quarantine(shelf):
    purge = services.purge_later(storage="shelf", names=["a.avif"])
    shelf.failures = [SuspiciousOperation("outside")] * 3

    for _ in range(3):
        services.run_purge(make_due(purge).pk)

    assert reread(purge).is_quarantined


def test_a_wrong_alias_fails_the_caller():
    with pytest.raises(InvalidStorageError):
        services.purge_later(storage="nowhere", names=["a.avif"])


def test_running_a_purge_twice_is_one_purge(shelf):
    purge = services.purge_later(storage="shelf", names=["a.avif", "a.avif"])

    assert purge.names == ["a.avif"]
    assert services.run_purge(purge.pk)
    assert not services.run_purge(purge.pk)


def test_what_is_written_after_its_purge_has_run_is_deleted_too(
    shelf, django_capture_on_commit_callbacks
):
    purge = services.purge_later(
        storage="shelf", names=["a.avif", "late.jpg"], after=timedelta(days=1)
    )
    assert services.run_purge(make_due(purge).pk)
    shelf.save("late.jpg", ContentFile(b"x"))

    with django_capture_on_commit_callbacks(execute=True):
        services.purge_now(purge.pk)

    assert not shelf.exists("late.jpg")
    assert not FilePurge.objects.open().exists()


def test_what_is_written_while_its_purge_runs_is_deleted_too(
    shelf, django_capture_on_commit_callbacks
):
    purge = services.purge_later(
        storage="shelf", names=["late.jpg"], after=timedelta(days=1)
    )
    lease = leases.claim(FilePurge, make_due(purge).pk)  # past this name by now
    shelf.save("late.jpg", ContentFile(b"x"))

    with django_capture_on_commit_callbacks(execute=True):
        services.purge_now(purge.pk)

    assert lease.finish()
    assert not shelf.exists("late.jpg")


def test_kept_files_are_deleted_by_nobody(shelf, django_capture_on_commit_callbacks):
    purge = services.purge_later(
        storage="shelf", names=["a.avif"], after=timedelta(days=1)
    )
    assert services.keep_files(purge.pk)

    with django_capture_on_commit_callbacks(execute=True):
        services.purge_now(purge.pk)

    assert shelf.exists("a.avif")
    assert not FilePurge.objects.exists()
