"""Two threads at one photo; run on PostgreSQL by ``test_on_postgresql``.

SQLite lets one writer in at a time, so there is nothing to race for.
"""

from __future__ import annotations

import threading

import pytest
from django.core.files.base import ContentFile
from django.db import connection, connections

from media_pipeline import services as media
from media_pipeline.models import Rendering
from media_pipeline.testing import picture_bytes
from outbox import services as outbox
from outbox.testing import make_due
from tests.ugc.factories import BOTH, make_photo
from ugc import publishing, services
from ugc.exceptions import NotPossible
from ugc.models import Publication


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_approving_and_withdrawing_at_once_never_leaves_it_public():
    """Twelve photos, each approved and withdrawn by two threads at the same time."""
    assert connection.vendor == "postgresql"

    def act(barrier, action):
        try:
            barrier.wait()
            action()
        except NotPossible:
            pass  # the withdrawal was first
        finally:
            connections.close_all()

    for _ in range(12):
        photo = make_photo()
        barrier = threading.Barrier(2)
        actions = [
            lambda photo=photo: services.approve_photo(photo, by=None, rule="test"),
            lambda photo=photo: services.withdraw_photo(
                type(photo).objects.get(pk=photo.pk), contributor=photo.contributor
            ),
        ]
        threads = [
            threading.Thread(target=act, args=(barrier, action)) for action in actions
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        photo.refresh_from_db()
        assert photo.state == "withdrawn"
        assert photo.public_surfaces == 0
        assert not photo.asset.renditions.exclude(public_name="").exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("kind", ["rest", "all"])
@pytest.mark.parametrize("action", ["approve", "withdraw"])
def test_a_rendering_that_ends_meanwhile_loses_nothing_and_shows_nothing(
    action, kind, settings, monkeypatch
):
    """Its locks and those of a decision are taken at the same time."""
    settings.MEDIA_PIPELINE_STEPS = ["hashes"]
    # No bell: these threads alone do the work.
    monkeypatch.setattr(outbox, "ring", lambda *_, **__: None)
    errors = []

    def act(barrier, function):
        try:
            barrier.wait()
            function()
        except Exception as error:
            errors.append(error)
            raise
        finally:
            connections.close_all()

    for _ in range(4):
        photo = a_photo_with_a_rendering(kind)
        rendering = photo.asset.renderings.get(settled_at=None)
        if action == "withdraw":
            services.approve_photo(photo, by=None, rule="test")
        actions = {
            "approve": lambda p=photo: services.approve_photo(p, by=None, rule="test"),
            "withdraw": lambda p=photo: services.withdraw_photo(
                p, contributor=p.contributor
            ),
        }
        barrier = threading.Barrier(2)
        threads = [
            threading.Thread(target=act, args=(barrier, function))
            for function in (
                actions[action],
                lambda pk=rendering.pk: media.render_asset(pk),
            )
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        # What met the other one on the way was given back, for another turn.
        if Rendering.objects.filter(pk=rendering.pk, settled_at=None).exists():
            make_due(rendering)
            assert media.render_asset(rendering.pk)
        for publication in Publication.objects.open():
            publishing.run_publication(make_due(publication).pk)

        photo.refresh_from_db()
        renditions = photo.asset.renditions
        assert Rendering.objects.get(pk=rendering.pk).is_settled
        assert renditions.filter(format="avif").exists()
        if action == "approve":
            assert photo.public_surfaces == BOTH.value
            assert not renditions.filter(public_name="").exists()
        else:
            assert photo.public_surfaces == 0
            assert not renditions.exclude(public_name="").exists()
            assert not photo.asset.former_public_names.exists()


def a_photo_with_a_rendering(kind):
    asset = media.receive_upload(
        file=ContentFile(picture_bytes(700, 500), name="a.jpg")
    )
    photo = make_photo(state="submitted", asset=asset)
    assert media.process_asset(asset.pk)
    if kind == "all":
        assert media.render_asset(asset.renderings.get().pk)
        media.render_anew(asset.pk)
    photo.refresh_from_db()
    return photo
