"""Each asset settles once, whatever happens to its worker, file or storage."""

from __future__ import annotations

import errno
import hashlib
import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from media_pipeline import conf, sandbox, services, storage
from media_pipeline.exceptions import RefusedFile, StorageUnavailable
from media_pipeline.models import Asset, Rendition
from media_pipeline.services import processing
from media_pipeline.services.files import new_files
from media_pipeline.signals import asset_settled
from media_pipeline.testing import picture_bytes
from outbox import leases
from outbox.models import FilePurge, Work
from outbox.services import run_purge
from tests.faulty_sandbox import marked

from .conftest import files_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


def received(data: bytes | None = None, **options) -> Asset:
    """Return an asset whose bell was rung, but not heard."""
    content = picture_bytes(640, 480) if data is None else data
    return services.receive_upload(
        file=ContentFile(content, name="holiday.jpg"), **options
    )


def make_due(work: Work) -> None:
    leases.rows(type(work)).filter(pk=work.pk).update(
        not_before=timezone.now() - timedelta(days=1)
    )


@pytest.fixture
def settled_ids():
    heard = []

    def hear(asset_id, **_):
        heard.append(asset_id)

    asset_settled.connect(hear)
    yield heard
    asset_settled.disconnect(hear)


# --- receiving ----------------------------------------------------------------


def test_an_upload_is_kept_and_waits(folders):
    data = picture_bytes(640, 480)

    asset = received(data)

    assert asset.state == Asset.State.PENDING
    assert asset.byte_size == len(data)
    assert asset.original_name == "holiday.jpg"
    assert files_in(folders / "incoming") == [asset.original]
    assert "holiday" not in asset.original


def test_an_upload_rings_after_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        asset = received()

    asset.refresh_from_db()
    assert asset.state == Asset.State.PROCESSED  # tasks run at once in tests


def test_an_empty_and_a_huge_upload_are_refused_at_once(settings, folders):
    settings.MEDIA_PIPELINE_MAX_UPLOAD_BYTES = 1000

    for data, code in ((b"", "empty_file"), (b"x" * 1001, "too_many_bytes")):
        with pytest.raises(RefusedFile) as refused:
            received(data)
        assert refused.value.code == code

    assert not Asset.objects.exists()
    assert files_in(folders) == []


def test_an_upload_that_cannot_be_written_leaves_no_row(monkeypatch):
    monkeypatch.setattr(storage.FolderStorage, "_save", full_disk)

    with pytest.raises(StorageUnavailable):
        received()

    assert not Asset.objects.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cat.jpg", "cat.jpg"),
        ("a\u202egpj.exe\x00\n.jpg", "agpj.exe.jpg"),
        ("  two   words .jpg ", "two words .jpg"),
        ("x" * 500, "x" * 120),
        ("Straße 北.jpg", "Straße 北.jpg"),
    ],
)
def test_a_name_is_shown_as_one_harmless_line(name, shown):
    assert services.shown_name(name) == shown


# --- processing ---------------------------------------------------------------


def test_a_picture_is_processed_and_its_upload_deleted(folders, settled_ids, committed):
    data = picture_bytes(1000, 750)
    asset = received(data)

    assert committed(services.process_asset, asset.pk) is True

    asset.refresh_from_db()
    assert asset.state == Asset.State.PROCESSED
    assert (asset.width, asset.height) == (1000, 750)
    assert asset.sha256 == hashlib.sha256(data).hexdigest()
    assert len(asset.phash) == len(asset.dhash) == 16
    assert asset.verdict in ("pass", "review")
    assert asset.dominant_colour.startswith("#")
    assert asset.result["outcome"] == "accepted"
    assert not {"file", "renditions"} & set(asset.result)
    assert asset.original == ""
    assert asset.losses == 0
    assert files_in(folders / "incoming") == []
    assert settled_ids == [asset.pk]


