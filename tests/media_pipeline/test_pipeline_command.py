"""``manage.py pipeline``."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from media_pipeline import reruns, services, storage
from media_pipeline.models import Asset
from media_pipeline.testing import picture_bytes
from outbox import leases
from outbox.models import FilePurge

from .conftest import files_in
from .test_services import quarantined

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("pipeline", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_status_counts_states_and_lists_the_quarantine():
    asset = quarantined()
    services.receive_upload(file=ContentFile(picture_bytes(320, 240), name="a.jpg"))

    out, _ = run("status")

    lines = {tuple(line.split()[:2]) for line in out.splitlines()}
    assert ("pending", "1") in lines
    assert ("quarantined", "1") in lines
    assert ("processed", "0") in lines
    assert f"quarantined: {asset.pk} since" in out


def test_retry_and_discard_take_what_is_in_quarantine():
    one, two = quarantined(), quarantined()

    assert "tried again" in run("retry", str(one.pk))[0]
    assert "discarded" in run("discard", "--all")[0]
    assert "not in quarantine" in run("retry", str(two.pk))[1]

    states = set(Asset.objects.values_list("pk", "state"))
    assert states == {(one.pk, "pending"), (two.pk, "refused_file")}


def test_nothing_is_decided_without_being_named():
    for arguments in (("retry",), ("discard", "1", "--all")):
        with pytest.raises(CommandError, match="Name assets"):
            run(*arguments)


def test_expire_says_how_many():
    assert run("expire")[0].startswith("0 uploads")


# --- looked at again ------------------------------------------------------------


@pytest.fixture
def processed() -> Asset:
    asset = services.receive_upload(
        file=ContentFile(picture_bytes(800, 600), name="a.jpg")
    )
    services.process_asset(asset.pk)
    return Asset.objects.get(pk=asset.pk)


def test_rescoring_asks_the_steps_anew_and_keeps_what_the_upload_said(
    processed, settings
):
    result = {**processed.result, "facts": {"camera": "Told by the upload"}}
    Asset.objects.update(result=result, phash="")
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "quality"]

    out, _ = run("rescore", "--all")

    fresh = Asset.objects.get()
    assert "1 of 1" in out
    assert fresh.result["quality"] is not None
    assert fresh.result["colours"] is None
    assert fresh.result["facts"] == {"camera": "Told by the upload"}
    assert fresh.result["hashes"]["sha256"] == processed.sha256
    assert len(fresh.phash) == 16


def test_rerendering_a_public_picture_names_new_files_and_leaves_no_old_one(
    processed, folders, django_capture_on_commit_callbacks
):
    services.publish_asset(processed.pk)
    before = set(files_in(folders / "public"))
    ids = set(processed.renditions.values_list("pk", flat=True))
    # As if an older version had written it.
    first = processed.renditions.first()
    with services.open_private(first.private_name) as file:
        storage.private().save("00/old.jpg", file)
    processed.renditions.filter(pk=first.pk).update(private_name="00/old.jpg")

    with django_capture_on_commit_callbacks(execute=True):
        run("rerender", str(processed.pk))

    rows = processed.renditions.all()
    after = set(files_in(folders / "public"))
    assert {row.pk for row in rows} == ids
    assert after == {row.public_name for row in rows}
    assert not after & before
    assert not storage.private().exists("00/old.jpg")
    assert all(storage.private().exists(row.private_name) for row in rows)
    assert not FilePurge.objects.open().exclude(storage="incoming").exists()


def test_rerendering_leaves_a_picture_alone_that_was_taken_down_meanwhile(
    processed, folders, django_capture_on_commit_callbacks, monkeypatch
):
    services.publish_asset(processed.pk)
    real = reruns._swap

    def take_down_first(*arguments, **options):
        services.forget_copies(services.clear_public_names(processed.pk))
        return real(*arguments, **options)

    monkeypatch.setattr(reruns, "_swap", take_down_first)

    with django_capture_on_commit_callbacks(execute=True):
        out, _ = run("rerender", "--all")

    assert "0 assets rerendered" in out
    assert files_in(folders / "public") == []
    assert not processed.renditions.exclude(public_name="").exists()


def test_a_missing_master_fails_its_asset_alone(processed):
    other = services.receive_upload(
        file=ContentFile(picture_bytes(640, 480), name="b.jpg")
    )
    services.process_asset(other.pk)
    storage.private().delete(processed.master)

    with pytest.raises(CommandError, match="1 failed"):
        run("rescore", "--all")


def test_requeueing_makes_due_what_waits():
    asset = services.receive_upload(
        file=ContentFile(picture_bytes(640, 480), name="b.jpg")
    )
    leases.claim(Asset, asset.pk).release(not_before=timedelta(hours=1))
    assert not Asset.objects.due().exists()

    out, _ = run("requeue")

    assert "1 assets are due" in out
    assert Asset.objects.due().exists()
