"""``manage.py pipeline``."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from media_pipeline import services, storage
from media_pipeline.models import Asset, Rendering
from media_pipeline.testing import picture_bytes
from outbox import leases
from outbox.testing import crash

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
    assert ("checks", "1") in lines
    assert ("renditions", "0") in lines
    assert f"quarantined: {asset.pk} since" in out


def test_retry_and_discard_take_what_is_in_quarantine():
    one, two = quarantined(), quarantined()

    assert "tried again" in run("retry", str(one.pk))[0]
    assert "discarded" in run("discard", "--all")[0]
    assert "not in quarantine" in run("retry", str(two.pk))[1]

    states = set(Asset.objects.values_list("pk", "state"))
    assert states == {(one.pk, "pending"), (two.pk, "refused_file")}


def test_retry_and_discard_see_to_the_second_stage_too(processed):
    for action, kind in (("retry", "small"), ("discard", "rest")):
        rendering = Rendering.objects.create(asset=processed, kind=kind)
        crash(rendering, times=3)
        assert f"quarantined: {processed.pk}, renditions ({kind})" in run("status")[0]

        assert run(action, "--all")[0].startswith(f"{processed.pk}: ")

        assert not Rendering.objects.quarantined().exists()
        Rendering.objects.filter(pk=rendering.pk).delete()


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
    services.render_asset(asset.renderings.get().pk)
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


def test_rerendering_encodes_every_rendition_anew(processed):
    names = set(processed.renditions.values_list("private_name", flat=True))

    out, _ = run("rerender", "--all")

    assert "1 of 1" in out
    assert "1 assets rerendered" in out
    assert "0 wait" in out
    anew = set(processed.renditions.values_list("private_name", flat=True))
    assert len(anew) == len(names)
    assert not anew & names


def test_rerendering_can_be_left_to_the_workers(processed):
    out, _ = run("rerender", "--all", "--later")

    assert "1 assets left to the workers" in out
    assert "1 wait" in out
    assert processed.renderings.get(settled_at=None).kind == "all"


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
    rendering = Rendering.objects.create(asset=asset, kind="rest")
    leases.claim(Rendering, rendering.pk).release(not_before=timedelta(hours=1))

    out, _ = run("requeue")

    assert "1 assets are due now, 1 renderings" in out
    assert Asset.objects.due().exists()
    assert Rendering.objects.due().exists()
