"""Two threads at one photo; run on PostgreSQL by ``test_on_postgresql``.

SQLite lets one writer in at a time, so there is nothing to race for.
"""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from tests.ugc.factories import make_photo
from ugc import services
from ugc.exceptions import NotPossible


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