def test_renditions_are_stored_privately_under_the_assets_own_names(folders, committed):
    asset = received(picture_bytes(1000, 750))
    committed(services.process_asset, asset.pk)
    asset.refresh_from_db()

    renditions = list(asset.renditions.all())
    names = sorted([asset.master, *(each.private_name for each in renditions)])

    assert {(each.format, each.width) for each in renditions} == {
        (format, width) for format in ("avif", "jpeg") for width in (320, 640, 960)
    }
    assert files_in(folders / "private") == names
    assert all(asset.public_id in name for name in names)
    assert files_in(folders / "public") == []
    for each in renditions:
        with services.open_private(each.private_name) as file:
            assert len(file.read()) == each.bytes


def test_processing_again_changes_nothing(settled_ids, committed):
    asset = received()
    committed(services.process_asset, asset.pk)
    before = Asset.objects.values().get()

    assert committed(services.process_asset, asset.pk) is False

    assert Asset.objects.values().get() == before
    assert settled_ids == [asset.pk]


def test_an_asset_that_is_gone_is_none_of_our_business():
    assert services.process_asset(4711) is False


def test_a_refused_file_gets_its_reason_and_goes(folders, settled_ids, committed):
    asset = received(b"GIF89a, says this text file")

    assert committed(services.process_asset, asset.pk) is True

    asset.refresh_from_db()
    assert asset.state == Asset.State.REFUSED_FILE
    assert asset.reason == "unsupported_format"
    assert asset.master == ""
    assert files_in(folders) == []
    assert settled_ids == [asset.pk]


def test_an_upload_that_is_gone_is_refused(folders, committed):
    asset = received()
    storage.incoming().delete(asset.original)

    assert committed(services.process_asset, asset.pk) is True

    asset.refresh_from_db()
    assert asset.reason == "unreadable"


def test_a_product_picture_is_not_moderated(committed):
    asset = received(profile=Asset.Profile.PRODUCT)

    committed(services.process_asset, asset.pk)

    asset.refresh_from_db()
    assert asset.state == Asset.State.PROCESSED
    assert asset.result["moderation"] is None
    assert "resolution" not in asset.result["timings_ms"]


def test_who_lost_the_lease_meanwhile_stays_silent(monkeypatch, settled_ids, committed):
    asset = received()
    real = processing._process

    def slow(*run):
        stored = real(*run)
        # Another worker has claimed it behind our back.
        Asset.objects.filter(pk=asset.pk).update(lease_token="e" * 32)
        return stored

    monkeypatch.setattr(processing, "_process", slow)

    assert committed(services.process_asset, asset.pk) is False

    asset.refresh_from_db()
    assert asset.state == Asset.State.PENDING
    assert not asset.renditions.exists()
    assert settled_ids == []


def test_two_that_did_the_same_work_leave_one_result(
    monkeypatch, settled_ids, committed, folders
):
    asset = received()
    real = processing._process
    inner = []

    def raced(*run):
        stored = real(*run)
        if not inner:
            inner.append(True)
            make_lease_end(asset)
            inner.append(services.process_asset(asset.pk))
        return stored

    monkeypatch.setattr(processing, "_process", raced)

    outer = committed(services.process_asset, asset.pk)

    assert (inner[1], outer) == (True, False)
    assert settled_ids == [asset.pk]
    asset.refresh_from_db()
    names = [asset.master, *asset.renditions.values_list("private_name", flat=True)]
    assert files_in(folders / "private") == sorted(names)


def make_lease_end(asset: Asset) -> None:
    Asset.objects.filter(pk=asset.pk).update(
        lease_until=timezone.now() - timedelta(hours=1)
    )


def test_what_was_written_for_an_erased_asset_is_taken_back(
    monkeypatch, committed, folders, settled_ids
):
    asset = received()
    real = processing._process

    def late(*run):
        stored = real(*run)
        services.erase_asset(asset.pk)
        return stored

    monkeypatch.setattr(processing, "_process", late)

    assert committed(services.process_asset, asset.pk) is False

    assert files_in(folders) == []
    assert settled_ids == []


# --- crashes --------------------------------------------------------------------


