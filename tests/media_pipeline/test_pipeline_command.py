"""``manage.py pipeline``."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import OperationalError

from media_pipeline import reruns, services, storage
from media_pipeline.management.progress import Progress
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


@pytest.mark.parametrize("action", ["retry", "discard"])
def test_an_empty_quarantine_is_said(action):
    assert "Nothing is in quarantine" in run(action, "--all")[0]


@pytest.mark.parametrize("action", ["retry", "discard", "rescore", "rerender"])
def test_an_unknown_id_is_said_and_fails(action):
    err = io.StringIO()
    with pytest.raises(CommandError, match="1 not found"):
        call_command("pipeline", action, "9999", stdout=io.StringIO(), stderr=err)

    assert "9999: there is no such asset" in err.getvalue()


def test_why_one_is_left_alone_is_said(processed):
    waiting = services.receive_upload(
        file=ContentFile(picture_bytes(320, 240), name="a.jpg")
    )

    for action, done in (("rescore", "rescored"), ("rerender", "rerendered")):
        out, err = run(action, str(waiting.pk), str(processed.pk), str(waiting.pk))
        assert f"{waiting.pk}: is pending" in err
        assert f"1 assets {done}, 1 left alone" in out
    _, err = run("retry", str(processed.pk))
    assert f"{processed.pk}: is processed, not in quarantine" in err


def test_renditions_that_must_be_made_anew_are_not_discarded(processed):
    rendering = Rendering.objects.create(asset=processed, kind="all", is_restyling=True)
    crash(rendering, times=3)

    _, err = run("discard", str(processed.pk))

    assert f"{processed.pk}: can't be discarded" in err
    assert Rendering.objects.quarantined().exists()


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


def test_another_verdict_is_said(processed, settings):
    assert processed.verdict == "review"  # it is small
    settings.MEDIA_PIPELINE_STEPS = ["hashes"]

    out, _ = run("rescore", "--all")

    assert f"{processed.pk}: review is now pass." in out
    assert "is now" not in run("rescore", "--all")[0]


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


def test_a_lock_that_can_not_be_had_fails_its_asset_alone(processed, monkeypatch):
    other = services.receive_upload(
        file=ContentFile(picture_bytes(640, 480), name="b.jpg")
    )
    services.process_asset(other.pk)
    rescore = reruns.rescore_asset

    def locked(asset_id):
        if asset_id == other.pk:
            raise OperationalError("deadlock detected")
        return rescore(asset_id)

    monkeypatch.setattr(reruns, "rescore_asset", locked)
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 failed"):
        call_command("pipeline", "rescore", "--all", stdout=out, stderr=io.StringIO())

    assert "1 assets rescored" in out.getvalue()


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


# --- how far it is --------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def counted(stream: io.StringIO, total: int, *, says: int = 0) -> str:
    """What is written while one second goes by for each of so many."""
    now = iter(range(10_000))
    progress = Progress(total, OutputWrapper(stream), clock=lambda: next(now))
    for number in range(1, total + 1):
        if number == says:
            progress.say("a message")
        progress.advance()
    return stream.getvalue()


@pytest.mark.parametrize("total", [1, 3, 10, 1000])
def test_away_from_a_terminal_there_are_a_few_lines(total):
    lines = counted(io.StringIO(), total).splitlines()

    assert len(lines) == min(total, 10)
    assert lines[-1] == f"{total} of {total}"


def test_on_a_terminal_there_is_one_bar_that_grows():
    drawn = counted(Terminal(), 4)

    assert drawn.count("\n") == 1
    shown = [line.rstrip() for line in drawn.split("\r") if line.strip()]
    assert [line.count("█") for line in shown] == [7, 15, 22, 30]
    assert "1 of 4" in shown[0]
    assert " left" in shown[0]
    assert "4 of 4 in " in shown[-1]


def test_a_message_stands_alone_and_the_bar_goes_on_below():
    drawn = counted(Terminal(), 4, says=3)

    before, after = drawn.split("a message\n")
    assert before.endswith("\r")
    assert "3 of 4" not in before
    assert "3 of 4" in after


def test_nothing_to_do_is_no_progress():
    assert counted(io.StringIO(), 0) == ""
