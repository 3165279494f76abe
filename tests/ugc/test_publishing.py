from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from media_pipeline import services as media
from media_pipeline.exceptions import StorageUnavailable
from media_pipeline.models import Asset, Rendering, Rendition
from media_pipeline.signals import asset_rendered
from outbox import services as outbox
from outbox.models import FilePurge
from outbox.services import forget_settled, run_purge
from outbox.testing import make_due
from tests.ugc.factories import (
    BOTH,
    make_moderator,
    make_photo,
    make_public_photo,
    public_files,
)
from ugc import publishing, services
from ugc.exceptions import ChangedMeanwhile
from ugc.models import NOWHERE, Photo, Publication, Surface
from ugc.signals import photo_published, photo_unpublished

pytestmark = pytest.mark.django_db


def copies_of(photo):
    return {
        (tag.score, tag.public_surfaces, tag.ends_at)
        for tag in [*photo.product_tags.all(), *photo.tags.all()]
    }


def test_approving_makes_public_within_the_request(run_commit):
    photo = make_photo()

    with run_commit():
        services.approve_photo(photo, by=make_moderator())
    photo.refresh_from_db()

    assert photo.public == BOTH
    assert len(public_files(photo)) == 2
    assert not Publication.objects.open().exists()
    assert photo.published_at is not None


def test_the_row_stays_private_while_the_files_are_being_copied(
    run_commit, monkeypatch
):
    photo = make_photo()
    seen = []

    def copy(asset_id):
        seen.append(Photo.objects.get(pk=photo.pk).public_surfaces)
        return real(asset_id)

    real = media.copy_to_public
    monkeypatch.setattr(media, "copy_to_public", copy)
    with run_commit():
        services.approve_photo(photo, by=make_moderator())

    assert seen == [0]


def test_a_photo_withdrawn_during_the_copying_stays_down_and_leaves_no_file(
    run_commit, monkeypatch
):
    photo = make_photo()
    copied = []

    def copy_then_withdraw(asset_id):
        copies = real(asset_id)
        copied.extend(copies.names.values())
        services.withdraw_photo(photo, contributor=photo.contributor)
        return copies

    real = media.copy_to_public
    monkeypatch.setattr(media, "copy_to_public", copy_then_withdraw)
    with run_commit():
        services.approve_photo(photo, by=make_moderator())
    photo.refresh_from_db()

    assert photo.state == Photo.State.WITHDRAWN
    assert photo.public_surfaces == 0
    assert len(copied) == 2
    assert not any(storages["public"].exists(name) for name in copied)


def test_a_permission_taken_back_during_the_copying_is_respected(
    run_commit, monkeypatch
):
    photo = make_photo()

    def copy_then_narrow(asset_id):
        copies = real(asset_id)
        services.set_permissions(
            photo, surfaces=Surface.GALLERIES, contributor=photo.contributor
        )
        return copies

    real = media.copy_to_public
    monkeypatch.setattr(media, "copy_to_public", copy_then_narrow)
    with run_commit():
        services.approve_photo(photo, by=make_moderator())
    photo.refresh_from_db()

    assert photo.public == Surface.GALLERIES


def test_two_publications_at_once_leave_one_set_of_files(monkeypatch, run_commit):
    photo = make_photo(state="approved")
    other = []

    def copy_while_another_does(asset_id):
        mine = real(asset_id)
        if not other:
            other.extend(mine.names.values())
            publishing.publish(photo.pk)
        return mine

    real = media.copy_to_public
    monkeypatch.setattr(media, "copy_to_public", copy_while_another_does)
    with run_commit():
        assert publishing.publish(photo.pk)

    shown = public_files(photo)
    assert len(shown) == 2
    assert not any(storages["public"].exists(name) for name in other)


def test_files_taken_down_before_the_bits_are_set_are_copied_anew(
    monkeypatch, run_commit
):
    # Files are there, so nothing is copied; then somebody takes them down and
    # puts the photo back before we come to the UPDATE.
    photo = make_public_photo(surfaces=Surface.GALLERIES)
    services.set_permissions(photo, surfaces=BOTH, contributor=photo.contributor)
    real = publishing._open_gate
    calls = []

    def open_late(row, copies):
        if not calls:
            calls.append(1)
            with run_commit():
                publishing.change(photo.pk, only_if=Q())
        return real(row, copies)

    monkeypatch.setattr(publishing, "_open_gate", open_late)
    with run_commit():
        assert publishing.publish(photo.pk)
    photo.refresh_from_db()

    assert photo.public == BOTH
    assert len(public_files(photo)) == 2


