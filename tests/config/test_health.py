"""What load balancers, monitors and operators are told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import Client

from media_pipeline import services
from media_pipeline.backends.model_files import CENTERFACE, LITE0, OPEN_NSFW
from media_pipeline.models import Asset, Rendering
from media_pipeline.testing import picture_bytes
from outbox.metrics import gauge, rendered
from outbox.models import FilePurge

pytestmark = pytest.mark.django_db


def verdict(answer) -> str:
    """The first line, which is all that strangers get."""
    return answer.text.splitlines()[0]


@pytest.fixture
def figures(client):
    """Return the value of each sample by its name and labels."""

    def read() -> dict[str, float]:
        lines = client.get("/metrics").text.splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    return read


def test_a_process_that_reaches_its_database_is_well(client):
    response = client.get("/healthz")

    assert (response.status_code, response.text) == (200, "ok\n")
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_a_process_without_its_database_is_not(client, monkeypatch):
    def gone():
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", gone)

    assert client.get("/healthz").status_code == 503


def test_workers_that_left_something_due_for_minutes_are_behind(client):
    assert client.get("/healthz/worker").status_code == 200

    purge = FilePurge.objects.create(storage="public", names=[])
    FilePurge.objects.filter(pk=purge.pk).update(
        not_before=Now() - timedelta(minutes=3)
    )

    answer = client.get("/healthz/worker")
    assert (answer.status_code, verdict(answer)) == (503, "behind: work")
    assert client.get("/healthz").status_code == 200


def test_every_queue_that_is_behind_is_named_the_most_urgent_first(client, monkeypatch):
    monkeypatch.setattr(FilePurge, "work_queue", "renditions")
    FilePurge.objects.create(storage="public", names=[])
    Asset.objects.create()
    for model in (Asset, FilePurge):
        model.objects.update(not_before=Now() - timedelta(minutes=3))

    assert verdict(client.get("/healthz/worker")) == "behind: checks, renditions"


def test_what_viewers_wish_may_wait_and_is_counted_all_the_same(client, figures):
    asset = Asset.objects.create(settled_at=Now())
    small = Rendering.objects.create(asset=asset, kind="small")
    Rendering.objects.update(not_before=Now() - timedelta(minutes=3))
    label = '{kind="shoppable_media.Rendering",queue="renditions"}'

    assert client.get("/healthz/worker").status_code == 200
    assert figures()[f"outbox_due{label}"] == 1
    assert figures()[f"outbox_oldest_due_seconds{label}"] == 0

    Rendering.objects.filter(pk=small.pk).update(kind="rest")
    assert verdict(client.get("/healthz/worker")) == "behind: renditions"


@pytest.fixture
def troubled(settings, tmp_path):
    """One photo due for long, one in quarantine, and a step whose model is missing."""
    settings.MEDIA_PIPELINE_MODELS_FOLDER = tmp_path
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "faces"]
    for age in (200, 100, 0):
        row = Asset.objects.create()
        due = Now() - timedelta(seconds=age)
        Asset.objects.filter(pk=row.pk).update(not_before=due)
    Asset.objects.filter(pk=row.pk).update(quarantined_at=Now())


def test_who_may_read_the_figures_is_told_how_the_workers_stand(client, troubled):
    lines = client.get("/healthz/worker").text.splitlines()

    assert lines[0] == "behind: checks"
    checks, *queues = (line for line in lines if "oldest due" in line)
    assert re.fullmatch(
        r"checks: 2 due, oldest due for 20\d s, 2 open, 1 in quarantine", checks
    )
    assert "work: 0 due, oldest due for 0 s, 0 open, 0 in quarantine" in queues
    assert lines[-1] == "missing or changed: centerface.onnx (faces)"


def test_whoever_else_asks_is_told_no_more_than_the_verdict(troubled, settings):
    far = Client(REMOTE_ADDR="203.0.113.5")

    assert far.get("/healthz/worker").text == "behind: checks\n"

    settings.METRICS_TOKEN = "a-long-token"
    assert Client().get("/healthz/worker").text == "behind: checks\n"
    sent = {"Authorization": "Bearer a-long-token"}
    assert "centerface.onnx" in far.get("/healthz/worker", headers=sent).text


def test_figures_are_prometheus_text(client):
    response = client.get("/metrics")

    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    label = r'[a-z][a-z0-9]*="[^"]*"'
    sample = re.compile(rf"[a-z_]+(\{{{label}(,{label})*\}})? [0-9.e+-]+")
    for line in response.text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line


def test_labels_are_escaped():
    text = rendered([gauge("a", "b", {'c"\\\n': 1}, by="d")])

    assert text.splitlines()[-1] == 'a{d="c\\"\\\\\\n"} 1'


def test_figures_tell_the_backlog_and_what_became_of_the_newest(figures, settings):
    settings.MEDIA_PIPELINE_STEPS = ["hashes"]
    done, refused, waiting = (
        services.receive_upload(file=ContentFile(content, name="a.jpg"))
        for content in (picture_bytes(320, 240), b"no picture", b"unread")
    )
    services.process_asset(done.pk)
    services.process_asset(refused.pk)
    finding = {"step": "tags", "verdict": "review", "reasons": ["tags_unavailable"]}
    row = Asset.objects.get(pk=done.pk)
    Asset.objects.filter(pk=done.pk).update(
        result={**row.result, "findings": [finding]}
    )
    Asset.objects.filter(pk=waiting.pk).update(not_before=Now() - timedelta(seconds=90))

    read = figures()

    assert read['outbox_due{kind="shoppable_media.Asset",queue="checks"}'] == 1
    waited = 'outbox_oldest_due_seconds{kind="shoppable_media.Asset",queue="checks"}'
    assert read[waited] >= 90
    assert read['outbox_quarantined{kind="shoppable_media.Asset",queue="checks"}'] == 0
    assert read['media_recent_assets{state="processed"}'] == 1
    assert read['media_recent_refused_files{reason="not_a_picture"}'] == 1
    assert (
        read[
            'media_recent_step_failures{stage="checks",step="tags",'
            'reason="tags_unavailable"}'
        ]
        == 1
    )
    hashes = 'media_recent_step_seconds{stage="checks",step="hashes",quantile="0.5"}'
    assert read[hashes] > 0


def test_models_are_told_by_version_sum_and_step(figures, troubled, settings):
    settings.MEDIA_PIPELINE_STEPS = ["faces", "tags", "clothing"]

    read = figures()

    (name, value) = next(
        (name, value) for name, value in read.items() if '"centerface.onnx"' in name
    )
    assert name == (
        'media_model_ready{model="centerface.onnx",version="1.5.0",'
        f'sha256="{CENTERFACE.sha256}",step="faces"}}'
    )
    assert value == 0
    # Once for each step that asks it, and once if none does.
    steps = [
        re.search('step="(.*)"', name)[1] for name in read if f'"{LITE0.name}"' in name
    ]
    assert steps == ["clothing", "tags"]
    (unused,) = (name for name in read if f'"{OPEN_NSFW.name}"' in name)
    assert 'step=""' in unused


def test_what_workers_answered_with_is_counted(figures):
    kept = {"findings": [], "timings_ms": {}}
    for models in ({"tags": ["lite0 1 abc"]}, {"tags": ["lite0 1 abc"], "codes": []}):
        Asset.objects.create(result={**kept, "models": models})

    read = figures()

    assert read['media_recent_model_answers{step="tags",model="lite0 1 abc"}'] == 2
    assert not any('step="codes"' in name and "answers" in name for name in read)


def test_the_figures_queries_do_not_grow(client, django_assert_max_num_queries):
    for _ in range(5):
        Asset.objects.create(result={"findings": [], "timings_ms": {"decode": 1.0}})

    with django_assert_max_num_queries(40):
        client.get("/metrics")


@pytest.mark.parametrize(
    "asked",
    [
        {"REMOTE_ADDR": "203.0.113.5"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.5"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=203.0.113.5"},
    ],
)
def test_figures_are_for_this_machine_alone(asked):
    assert Client(**asked).get("/metrics").status_code == 403


def test_with_a_token_figures_are_for_whoever_has_it(settings):
    settings.METRICS_TOKEN = "a-long-token"
    far = Client(REMOTE_ADDR="203.0.113.5")

    assert Client().get("/metrics").status_code == 403
    for sent, status in (("Bearer a-long-token", 200), ("Bearer wrong", 403)):
        answer = far.get("/metrics", headers={"Authorization": sent})
        assert answer.status_code == status
