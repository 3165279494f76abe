"""The second stage: renditions of the master, whatever happens to worker or photo."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from media_pipeline import sandbox, services, storage
from media_pipeline.exceptions import RefusedFile, WrongRecipe
from media_pipeline.models import Asset, FormerPublicName, Rendering, Rendition
from media_pipeline.services import rendering
from media_pipeline.signals import asset_rendered
from media_pipeline.testing import picture_bytes
from outbox import leases
from outbox.models import FilePurge
from outbox.services import run_purge
from outbox.testing import WorkContract, crash, make_due
from tests.faulty_sandbox import marked

from .conftest import files_in
from .test_services import full_disk, make_lease_end, received

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.usefixtures("folders"),
]

RECIPE = {"crop": [0.0, 0.0, 0.5, 1.0]}


def slots(asset: Asset) -> set[tuple[str, int]]:
    return set(asset.renditions.values_list("format", "width"))


def names(asset: Asset) -> set[str]:
    return set(asset.renditions.values_list("private_name", flat=True))


@pytest.fixture
def checked() -> Asset:
    """An asset whose second stage is still to come."""
    asset = received(picture_bytes(1000, 750))
    assert services.process_asset(asset.pk)
    return Asset.objects.get(pk=asset.pk)


@pytest.fixture
def rendered(checked, committed) -> Asset:
    committed(render, checked)
    return checked


@pytest.fixture
def public(rendered, committed) -> Asset:
    assert committed(services.publish_asset, rendered.pk)
    return rendered


def render(asset: Asset) -> bool:
    return services.render_asset(asset.renderings.get(settled_at=None).pk)


@pytest.fixture
def heard():
    ids = []

    def hear(asset_id, **_):
        ids.append(asset_id)

    asset_rendered.connect(hear)
    yield ids
    asset_rendered.disconnect(hear)


class TestRendering(WorkContract):
    def make_work(self):
        return Rendering.objects.create(asset=received(), kind="rest")


# --- two stages -------------------------------------------------------------------


def test_before_the_verdict_only_what_the_queue_needs_is_made(checked, folders):
    assert slots(checked) == {("jpeg", 320), ("jpeg", 960)}
    assert checked.placeholder.startswith("data:image/webp;base64,")
    assert len(checked.placeholder) < 400
    assert 0 <= checked.focal_x <= 1
    assert 0 <= checked.focal_y <= 1
    assert len(files_in(folders / "private")) == 3  # with the master
    waiting = checked.renderings.get()
    assert (waiting.kind, waiting.is_settled) == ("rest", False)


def test_the_second_stage_makes_the_rest(checked, folders, heard, committed):
    before = names(checked)

    assert committed(render, checked) is True

    assert slots(checked) == {
        (format, width) for format in ("avif", "jpeg") for width in (320, 640, 960)
    }
    assert before < names(checked)
    assert files_in(folders / "private") == sorted({checked.master, *names(checked)})
    assert heard == [checked.pk]
    assert not FilePurge.objects.open().filter(storage="private").exists()


def test_times_of_both_stages_are_kept(rendered):
    first = Asset.objects.get(pk=rendered.pk).result["timings_ms"]
    second = rendered.renderings.get().timings_ms

    assert {"decode", "hashes", "master", "renditions", "store"} <= set(first)
    assert {"read", "decode", "renditions", "store"} <= set(second)


def test_rendering_again_changes_nothing(rendered, heard):
    before = names(rendered)

    assert services.render_asset(rendered.renderings.get().pk) is False

    assert names(rendered) == before
    assert heard == []


def test_a_rendering_that_is_gone_is_none_of_our_business():
    assert services.render_asset(4711) is False


def test_an_upload_goes_through_both_stages_by_its_bell(committed):
    asset = committed(received, picture_bytes(1000, 750))

    assert len(slots(asset)) == 6  # tasks run at once in tests


def test_a_refused_file_is_never_rendered(committed):
    asset = received(b"GIF89a, says this text file")

    committed(services.process_asset, asset.pk)

    assert not Rendering.objects.exists()
    assert not services.want_renditions(asset.pk)


def test_what_is_surely_banned_is_rendered_only_if_a_person_wants_it(
    monkeypatch, committed
):
    asset = received()
    real = services.processing._process

    def banned(*run):
        made = real(*run)
        return type(made)({**made.fields, "verdict": "reject"}, made.renditions)

    monkeypatch.setattr(services.processing, "_process", banned)
    committed(services.process_asset, asset.pk)
    assert not Rendering.objects.exists()

    assert committed(services.want_renditions, asset.pk) is True

    assert ("avif", 320) in slots(asset)


def test_a_master_that_rounding_made_longer_than_allowed_is_rendered():
    asset = received(picture_bytes(5000, 1000))  # five to one: the longest taken
    services.process_asset(asset.pk)

    assert render(asset) is True


# --- what fails -------------------------------------------------------------------


def poison(asset: Asset) -> None:
    with services.open_private(asset.master) as file:
        content = file.read()
    storage.private().save(asset.master, ContentFile(marked(content, "second")))


@pytest.mark.usefixtures("faulty")
def test_poison_quarantines_the_rendering_and_leaves_the_asset(checked, folders):
    poison(checked)
    before = names(checked)

    for crashes in (1, 2, 3):
        make_due(checked.renderings.get())
        assert render(checked) is False
        assert checked.renderings.get().crashes == crashes

    stuck = checked.renderings.get()
    assert stuck.is_quarantined
    assert stuck.reason == "SIGSEGV"
    checked.refresh_from_db()
    assert checked.state == Asset.State.PROCESSED
    assert names(checked) == before
    assert files_in(folders / "private") == sorted({checked.master, *before})
    assert services.want_renditions(checked.pk) is False


def test_a_quarantined_rendering_can_be_tried_again(checked, committed):
    crash(checked.renderings.get(), times=3)

    assert committed(services.retry_rendering, checked.pk) is True

    assert len(slots(checked)) == 6
    assert services.retry_rendering(checked.pk) is False


def test_a_quarantined_rendering_can_be_given_up(checked):
    crash(checked.renderings.get(), times=3)

    assert services.discard_rendering(checked.pk) is True

    assert not Rendering.objects.filter(settled_at=None).exists()
    assert slots(checked) == {("jpeg", 320), ("jpeg", 960)}
    assert services.discard_rendering(checked.pk) is False


def test_a_missing_master_ends_in_quarantine(checked):
    storage.private().delete(checked.master)
    for _ in range(3):
        make_due(checked.renderings.get())
        assert render(checked) is False

    stuck = checked.renderings.get()
    assert (stuck.is_quarantined, stuck.reason) == (True, "master_missing")


def test_a_master_that_is_refused_is_a_crash(checked, monkeypatch):
    def refuse(*_, **__):
        raise RefusedFile("too_large_to_decode")

    monkeypatch.setattr(sandbox, "opened", refuse)

    assert render(checked) is False

    tried = checked.renderings.get()
    assert (tried.crashes, tried.reason) == (1, "too_large_to_decode")


def test_a_full_disk_is_not_the_pictures_fault(
    checked, monkeypatch, committed, folders
):
    with monkeypatch.context() as broken:
        broken.setattr(storage.FolderStorage, "_save", full_disk)
        assert committed(render, checked) is False

    waiting = checked.renderings.get()
    assert (waiting.crashes, waiting.losses, waiting.releases) == (0, 0, 1)
    make_due(waiting)
    assert committed(render, checked) is True
    assert files_in(folders / "private") == sorted({checked.master, *names(checked)})


def test_what_a_killed_worker_wrote_goes_and_the_next_ones_files_stay(
    checked, monkeypatch, committed, folders
):
    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(rendering, "_finish", killed)
        # Nor does it tidy up.
        dying.setattr(services.files.NewFiles, "discard", lambda files: None)
        with pytest.raises(SystemExit):
            render(checked)
    left = set(files_in(folders / "private")) - {checked.master, *names(checked)}
    Rendering.objects.update(lease_until=timezone.now() - timedelta(hours=1))

    assert committed(render, checked) is True
    assert left <= set(files_in(folders / "private"))
    purge = FilePurge.objects.open().get(storage="private")
    assert run_purge(make_due(purge).pk)

    assert files_in(folders / "private") == sorted({checked.master, *names(checked)})


def meanwhile(monkeypatch, act) -> None:
    """Have something happen between a rendering's files and their rows, once."""
    real = rendering._render
    happened = []

    def late(*run):
        made = real(*run)
        if not happened:
            happened.append(True)
            act()
        return made

    monkeypatch.setattr(rendering, "_render", late)