def test_publishing_twice_changes_nothing(run_commit):
    photo = make_public_photo()
    names = public_files(photo)
    events = photo.events.count()

    with run_commit():
        assert publishing.publish(photo.pk)

    assert public_files(photo) == names
    assert photo.events.count() == events


def test_a_photo_that_nobody_allowed_anywhere_is_not_copied(run_commit):
    photo = make_photo(surfaces=NOWHERE)

    with run_commit():
        services.approve_photo(photo, by=make_moderator())
    photo.refresh_from_db()

    assert photo.state == Photo.State.APPROVED
    assert photo.public == NOWHERE
    assert not photo.asset.renditions.exclude(public_name="").exists()
    assert not Publication.objects.exists()


def test_a_store_that_does_not_answer_is_asked_again_by_the_outbox(
    run_commit, monkeypatch
):
    photo = make_photo()

    def fail(asset_id):
        raise StorageUnavailable("no room")

    with monkeypatch.context() as patch:
        patch.setattr(media, "copy_to_public", fail)
        with run_commit():
            services.approve_photo(photo, by=make_moderator())
    photo.refresh_from_db()
    publication = Publication.objects.open().get()

    assert photo.state == Photo.State.APPROVED
    assert photo.public == NOWHERE

    Publication.objects.filter(pk=publication.pk).update(not_before=photo.created_at)
    with run_commit():
        assert publishing.run_publication(publication.pk)
    photo.refresh_from_db()

    assert photo.public == BOTH


def test_with_a_remote_store_a_worker_is_rung_instead(
    run_commit, settings, monkeypatch
):
    settings.UGC_PUBLISH_INLINE = False
    rung = []
    monkeypatch.setattr(
        "outbox.services.ring", lambda model, pk, **kw: rung.append((model, pk))
    )
    photo = make_photo()

    with run_commit():
        services.approve_photo(photo, by=make_moderator())
    photo.refresh_from_db()

    publication = Publication.objects.get()
    assert photo.public == NOWHERE
    assert (Publication, publication.pk) in rung


def test_a_settled_publication_is_forgotten_after_a_month():
    photo = make_photo(state="approved")
    old, young = (Publication.objects.create(photo=photo) for _ in range(2))
    for publication in (old, young):
        assert publishing.run_publication(publication.pk)
    Publication.objects.filter(pk=old.pk).update(
        settled_at=timezone.now() - timedelta(days=31)
    )

    forget_settled()

    assert list(Publication.objects.all()) == [young]


def test_copies_that_were_purged_before_they_were_named_are_made_anew(monkeypatch):
    photo = make_photo(state="approved")
    real = media.copy_to_public
    purged = []

    def copy_slowly_once(asset_id):
        copies = real(asset_id)
        if not purged:
            purged.extend(copies.names.values())
            make_due(FilePurge.objects.get(pk=copies.purge_id))
            assert run_purge(copies.purge_id)
        return copies

    monkeypatch.setattr(media, "copy_to_public", copy_slowly_once)

    assert publishing.publish(photo.pk)

    assert len(purged) == 2
    assert len(public_files(photo)) == 2
    assert not set(public_files(photo)) & set(purged)


def test_a_settled_publication_is_not_run_again():
    photo = make_photo(state="approved")
    publication = Publication.objects.create(photo=photo)

    assert publishing.run_publication(publication.pk)
    assert not publishing.run_publication(publication.pk)


def rendered_later(photo, *, width=1280):
    """Have the photo's asset get another rendition, as the second stage does it."""
    asset = photo.asset
    with transaction.atomic():
        asset_rendered.send(sender=Asset, asset_id=asset.pk)
        name = storages["private"].save(
            f"{asset.public_id[:2]}/{asset.public_id}/rendition-{width}.avif",
            ContentFile(b"later"),
        )
        Rendition.objects.create(
            asset=asset,
            format="avif",
            width=width,
            height=853,
            bytes=5,
            private_name=name,
        )


def test_what_is_rendered_later_of_a_public_photo_is_published_too(run_commit):
    photo = make_public_photo()
    before = set(public_files(photo))

    with run_commit():
        rendered_later(photo)

    assert before < set(public_files(photo))
    assert len(public_files(photo)) == 3
    assert photo.events.filter(kind="published").count() == 1
    assert not Publication.objects.open().exists()