@pytest.mark.usefixtures("faulty")
def test_a_crash_is_counted_and_the_third_quarantines(folders, settled_ids):
    asset = received(marked(picture_bytes(320, 240), "crash"))

    for crashes in (1, 2, 3):
        make_due(asset)
        assert services.process_asset(asset.pk) is False
        asset.refresh_from_db()
        assert (asset.crashes, asset.losses) == (crashes, 0)

    assert asset.state == Asset.State.QUARANTINED
    assert files_in(folders / "incoming") == [asset.original]
    assert settled_ids == []
    assert services.process_asset(asset.pk) is False


@pytest.mark.usefixtures("faulty")
def test_a_crash_waits_before_the_next_try():
    asset = received(marked(picture_bytes(320, 240), "crash"))
    services.process_asset(asset.pk)

    assert services.process_asset(asset.pk) is False

    asset.refresh_from_db()
    assert asset.crashes == 1


@pytest.mark.usefixtures("faulty")
def test_a_crash_while_encoding_is_a_crash(folders):
    asset = received(marked(picture_bytes(320, 240), "second"))

    services.process_asset(asset.pk)

    asset.refresh_from_db()
    assert asset.crashes == 1
    assert files_in(folders / "private") == []


def quarantined() -> Asset:
    asset = received()
    lease = leases.claim(Asset, asset.pk)
    for _ in range(3):
        lease.crashed()
        make_due(asset)
        lease = leases.claim(Asset, asset.pk) or lease
    asset.refresh_from_db()
    assert asset.state == Asset.State.QUARANTINED
    return asset


def test_a_quarantined_asset_can_be_tried_again(committed):
    asset = quarantined()

    assert committed(services.retry_asset, asset.pk) is True

    asset.refresh_from_db()
    assert asset.state == Asset.State.PROCESSED
    assert services.retry_asset(asset.pk) is False


def test_a_quarantined_asset_can_be_discarded(folders, committed, settled_ids):
    asset = quarantined()

    assert committed(services.discard_asset, asset.pk) is True

    asset.refresh_from_db()
    assert asset.state == Asset.State.REFUSED_FILE
    assert asset.reason == "decoder_failed"
    assert files_in(folders) == []
    assert settled_ids == [asset.pk]
    assert services.discard_asset(asset.pk) is False


def test_what_is_not_in_quarantine_is_neither_retried_nor_discarded():
    asset = received()

    assert services.retry_asset(asset.pk) is False
    assert services.discard_asset(asset.pk) is False

    asset.refresh_from_db()
    assert asset.state == Asset.State.PENDING


def test_a_sandbox_that_cannot_start_is_not_the_pictures_fault(settings):
    sandbox.close()
    settings.MEDIA_PIPELINE_SANDBOX_COMMAND = ["/no/such/command"]
    asset = received()

    assert services.process_asset(asset.pk) is False

    asset.refresh_from_db()
    assert (asset.crashes, asset.losses, asset.releases) == (0, 0, 1)


# --- storages that fail -----------------------------------------------------------


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_not_the_pictures_fault(monkeypatch, committed, folders):
    asset = received()
    before = timezone.now()
    with monkeypatch.context() as broken:
        broken.setattr(storage.FolderStorage, "_save", full_disk)
        assert services.process_asset(asset.pk) is False

    asset.refresh_from_db()
    assert (asset.crashes, asset.losses, asset.releases) == (0, 0, 1)
    assert asset.not_before > before
    make_due(asset)
    assert committed(services.process_asset, asset.pk) is True


def test_an_upload_that_cannot_be_read_now_is_tried_later(monkeypatch):
    asset = received()

    def failing(*_, **__):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(storage.FolderStorage, "_open", failing)

    assert services.process_asset(asset.pk) is False

    asset.refresh_from_db()
    assert asset.state == Asset.State.PENDING
    assert asset.releases == 1


# --- public copies ------------------------------------------------------------------


@pytest.fixture
def processed(committed) -> Asset:
    asset = received()
    committed(services.process_asset, asset.pk)
    asset.refresh_from_db()
    return asset