def test_what_was_rendered_of_an_erased_asset_is_taken_back(
    checked, monkeypatch, committed, folders, heard
):
    meanwhile(monkeypatch, lambda: services.erase_asset(checked.pk))

    assert committed(render, checked) is False

    assert files_in(folders / "private") == []
    assert heard == []


def test_two_that_rendered_the_same_leave_one_result(
    checked, monkeypatch, committed, folders, heard
):
    def another():
        row = checked.renderings.get()
        Rendering.objects.update(lease_until=timezone.now() - timedelta(hours=1))
        assert services.render_asset(row.pk)

    meanwhile(monkeypatch, another)

    assert committed(render, checked) is False

    assert heard == [checked.pk]
    assert files_in(folders / "private") == sorted({checked.master, *names(checked)})


def test_a_first_stage_that_lost_its_lease_leaves_no_rendering(monkeypatch, committed):
    asset = received()
    real = services.processing._process

    def slow(*run):
        made = real(*run)
        make_lease_end(asset)
        leases.claim(Asset, asset.pk)
        return made

    monkeypatch.setattr(services.processing, "_process", slow)

    assert committed(services.process_asset, asset.pk) is False
    assert not Rendering.objects.exists()


# --- wishes -----------------------------------------------------------------------


def test_what_nobody_will_see_is_not_rendered(checked):
    row = checked.renderings.get()

    assert services.want_no_renditions(checked.pk) is True

    assert services.render_asset(row.pk) is False
    assert services.want_no_renditions(checked.pk) is False
    assert slots(checked) == {("jpeg", 320), ("jpeg", 960)}