@pytest.mark.parametrize("state", ["submitted", "in_review", "refused", "withdrawn"])
def test_what_is_rendered_of_another_photo_stays_private(state, run_commit):
    photo = make_photo(state=state)

    with run_commit():
        rendered_later(photo)

    assert public_files(photo) == []
    assert not Publication.objects.exists()


def test_what_is_rendered_of_a_paused_photo_stays_private(run_commit):
    photo = make_public_photo()
    publishing.change(photo.pk, only_if=Q(), is_paused=True)

    with run_commit():
        rendered_later(photo)

    assert not photo.asset.renditions.exclude(public_name="").exists()


def test_publishing_rings_for_what_is_still_to_be_rendered(run_commit, monkeypatch):
    photo = make_photo()
    photo.asset.renditions.filter(format="avif").delete()
    rung = []
    monkeypatch.setattr(outbox, "ring", lambda model, *_, **__: rung.append(model))

    with run_commit():
        services.approve_photo(photo, by=make_moderator())

    assert rung == [Rendering]
    assert len(public_files(photo)) == 1  # public at once with what there is
    assert photo.asset.renderings.get().kind == "rest"


@pytest.mark.parametrize("act", [services.refuse_photo, services.remove_photo])
def test_what_nobody_will_see_is_not_rendered(act, run_commit):
    photo = make_photo()
    Rendering.objects.create(asset=photo.asset, kind="rest")

    with run_commit():
        act(photo, by=make_moderator(), reasons=["blurry"])

    assert not Rendering.objects.exists()


def test_a_new_style_is_made_before_it_is_approved_or_published(run_commit):
    photo, other = make_photo(), make_photo(state="approved")
    for each in (photo, other):
        Rendering.objects.create(asset=each.asset, kind="all", is_restyling=True)

    with pytest.raises(ChangedMeanwhile):
        services.approve_photo(photo, by=make_moderator())
    assert publishing.publish(other.pk) is False

    Rendering.objects.update(settled_at=timezone.now())
    assert publishing.publish(other.pk) is True