def test_copies_are_files_that_no_row_names_yet(processed, folders):
    copies = services.copy_to_public(processed.pk)

    names = copies.names
    assert set(names) == set(processed.renditions.values_list("pk", flat=True))
    assert files_in(folders / "public") == sorted(names.values())
    assert all(storage.is_public_name(name) for name in names.values())
    assert not Rendition.objects.exclude(public_name="").exists()
    assert processed.public_picture is None


def test_each_publication_has_new_names(processed):
    first = services.copy_to_public(processed.pk)
    second = services.copy_to_public(processed.pk)

    assert not set(first.names.values()) & set(second.names.values())


def test_a_published_picture_has_addresses(processed):
    assert services.publish_asset(processed.pk) is True

    picture = Asset.objects.prefetch_related("renditions").get().public_picture
    assert picture is not None
    assert picture.src.startswith("/media/")
    assert services.publish_asset(processed.pk) is False


def test_copies_that_came_second_are_taken_away(processed, folders, committed):
    first = services.copy_to_public(processed.pk)
    second = services.copy_to_public(processed.pk)

    services.set_public_names(first)
    committed(services.set_public_names, second)

    assert files_in(folders / "public") == sorted(first.names.values())
    assert not FilePurge.objects.open().exists()


def test_copies_whose_publisher_died_are_deleted_when_their_purge_is_due(
    processed, folders
):
    copies = services.copy_to_public(processed.pk)
    purge = FilePurge.objects.get(pk=copies.purge_id)

    # Not before: the publisher may be about to name them.
    assert not run_purge(purge.pk)
    assert len(files_in(folders / "public")) == len(copies.names)
    make_due(purge)
    assert run_purge(purge.pk)

    assert files_in(folders / "public") == []


def test_copies_are_never_named_once_their_purge_has_begun(processed):
    copies = services.copy_to_public(processed.pk)
    purge = FilePurge.objects.get(pk=copies.purge_id)
    make_due(purge)
    assert leases.claim(FilePurge, purge.pk)

    assert services.set_public_names(copies) is False

    assert not Rendition.objects.exclude(public_name="").exists()
    assert FilePurge.objects.filter(pk=purge.pk).exists()


def test_copies_that_were_written_after_their_purge_are_deleted(
    processed, folders, committed
):
    copies = services.copy_to_public(processed.pk)
    purge = FilePurge.objects.get(pk=copies.purge_id)
    leases.rows(FilePurge).filter(pk=purge.pk).update(settled_at=timezone.now())

    assert committed(services.set_public_names, copies) is False

    assert files_in(folders / "public") == []


def test_files_that_were_written_after_their_purge_are_deleted(folders, committed):
    def write_slowly() -> None:
        with new_files() as files:
            files.write("public", {"aa/slow.jpg": b"1"})
            purge = FilePurge.objects.get()
            leases.rows(FilePurge).filter(pk=purge.pk).update(settled_at=timezone.now())
            assert not files.keep()

    committed(write_slowly)

    assert files_in(folders / "public") == []


def test_named_copies_are_purged_by_nobody(processed, folders):
    copies = services.copy_to_public(processed.pk)

    assert services.set_public_names(copies) is True

    assert not FilePurge.objects.filter(pk=copies.purge_id).exists()
    assert not run_purge(copies.purge_id)
    assert len(files_in(folders / "public")) == len(copies.names)


def test_copying_stops_long_before_its_purge_is_due(processed, settings, committed):
    settings.MEDIA_PIPELINE_COPIES_EXPIRE_SECONDS = 0

    with pytest.raises(StorageUnavailable, match="too long"):
        services.copy_to_public(processed.pk)


def test_cleared_names_are_returned_for_their_purge(processed, folders, committed):
    services.publish_asset(processed.pk)

    names = services.clear_public_names(processed.pk)

    assert sorted(names) == files_in(folders / "public")
    assert services.clear_public_names(processed.pk) == []
    committed(services.forget_copies, names)
    assert files_in(folders / "public") == []