def test_other_notes_come_into_the_files_although_nobody_looks(rendered):
    services.restyle_asset(rendered.pk, notes={"creator": "Mia"})

    assert services.want_no_renditions(rendered.pk) is False

    assert rendered.renderings.get(settled_at=None).kind == "all"


def test_a_worker_that_is_just_at_it_leaves_nothing(
    checked, monkeypatch, committed, folders
):
    before = sorted({checked.master, *names(checked)})
    meanwhile(monkeypatch, lambda: services.want_no_renditions(checked.pk))

    assert committed(render, checked) is False

    assert files_in(folders / "private") == before


def test_what_is_wanted_after_all_is_rendered(checked, committed):
    services.want_no_renditions(checked.pk)

    assert committed(services.want_renditions, checked.pk) is True

    assert len(slots(checked)) == 6
    assert committed(services.want_renditions, checked.pk) is False


def test_rendering_all_anew_replaces_every_file(rendered, committed, folders):
    before = names(rendered)
    ids = set(rendered.renditions.values_list("pk", flat=True))

    committed(services.render_anew, rendered.pk)

    assert set(rendered.renditions.values_list("pk", flat=True)) == ids
    assert not names(rendered) & before
    assert files_in(folders / "private") == sorted({rendered.master, *names(rendered)})


def test_an_asset_has_one_open_rendering_that_includes_all_wishes(checked):
    services.render_anew(checked.pk)
    services.want_renditions(checked.pk)

    assert checked.renderings.get().kind == "all"


def test_a_wish_for_more_is_not_lost_on_who_is_just_at_it(
    checked, monkeypatch, committed
):
    meanwhile(monkeypatch, lambda: services.render_anew(checked.pk))
    before = names(checked)

    assert committed(render, checked) is False  # given back, and done by the bell

    assert not checked.renderings.filter(settled_at=None).exists()
    assert len(slots(checked)) == 6
    assert not names(checked) & before


# --- of public pictures -----------------------------------------------------------


def test_what_is_rendered_later_is_not_public_by_itself(checked, committed):
    services.publish_asset(checked.pk)

    committed(render, checked)

    shown = checked.renditions.exclude(public_name="")
    assert set(shown.values_list("format", "width")) == {("jpeg", 320), ("jpeg", 960)}


def test_only_what_is_not_public_yet_is_copied(checked, committed, folders):
    services.publish_asset(checked.pk)
    first = set(files_in(folders / "public"))
    committed(render, checked)

    assert services.publish_asset(checked.pk) is True

    public = set(checked.renditions.values_list("public_name", flat=True))
    assert first < public
    assert set(files_in(folders / "public")) == public


def test_a_copy_of_what_has_been_rendered_anew_is_never_named(
    rendered, committed, folders
):
    copies = services.copy_to_public(rendered.pk)
    committed(services.render_anew, rendered.pk)

    assert committed(services.set_public_names, copies) is True

    assert not rendered.renditions.exclude(public_name="").exists()
    assert files_in(folders / "public") == []


