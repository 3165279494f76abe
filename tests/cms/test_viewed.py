"""Photos that are really looked at get smaller AVIFs, and nobody is counted."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from cms import viewed
from media_pipeline.models import Rendering

from . import material

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(shops, lamp):
    return material.a_public_photo(tags=[("lamp", 0.5, 0.5)])


@pytest.fixture
def always(settings):
    settings.CMS_VIEWED_ONE_IN = 1


def wished() -> list[tuple[int, str]]:
    return list(Rendering.objects.values_list("asset_id", "kind"))


def addresses(photo) -> list[str]:
    return [f"/en/photos/{photo.public_id}/", "/en/shop/lamp/"]


@pytest.mark.parametrize("which", [0, 1], ids=["photo", "product"])
def test_a_viewed_photo_is_wished_smaller(client, photo, always, which):
    answer = client.get(addresses(photo)[which])

    assert wished() == [(photo.asset_id, "small")]
    assert "Set-Cookie" not in answer


def test_viewing_it_again_wishes_nothing_more(client, photo, always):
    for address in addresses(photo) * 2:
        client.get(address)

    assert len(wished()) == 1


def test_tiles_are_not_views(client, photo, always, shops):
    story = [{"type": "gallery_by_rule", "value": {"rule": "newest", "count": 4}}]
    material.a_gallery_page(shops["en"], story=story)

    assert photo.public_id in client.get("/en/gallery/").content.decode()
    assert wished() == []


def test_zero_turns_it_off(client, photo, settings, monkeypatch):
    settings.CMS_VIEWED_ONE_IN = 0
    monkeypatch.setattr(viewed.secrets, "randbelow", lambda number: 0)

    client.get(addresses(photo)[0])

    assert wished() == []


@pytest.mark.parametrize(("drawn", "number"), [(0, 1), (1, 0), (19, 0)])
def test_chance_decides_one_request_in_so_many(
    client, photo, settings, monkeypatch, drawn, number
):
    settings.CMS_VIEWED_ONE_IN = 20
    asked = []
    monkeypatch.setattr(
        viewed.secrets, "randbelow", lambda one_in: asked.append(one_in) or drawn
    )

    client.get(addresses(photo)[0])

    assert asked == [20]
    assert len(wished()) == number


def test_asking_only_for_the_head_is_no_view(client, photo, always):
    assert client.head(addresses(photo)[0]).status_code == 200

    assert wished() == []


@pytest.mark.parametrize("which", [0, 1], ids=["photo", "product"])
def test_a_failure_is_only_logged(client, photo, always, monkeypatch, caplog, which):
    def fail(asset_ids):
        raise DatabaseError("locked")

    monkeypatch.setattr(viewed.media, "want_small", fail)

    with caplog.at_level(logging.WARNING, logger="cms.viewed"):
        answer = client.get(addresses(photo)[which])

    assert answer.status_code == 200
    assert "Better AVIFs" in caplog.text


def test_a_photo_that_is_not_public_is_not_wished(client, always):
    waiting = material.a_waiting_photo()

    assert client.get(f"/en/photos/{waiting.public_id}/").status_code == 404
    assert wished() == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_view_with_nothing_to_wish_takes_no_lock(always, rf):
    # On SQLite a transaction has the only write lock from its beginning.
    seen = SimpleNamespace(asset_id=4711)

    with CaptureQueriesContext(connection) as asked:
        viewed.note_viewed(rf.get("/"), [seen])

    assert [query["sql"].split()[0] for query in asked] == ["SELECT"]