def test_a_copy_that_fails_leaves_nothing_behind(
    processed, folders, monkeypatch, committed
):
    saved = []
    real = storage.FolderStorage._save

    def third_fails(self, name, content):
        saved.append(name)
        return real(self, name, content) if len(saved) < 3 else full_disk()

    monkeypatch.setattr(storage.FolderStorage, "_save", third_fails)

    with pytest.raises(StorageUnavailable):
        committed_raising(committed, processed)

    assert len(saved) == 3
    assert files_in(folders / "public") == []


def committed_raising(committed, asset):
    errors = []

    def copy():
        try:
            services.copy_to_public(asset.pk)
        except StorageUnavailable as error:
            errors.append(error)

    committed(copy)
    raise errors[0]


def test_a_missing_private_file_is_worth_a_retry(processed, folders):
    storage.private().delete(processed.renditions.first().private_name)

    with pytest.raises(StorageUnavailable):
        services.copy_to_public(processed.pk)


# --- the end ----------------------------------------------------------------------


def test_an_erased_asset_leaves_no_file(processed, folders, committed):
    services.publish_asset(processed.pk)

    assert committed(services.erase_asset, processed.pk) is True

    assert not Asset.objects.exists()
    assert files_in(folders) == []
    assert not FilePurge.objects.filter(settled_at=None).exists()
    assert services.erase_asset(processed.pk) is False


def test_erasing_one_asset_keeps_its_twins_files(folders, committed):
    data = picture_bytes(640, 480)
    one, other = received(data), received(data)
    for asset in (one, other):
        committed(services.process_asset, asset.pk)

    committed(services.erase_asset, one.pk)

    other.refresh_from_db()
    with services.open_private(other.master) as file:
        assert file.read(2) == b"\xff\xd8"


def test_uploads_without_a_row_expire_and_others_stay(folders, committed):
    kept = received()
    orphan = storage.incoming().save(storage.incoming_name(), ContentFile(b"x"))
    young = storage.incoming().save(storage.incoming_name(), ContentFile(b"x"))
    old = timezone.now().timestamp() - conf.incoming_expire_seconds() - 60
    for name in (kept.original, orphan):
        os.utime(storage.incoming().path(name), (old, old))

    assert committed(services.expire_incoming) == 1

    assert files_in(folders / "incoming") == sorted([kept.original, young])


def test_an_upload_that_nobody_claimed_is_erased_and_others_stay(folders, committed):
    forgotten = received(is_to_be_claimed=True)
    claimed = received(is_to_be_claimed=True)
    young = received(is_to_be_claimed=True)
    own = received()
    assert services.claim_asset(claimed.pk)
    Asset.objects.filter(unclaimed_until__isnull=False).exclude(pk=young.pk).update(
        unclaimed_until=timezone.now() - timedelta(seconds=1)
    )

    assert committed(services.expire_unclaimed) == 1

    assert not Asset.objects.filter(pk=forgotten.pk).exists()
    assert not services.claim_asset(forgotten.pk)
    kept = sorted([claimed.original, young.original, own.original])
    assert files_in(folders / "incoming") == kept


# --- what the database keeps --------------------------------------------------------


def test_a_processed_asset_without_a_master_cannot_be_written():
    with pytest.raises(IntegrityError), transaction.atomic():
        Asset.objects.create(state=Asset.State.PROCESSED)


def test_a_refused_asset_without_a_reason_cannot_be_written():
    with pytest.raises(IntegrityError), transaction.atomic():
        Asset.objects.create(state=Asset.State.REFUSED_FILE)


def test_pictures_of_a_prefetched_asset_cost_no_query(
    processed, django_assert_num_queries
):
    services.publish_asset(processed.pk)
    asset = Asset.objects.prefetch_related("renditions").get()

    with django_assert_num_queries(0):
        assert asset.public_picture is not None
        assert asset.private_picture(lambda rendition: f"/p/{rendition.pk}")
