"""``manage.py pipeline``."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from media_pipeline import services
from media_pipeline.models import Asset
from media_pipeline.testing import picture_bytes

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