def test_taking_down_clears_bits_names_and_files(run_commit):
    photo = make_public_photo(tags=["mug"], words=["green"])
    names = public_files(photo)

    with run_commit():
        services.withdraw_photo(photo, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.public_surfaces == 0
    assert not any(storages["public"].exists(name) for name in names)
    assert not photo.asset.renditions.exclude(public_name="").exists()
    assert not FilePurge.objects.open().exists()
    assert copies_of(photo) == {(0, 0, None)}


def test_a_new_publication_has_new_names(run_commit):
    photo = make_public_photo()
    before = set(public_files(photo))

    with run_commit():
        services.withdraw_photo(photo, contributor=photo.contributor)
    with run_commit():
        services.restore_photo(photo, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.public == BOTH
    assert len(public_files(photo)) == 2
    assert not before & set(public_files(photo))


def test_one_surface_less_keeps_the_files_for_the_others(run_commit):
    photo = make_public_photo()
    names = public_files(photo)

    with run_commit():
        services.set_permissions(
            photo, surfaces=Surface.PRODUCT_PAGES, contributor=photo.contributor
        )
    photo.refresh_from_db()

    assert photo.public == Surface.PRODUCT_PAGES
    assert public_files(photo) == names


def test_tags_carry_what_the_photo_has(run_commit):
    photo = make_public_photo(tags=["mug", "lamp"], words=["green"])
    assert copies_of(photo) == {(0, BOTH.value, None)}

    publishing.set_score(photo.pk, 7)
    with run_commit():
        services.set_permissions(
            photo, surfaces=Surface.GALLERIES, contributor=photo.contributor
        )

    assert copies_of(photo) == {(7, Surface.GALLERIES.value, None)}


def test_a_tag_added_to_a_public_photo_is_public_with_it():
    photo = make_public_photo()

    tag = services.tag_product(photo, product_key="mug", x=0.1, y=0.9, by=None)

    assert tag.public_surfaces == BOTH.value


def test_signals_tell_of_going_up_and_down_once(run_commit):
    heard = []

    def up(*, photo_id, **kwargs):
        heard.append(("up", photo_id))

    def down(*, photo_id, **kwargs):
        heard.append(("down", photo_id))

    photo_published.connect(up)
    photo_unpublished.connect(down)
    try:
        photo = make_public_photo()
        with run_commit():
            services.withdraw_photo(photo, contributor=photo.contributor)
            services.withdraw_photo(photo, contributor=photo.contributor)
    finally:
        photo_published.disconnect(up)
        photo_unpublished.disconnect(down)

    assert heard == [("up", photo.pk), ("down", photo.pk)]


def test_change_does_nothing_once_the_condition_no_longer_holds():
    photo = make_public_photo()

    changed = publishing.change(
        photo.pk, only_if=Q(state=Photo.State.IN_REVIEW), state=Photo.State.REFUSED
    )

    photo.refresh_from_db()
    assert not changed
    assert photo.public == BOTH
    assert not publishing.change(0, only_if=Q(), state=Photo.State.REFUSED)


def copy_in_turn(monkeypatch, *acts):
    """Have something happen after each copying, before the gate; return all names."""
    real = media.copy_to_public
    turns = iter(acts)
    copied = []

    def copy(asset_id):
        copies = real(asset_id)
        copied.extend(copies.names.values())
        next(turns, lambda: None)()
        return copies

    monkeypatch.setattr(media, "copy_to_public", copy)
    return copied


def one_is_rendered_anew(photo):
    row = photo.asset.renditions.get(format="avif")
    row.private_name = storages["private"].save(
        f"an/{photo.asset.public_id}/anew.avif", ContentFile(b"anew")
    )
    row.save()


def test_what_is_rendered_during_the_copying_delays_nothing(monkeypatch, run_commit):
    photo = make_photo(state="approved")

    def render():
        with monkeypatch.context() as patch:
            # Its own publication is written down, but not done yet.
            patch.setattr(publishing.conf, "publish_inline", lambda: False)
            patch.setattr(outbox, "ring_on_commit", lambda work, **options: None)
            rendered_later(photo)

    copied = copy_in_turn(monkeypatch, render)

    with run_commit():
        assert publishing.publish(photo.pk)
    photo.refresh_from_db()

    assert photo.public == BOTH
    assert sorted(public_files(photo)) == sorted(copied)
    assert len(copied) == 2
    with run_commit():
        assert publishing.run_publication(Publication.objects.open().get().pk)
    assert len(public_files(photo)) == 3


@pytest.mark.parametrize("happens", [rendered_later, one_is_rendered_anew])
@pytest.mark.parametrize("how", ["withdraw", "remove", "outage"])
def test_a_photo_that_changes_during_the_copying_leaves_no_file_when_it_goes(
    monkeypatch, run_commit, happens, how
):
    photo = make_photo(state="approved")

    def take_down():
        if how == "remove":
            services.remove_photo(photo, by=make_moderator(), reasons=["blurry"])
        else:
            services.withdraw_photo(photo, contributor=photo.contributor)

    def fail():
        # What a process that dies here leaves behind, too.
        photo.refresh_from_db()
        shown = photo.asset.renditions.exclude(public_name="").exists()
        assert shown is (photo.public != NOWHERE)
        raise StorageUnavailable("no room")

    copied = copy_in_turn(
        monkeypatch,
        lambda: happens(photo),
        fail if how == "outage" else take_down,
    )
    with run_commit(), contextlib.suppress(StorageUnavailable):
        publishing.publish(photo.pk)
    photo.refresh_from_db()
    if photo.state == Photo.State.APPROVED:
        with run_commit():
            take_down()
    photo.refresh_from_db()

    assert photo.public == NOWHERE
    assert not photo.asset.renditions.exclude(public_name="").exists()
    if how != "outage":  # then the purge of the last copies waits for its time
        assert not FilePurge.objects.open().exists()
        assert not any(storages["public"].exists(name) for name in copied)


def test_what_is_public_nowhere_loses_its_files_at_any_change(run_commit):
    # However names came to stand without bits: no change leaves them.
    photo = make_public_photo()
    names = public_files(photo)
    events = photo.events.filter(kind="unpublished")
    Photo.objects.filter(pk=photo.pk).update(public_surfaces=0)

    with run_commit():
        services.withdraw_photo(photo, contributor=photo.contributor)

    assert len(names) == 2
    assert not photo.asset.renditions.exclude(public_name="").exists()
    assert not any(storages["public"].exists(name) for name in names)
    assert not events.exists()