def status_of(client, name: str) -> int:
    with contextlib.closing(client.get(f"/media/{name}")) as response:
        return response.status_code


def test_a_replaced_public_picture_stays_for_those_who_have_its_address(
    public, committed, folders, client
):
    old = set(public.renditions.values_list("public_name", flat=True))

    committed(services.render_anew, public.pk)

    new = set(public.renditions.values_list("public_name", flat=True))
    assert not new & old
    assert set(files_in(folders / "public")) == new | old
    assert {status_of(client, name) for name in new | old} == {200}


def test_former_names_end_by_themselves(public, committed, folders, client):
    old = public.renditions.first().public_name
    committed(services.render_anew, public.pk)
    FormerPublicName.objects.update(valid_until=timezone.now() - timedelta(minutes=1))

    assert status_of(client, old) == 404

    assert services.expire_former_names() == 6
    for purge in FilePurge.objects.open().filter(storage="public"):
        assert run_purge(make_due(purge).pk)
    new = public.renditions.values_list("public_name", flat=True)
    assert files_in(folders / "public") == sorted(new)


def test_a_takedown_takes_the_former_names_too(public, committed, folders, client):
    old = public.renditions.first().public_name
    committed(services.render_anew, public.pk)

    def take_down():
        services.forget_copies(services.clear_public_names(public.pk))

    committed(take_down)

    assert files_in(folders / "public") == []
    assert status_of(client, old) == 404
    assert not FormerPublicName.objects.exists()


def test_erasing_takes_the_former_names_too(public, committed, folders):
    committed(services.render_anew, public.pk)

    committed(services.erase_asset, public.pk)

    assert files_in(folders / "public") == []
    assert files_in(folders / "private") == []


def test_what_is_taken_down_meanwhile_is_not_put_up_again(
    public, monkeypatch, committed, folders
):
    services.render_anew(public.pk)

    def take_down():
        services.forget_copies(services.clear_public_names(public.pk))

    meanwhile(monkeypatch, take_down)

    assert committed(render, public) is False  # given back
    make_due(public.renderings.get(settled_at=None))
    assert committed(render, public) is True

    assert not public.renditions.exclude(public_name="").exists()
    assert files_in(folders / "public") == []
    assert files_in(folders / "private") == sorted({public.master, *names(public)})


# --- better AVIFs ------------------------------------------------------------------


def test_pictures_that_are_viewed_get_smaller_avifs_once(
    public, committed, django_assert_num_queries
):
    before = dict(public.renditions.values_list("pk", "bytes"))
    jpegs = set(public.renditions.filter(format="jpeg").values_list("public_name"))

    assert services.want_small([public.pk, 4711]) == 1
    with django_assert_num_queries(1):
        assert services.want_small([public.pk]) == 0
    assert committed(render, public) is True

    avifs = public.renditions.filter(format="avif")
    assert set(avifs.values_list("effort", flat=True)) == {"small"}
    assert all(row.bytes <= before[row.pk] for row in avifs)
    assert sum(row.bytes for row in avifs) < sum(before[row.pk] for row in avifs)
    assert set(public.renditions.filter(format="jpeg").values_list("public_name")) == (
        jpegs
    )
    assert all(storage.public().exists(row.public_name) for row in avifs)
    assert services.want_small([public.pk]) == 0


def test_pictures_that_are_not_public_need_none(rendered):
    assert services.want_small([rendered.pk]) == 0


def test_a_failed_try_for_smaller_ones_is_not_repeated_by_the_next_view(public):
    services.want_small([public.pk])
    crash(public.renderings.get(settled_at=None), times=3)

    assert services.want_small([public.pk]) == 0
    assert services.discard_rendering(public.pk) is True
    assert services.want_small([public.pk]) == 0


# --- recipe and notes ---------------------------------------------------------------


def contents(asset: Asset) -> list[bytes]:
    found = []
    for name in names(asset):
        with services.open_private(name) as file:
            found.append(file.read())
    return found


