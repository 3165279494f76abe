"""After an outage: ten thousand photos and pictures wait, and new ones come.

The real sweeper, the real broker and the order a worker takes its messages in; only the
work itself is left out.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from celery import current_app
from django.db.models.functions import Now
from kombu import Consumer

from media_pipeline.models import Asset, Rendering
from outbox import leases, services

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

OUTAGE = 5_000  # photos not checked, and as many not rendered
TICKS = 15
BY_TASK = {model.work_task: model for model in (Asset, Rendering)}


@pytest.fixture
def worker(settings, tmp_path, monkeypatch):
    """Take so many messages as a worker does, and settle their rows."""
    settings.OUTBOX_RERING_SECONDS = 3600  # a slow machine rings for none twice
    app = current_app._get_current_object()
    broker = {"folder": str(tmp_path / "broker")}
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    monkeypatch.setitem(app.conf, "broker_transport_options", broker)
    # Both are kept once they are made.
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    done: list[tuple[type, int]] = []

    def settle(body, message):
        message.ack()
        model = BY_TASK[message.headers["task"]]
        [key] = body[0]
        lease = leases.claim(model, key)
        if lease is None:
            return  # on a slow machine it was rung for again meanwhile
        if model is Asset:
            fields = {"state": Asset.State.REFUSED_FILE, "reason": "truncated"}
        else:
            fields = {}
        assert lease.finish(**fields)
        done.append((model, key))

    with app.connection_for_read() as connection:
        queues = list(app.amqp.queues.consume_from.values())
        with Consumer(connection.channel(), queues, callbacks=[settle]):

            def take(count):
                del done[:]
                while len(done) < count:
                    connection.drain_events(timeout=10)
                return list(done)

            yield take
    app.amqp.producer_pool.force_close_all()


def processed(count):
    return Asset.objects.bulk_create(
        Asset(
            state=Asset.State.PROCESSED,
            settled_at=Now(),
            master="m",
            width=800,
            height=600,
        )
        for _ in range(count)
    )


def upload():
    asset = Asset.objects.create(original="new")
    services.ring_on_commit(asset)
    return asset.pk


def accept():
    [asset] = processed(1)
    rendering = Rendering.objects.create(asset=asset, kind=Rendering.Kind.REST)
    services.ring_on_commit(rendering)
    return rendering.pk


def test_new_photos_pass_a_backlog_of_both_stages_and_both_shrink(
    worker, django_capture_on_commit_callbacks
):
    long_ago = Now() - timedelta(hours=1)
    Asset.objects.bulk_create(
        Asset(original="old", created_at=long_ago) for _ in range(OUTAGE)
    )
    Rendering.objects.bulk_create(
        Rendering(asset=asset, kind=Rendering.Kind.REST, created_at=long_ago)
        for asset in processed(OUTAGE)
    )
    oldest = {
        model: set(
            leases.rows(model).open().order_by("pk").values_list("pk", flat=True)[:40]
        )
        for model in (Asset, Rendering)
    }
    places: Counter[str] = Counter()
    old = Counter()
    oldest_done = Counter()

    # A worker that does no more than two in five of what a sweep rings for.
    for _ in range(TICKS):
        assert services.sweep() >= 10
        with django_capture_on_commit_callbacks(execute=True):
            new_check, new_rendition = upload(), accept()
        done = worker(20)
        places[f"check {done.index((Asset, new_check))}"] += 1
        places[f"rendition {done.index((Rendering, new_rendition))}"] += 1
        for model, key in done:
            old[model] += key not in (new_check, new_rendition)
            oldest_done[model] += key in oldest[model]

    # First the new check, then the new rendition, then the backlog; but for each fifth
    # message, which may be another lane's.
    assert set(places) <= {"check 0", "check 1", "rendition 1", "rendition 2"}
    # Of the backlog the checks come first, and its renditions all the same.
    assert old[Asset] > old[Rendering] > 0
    assert old[Asset] + old[Rendering] == TICKS * 18
    # Of both not only the newest.
    assert oldest_done[Asset] > 0
    assert oldest_done[Rendering] > 0