def test_notes_stand_in_every_file_and_nothing_of_the_upload(committed):
    stated = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    upload = picture_bytes(
        1600,
        1200,
        comment=b"CANARY",
        xmp=b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/'
        b'1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/'
        b'std/Iptc4xmpExt/2008-02-29/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        b' dc:title="CANARY" Iptc4xmpExt:DigitalSourceType="'
        + stated
        + b'"/></rdf:RDF>'
        b"</x:xmpmeta>",
    )
    notes = {"creator": "Mia <3", "credit_line": "Mia for us", "licence_url": ""}

    asset = committed(received, upload, recipe=RECIPE, notes=notes)

    asset.refresh_from_db()
    assert asset.notes == {"creator": "Mia <3", "credit_line": "Mia for us"}
    assert asset.result["facts"]["source_type"] == "trainedAlgorithmicMedia"
    files = contents(asset)
    assert {format for format, _width in slots(asset)} == {"avif", "jpeg"}
    assert len(files) > 2
    for content in files:
        assert b"Mia &lt;3" in content
        assert b'photoshop:Credit="Mia for us"' in content
        # A recipe edits it, which is less than what the file said of itself.
        assert stated in content
        assert b"humanEdits" not in content
        assert b"CANARY" not in content
        assert b"LicensorURL" not in content


def test_a_recipe_styles_both_stages_and_is_told(committed):
    asset = committed(received, picture_bytes(1000, 750), recipe=RECIPE)

    for width, height in asset.renditions.values_list("width", "height"):
        assert height == round(width * 750 / 500)
    assert all(b"digitalsourcetype/humanEdits" in each for each in contents(asset))
    asset.refresh_from_db()
    assert (asset.width, asset.height) == (1000, 750)  # the master is as it came


def test_a_wrong_recipe_or_note_is_told_at_once(folders):
    with pytest.raises(WrongRecipe):
        received(recipe={"crop": "all of it"})
    with pytest.raises(TypeError):
        received(notes={"shoe_size": "38"})

    assert files_in(folders) == []


def test_another_recipe_replaces_all_renditions(rendered, committed, folders):
    assert committed(services.restyle_asset, rendered.pk, recipe=RECIPE) is True

    sizes = set(rendered.renditions.values_list("width", "height"))
    assert sizes == {(320, 480)}
    assert files_in(folders / "private") == sorted({rendered.master, *names(rendered)})
    assert not services.is_restyling(rendered.pk)
    assert committed(services.restyle_asset, rendered.pk, recipe=RECIPE) is False


def test_until_its_new_style_is_made_an_asset_is_being_restyled(rendered):
    services.restyle_asset(rendered.pk, recipe=RECIPE)

    assert services.is_restyling(rendered.pk)
    assert services.want_no_renditions(rendered.pk) is False
    crash(rendered.renderings.get(settled_at=None), times=3)
    assert services.is_restyling(rendered.pk)
    assert services.discard_rendering(rendered.pk) is False


def test_other_notes_alone_hide_nothing(rendered, committed):
    services.restyle_asset(rendered.pk, notes={"creator": "Mia"})
    assert not services.is_restyling(rendered.pk)

    committed(render, rendered)

    assert all(b"Mia" in content for content in contents(rendered))


def test_a_recipe_that_changes_while_it_is_rendered_counts(
    checked, monkeypatch, committed
):
    meanwhile(monkeypatch, lambda: services.restyle_asset(checked.pk, recipe=RECIPE))

    assert committed(render, checked) is False  # given back, and done by the bell

    assert not services.is_restyling(checked.pk)
    sizes = checked.renditions.values_list("width", "height")
    assert all(height == round(width * 1.5) for width, height in sizes)


def test_a_recipe_that_changes_while_it_is_checked_counts(monkeypatch, committed):
    asset = received(picture_bytes(1000, 750))
    real = services.processing._process

    def late(*run):
        made = real(*run)
        services.restyle_asset(asset.pk, recipe=RECIPE)
        return made

    monkeypatch.setattr(services.processing, "_process", late)
    services.process_asset(asset.pk)
    assert services.is_restyling(asset.pk)

    assert committed(render, asset) is True

    sizes = asset.renditions.values_list("width", "height")
    assert all(height == round(width * 1.5) for width, height in sizes)


def test_a_restyled_public_picture_keeps_no_former_name(public, committed, folders):
    committed(services.restyle_asset, public.pk, recipe=RECIPE)

    shown = public.renditions.exclude(public_name="")
    assert files_in(folders / "public") == sorted(
        shown.values_list("public_name", flat=True)
    )
    assert not FormerPublicName.objects.exists()


def test_a_picture_keeps_its_better_avifs_only_until_all_is_made_anew(
    public, committed
):
    services.want_small([public.pk])
    committed(render, public)

    committed(services.render_anew, public.pk)

    assert not Rendition.objects.filter(effort="small").exists()
