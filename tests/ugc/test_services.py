from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from media_pipeline import services as media
from media_pipeline.exceptions import RefusedFile
from media_pipeline.models import Asset
from media_pipeline.signals import asset_settled
from outbox.signals import work_quarantined
from tests.ugc.factories import (
    BOTH,
    make_asset,
    make_contributor,
    make_moderator,
    make_photo,
    make_public_photo,
    public_files,
)
from ugc import publishing, services
from ugc.exceptions import ChangedMeanwhile, NotPossible, UnknownProduct, UnknownReason
from ugc.models import (
    NOWHERE,
    Consent,
    Contributor,
    Decision,
    Expiry,
    Photo,
    ProductTag,
    Surface,
)

pytestmark = pytest.mark.django_db
State = Photo.State


def submit(**options):
    return services.submit_photo(
        **{
            "contributor": None,
            "persona_name": "Mia",
            "file": ContentFile(b"bytes of a picture", name="IMG_1.JPG"),
            "surfaces": BOTH,
            **options,
        }
    )


def test_an_upload_carries_its_authors_credit_recipe_and_product(settings):
    settings.UGC_PHOTO_URL = "tests.ugc.test_services.page_of"
    settings.UGC_CREDIT_LINE = "{name} for the garden"
    settings.UGC_COPYRIGHT = "© {year} {name}"
    settings.UGC_LICENCE_URL = "{photo_url}"
    recipe = {"crop": [0.0, 0.0, 0.5, 0.5]}

    photo = submit(persona_name=" Mia \n{x} ", product_key="lamp", recipe=recipe)

    assert photo.asset.notes == {
        "creator": "Mia {x}",
        "credit_line": "Mia {x} for the garden",
        "copyright": f"© {timezone.localdate().year} Mia {{x}}",
        "licence_url": f"https://shop.example/photos/{photo.public_id}/",
    }
    assert photo.asset.context_keys == ["lamp"]
    assert photo.recipe == photo.asset.recipe
    assert photo.recipe["crop"] == [0.0, 0.0, 0.5, 0.5]


def page_of(public_id):
    return f"/photos/{public_id}/"


def test_without_settings_only_the_name_is_said():
    photo = submit()

    assert photo.asset.notes == {"creator": "Mia"}
    assert (photo.recipe, photo.asset.recipe) == ({}, None)
    assert photo.asset.context_keys == []


def test_another_picture_carries_the_same_credit_and_no_recipe():
    photo = make_photo(state="draft", product_key="lamp", recipe={"crop": [0, 0, 1, 1]})

    assert services.replace_file(
        photo,
        file=ContentFile(b"another", name="b.jpg"),
        contributor=photo.contributor,
    )

    photo.refresh_from_db()
    assert photo.asset.notes == {"creator": "Mia"}
    assert photo.asset.context_keys == ["lamp"]
    assert photo.recipe == {}


def settle(photo, **columns):
    Asset.objects.filter(pk=photo.asset_id).update(
        **{
            "state": "processed",
            "verdict": "pass",
            "master": "m",
            "width": 4,
            "height": 3,
            "settled_at": timezone.now(),
            **columns,
        }
    )
    asset_settled.send(sender=Asset, asset_id=photo.asset_id)
    photo.refresh_from_db()


def kinds(photo):
    return list(photo.events.values_list("kind", flat=True))


# --- submitting -----------------------------------------------------------------


def test_a_submission_keeps_all_that_was_said():
    photo = submit(
        caption="So  comfy\u202e!\n", alt_text="A mug", product_key="mug", language="de"
    )

    assert photo.state == State.SUBMITTED
    assert photo.caption == "So comfy!"
    assert photo.alt_text == "A mug"
    assert photo.persona.name == "Mia"
    assert photo.contributor.language == "de"
    assert photo.allowed == BOTH
    assert photo.public == NOWHERE
    assert kinds(photo) == ["submitted"]
    answers = {p.surface: p.is_allowed for p in photo.permissions.all()}
    assert answers == {1: True, 2: True, 4: False, 8: False, 16: False}
    assert {p.text_version for p in photo.permissions.all()} != {""}


def test_the_same_name_of_the_same_person_is_one_persona():
    first = submit()
    second = submit(contributor=first.contributor)
    other = submit()

    assert first.persona == second.persona
    assert first.persona != other.persona


def test_a_file_refused_at_once_leaves_nobody_behind():
    with pytest.raises(RefusedFile) as refusal:
        submit(file=ContentFile(b"", name="empty.jpg"))

    assert refusal.value.code == "empty_file"
    assert not Contributor.objects.exists()
    assert not Asset.objects.exists()


def test_an_asset_settled_before_the_photo_existed_is_not_missed(monkeypatch):
    def receive_and_process(*, file, **kwargs):
        asset = real(file=file, **kwargs)
        Asset.objects.filter(pk=asset.pk).update(
            state="refused_file", reason="animated", settled_at=timezone.now()
        )
        asset_settled.send(sender=Asset, asset_id=asset.pk)
        return asset

    real = media.receive_upload
    monkeypatch.setattr(media, "receive_upload", receive_and_process)

    photo = submit()

    assert photo.state == State.DRAFT
    assert kinds(photo) == ["submitted", "file_refused"]


def test_a_photo_that_could_not_be_written_leaves_no_picture_behind(monkeypatch):
    def fail(photo):
        raise RuntimeError("a receiver's mistake")

    monkeypatch.setattr("ugc.mails.send_secret_link", fail)

    with pytest.raises(RuntimeError):
        submit()

    assert not Asset.objects.exists()
    assert not Photo.objects.exists()
    assert not Contributor.objects.exists()


def test_an_email_address_is_a_consent_to_answers_and_can_be_taken_back():
    photo = submit(email="mia@example.com")
    submit(contributor=photo.contributor, email="mia@example.com")

    consent = Consent.objects.get()
    assert consent.purpose == "answers_by_mail"
    assert photo.contributor.email == "mia@example.com"

    assert services.stop_mails(photo.contributor)
    assert not services.stop_mails(photo.contributor)
    consent.refresh_from_db()
    photo.contributor.refresh_from_db()
    assert consent.withdrawn_at is not None
    assert photo.contributor.email == ""


# --- what the pipeline answers ----------------------------------------------------


@pytest.mark.parametrize("verdict", ["pass", "review", "reject"])
def test_a_checked_photo_waits_for_a_person(verdict):
    photo = submit()

    settle(photo, verdict=verdict)

    assert photo.state == State.IN_REVIEW
    assert kinds(photo) == ["submitted", "checked"]


def test_words_with_contact_data_are_looked_at_early_and_refuse_nothing():
    clean, telling = submit(caption="My sofa"), submit(caption="dm @anna_styles")

    settle(clean)
    settle(telling)

    assert telling.state == clean.state == State.IN_REVIEW
    assert telling.priority > clean.priority


def test_a_name_with_contact_data_is_looked_at_early():
    plain, telling = submit(), submit(persona_name="insta: anna92 0171 2345678")

    settle(plain)
    settle(telling)

    assert telling.priority > plain.priority
    assert services.reasons_in_words(telling) == ("handle", "phone_number")


def test_words_in_another_language_are_looked_at_early_until_they_change():
    text = "Ma robe préférée pour les soirées d'été au bord du lac"
    photo = submit(caption=text)

    settle(photo)

    assert photo.priority > submit().priority
    assert services.reasons_in_words(photo) == ("other_language",)
    services.edit_photo(
        photo, caption="My sofa", alt_text="", contributor=photo.contributor
    )
    assert services.reasons_in_words(photo) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Mein Lieblingskleid, seit Jahren immer wieder.",
        "My favourite dress for summer evenings by the lake.",
        "Très joli",
    ],
)
def test_the_shops_languages_and_short_words_are_no_other_language(text):
    photo = submit(caption=text, persona_name="Recep Tayyip Karaosmanoğlu Öztürk")

    settle(photo)

    assert services.reasons_in_words(photo) == ()


def test_settling_twice_is_settling_once():
    photo = submit()
    tags = {"tags": [{"label": "mug", "confidence": 0.9, "source": "x"}]}

    settle(photo, result=tags)
    settle(photo, result=tags)

    assert kinds(photo) == ["submitted", "checked"]
    assert [tag.word for tag in photo.tags.all()] == ["mug"]


def test_a_refused_file_leaves_a_draft_and_another_may_be_sent(run_commit):
    photo = submit(caption="Lovely")
    settle(photo, state="refused_file", reason="animated", master="", width=None)
    old = photo.asset_id
    assert photo.state == State.DRAFT

    services.replace_file(
        photo,
        file=ContentFile(b"another", name="b.jpg"),
        contributor=photo.contributor,
    )
    photo.refresh_from_db()

    assert photo.state == State.SUBMITTED
    assert photo.caption == "Lovely"
    assert photo.asset_id != old
    assert not Asset.objects.filter(pk=old).exists()


def test_only_a_draft_takes_another_file():
    photo = make_photo()
    assets = Asset.objects.count()

    with pytest.raises(NotPossible):
        services.replace_file(
            photo, file=ContentFile(b"x", name="x"), contributor=photo.contributor
        )

    assert Asset.objects.count() == assets


def test_of_two_replacements_at_once_one_is_taken(monkeypatch):
    photo = make_photo(state="draft")
    real = media.receive_upload

    def receive_after_another(*, file, **kwargs):
        monkeypatch.setattr(media, "receive_upload", real)
        assert services.replace_file(
            Photo.objects.get(pk=photo.pk),
            file=ContentFile(b"first", name="1"),
            contributor=photo.contributor,
        )
        return real(file=file, **kwargs)

    monkeypatch.setattr(media, "receive_upload", receive_after_another)

    assert not services.replace_file(
        photo, file=ContentFile(b"second", name="2"), contributor=photo.contributor
    )
    assert Asset.objects.count() == 1


def test_a_replacement_that_cannot_be_written_down_leaves_no_file(monkeypatch):
    photo = make_photo(state="draft")
    old = photo.asset_id

    def fail(*args, **kwargs):
        raise OSError("The disk is full.")

    monkeypatch.setattr(publishing, "change", fail)
    with pytest.raises(OSError, match="full"):
        services.replace_file(
            photo, file=ContentFile(b"new", name="1"), contributor=photo.contributor
        )

    assert list(Asset.objects.values_list("pk", flat=True)) == [old]


def test_a_quarantined_asset_leaves_the_photo_submitted_and_urgent():
    photo = submit()
    Asset.objects.filter(pk=photo.asset_id).update(
        state="quarantined", quarantined_at=timezone.now()
    )

    for _ in range(2):
        work_quarantined.send(sender=Asset, pk=photo.asset_id)
    photo.refresh_from_db()

    assert photo.state == State.SUBMITTED
    assert photo.priority > 0
    assert kinds(photo) == ["submitted", "stuck"]
    assert list(Photo.objects.waiting()) == [photo]


def test_an_editor_gives_a_stuck_file_up_or_tries_it_again():
    photo = submit()
    stuck = {"state": "quarantined", "quarantined_at": timezone.now()}
    Asset.objects.filter(pk=photo.asset_id).update(**stuck)

    assert services.retry_photo(photo)
    assert not services.retry_photo(photo)
    Asset.objects.filter(pk=photo.asset_id).update(**stuck)
    assert services.discard_upload(photo)
    photo.refresh_from_db()

    assert photo.state == State.DRAFT


def test_a_product_picture_is_no_photo():
    asset = make_asset()

    asset_settled.send(sender=Asset, asset_id=asset.pk)

    assert not Photo.objects.exists()


def test_a_photo_withdrawn_while_it_is_checked_stays_so_and_comes_back_checked():
    photo = submit()
    services.withdraw_photo(photo, contributor=photo.contributor)

    settle(photo)
    assert photo.state == State.WITHDRAWN
    services.restore_photo(photo, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.state == State.IN_REVIEW


# --- deciding -----------------------------------------------------------------------


def test_a_decision_says_who_when_why_and_on_what_evidence():
    asset = make_asset(
        verdict="review",
        result={
            "findings": [{"step": "x", "verdict": "review", "reasons": ["dark"]}],
            "moderation": {"sexual": 0.1},
        },
    )
    photo = make_photo(asset=asset)
    editor = make_moderator()

    decision = services.refuse_photo(
        photo, by=editor, reasons=["blurry", "other", "blurry"], note=" See you "
    )

    assert decision.actor == editor
    assert decision.reasons == ["blurry", "other"]
    assert decision.note == "See you"
    assert decision.evidence["verdict"] == "review"
    assert decision.evidence["reasons"] == ["dark"]
    assert photo.state == State.REFUSED
    assert photo.decision == decision


def test_deciding_twice_is_deciding_once(run_commit):
    photo = make_photo()
    editor = make_moderator()

    with run_commit():
        first = services.approve_photo(photo, by=editor)
        second = services.approve_photo(photo, by=editor)

    assert first == second
    assert kinds(photo) == ["approved", "published"]


def test_of_two_editors_the_second_learns_that_it_is_decided():
    photo = make_photo()
    stale = Photo.objects.get(pk=photo.pk)
    services.refuse_photo(photo, by=make_moderator("a"), reasons=["blurry"])

    with pytest.raises(NotPossible):
        services.approve_photo(stale, by=make_moderator("b"))

    assert Decision.objects.count() == 1


def test_approving_what_its_author_has_just_withdrawn_fails():
    photo = make_photo()
    stale = Photo.objects.get(pk=photo.pk)
    services.withdraw_photo(photo, contributor=photo.contributor)

    with pytest.raises(NotPossible):
        services.approve_photo(stale, by=make_moderator())

    photo.refresh_from_db()
    assert photo.state == State.WITHDRAWN
    assert not Decision.objects.exists()


def test_nobody_approves_words_that_changed_since_they_were_seen():
    photo = submit(caption="Nice cup")
    settle(photo)
    seen = services.review_stamp(Photo.objects.get(pk=photo.pk))
    services.edit_photo(
        photo, caption="Buy elsewhere", alt_text="", contributor=photo.contributor
    )

    with pytest.raises(ChangedMeanwhile):
        services.approve_photo(photo, by=make_moderator(), seen=seen)

    photo.refresh_from_db()
    assert photo.state == State.IN_REVIEW
    assert not Decision.objects.exists()


def test_what_was_seen_unchanged_is_approved_once():
    photo, editor = make_photo(), make_moderator()
    seen = services.review_stamp(photo)

    first = services.approve_photo(photo, by=editor, seen=seen)
    Photo.objects.filter(pk=photo.pk).update(caption="New")
    second = services.approve_photo(photo, by=editor, seen=seen)

    assert first == second


@pytest.mark.parametrize(
    "change",
    [
        {"caption": "new"},
        {"alt_text": "new"},
        {"recipe": {"version": 1}},
        {"asset": None},
    ],
)
def test_the_stamp_tells_each_thing_an_editor_sees(change):
    photo = make_photo()
    before = services.review_stamp(photo)

    Photo.objects.filter(pk=photo.pk).update(**change)

    assert services.review_stamp(Photo.objects.get(pk=photo.pk)) != before


def test_the_stamp_tells_another_name_and_nothing_else():
    photo = make_photo()
    before = services.review_stamp(photo)

    Photo.objects.filter(pk=photo.pk).update(priority=7)
    assert services.review_stamp(Photo.objects.get(pk=photo.pk)) == before
    photo.persona.name = "Somebody else"
    photo.persona.save()

    assert services.review_stamp(Photo.objects.get(pk=photo.pk)) != before


def test_a_featured_photo_leads_its_products_gallery_until_it_no_longer_is():
    photo, newer = make_public_photo(tags=["mug"]), make_public_photo(tags=["mug"])
    editor = make_moderator()

    def shown():
        top = ProductTag.objects.top("mug", Surface.GALLERIES)
        return [tag.photo for tag in top]

    assert shown() == [newer, photo]
    assert services.feature_photo(photo, by=editor, is_featured=True)
    assert not services.feature_photo(photo, by=editor, is_featured=True)
    assert shown() == [photo, newer]
    assert photo.is_featured
    assert services.feature_photo(photo, by=editor, is_featured=False)
    assert shown() == [newer, photo]

    last = list(photo.events.all())[-2:]
    assert [event.kind for event in last] == ["featured", "unfeatured"]
    assert last[0].detail == {"by": editor.pk}


@pytest.mark.parametrize("state", ["draft", "submitted", "refused", "removed"])
def test_only_a_photo_in_review_is_approved(state):
    photo = make_photo(state=state)

    with pytest.raises(NotPossible):
        services.approve_photo(photo, by=make_moderator())


def test_a_refusal_needs_a_known_reason():
    photo = make_photo()

    for reasons in ([], ["no such reason"]):
        with pytest.raises(UnknownReason):
            services.refuse_photo(
                photo, by=make_moderator(f"{reasons}"), reasons=reasons
            )

    photo.refresh_from_db()
    assert photo.state == State.IN_REVIEW


def test_a_decision_needs_a_person_or_a_rule():
    with pytest.raises(ValueError, match="person or a rule"):
        services.approve_photo(make_photo(), by=None)


def test_approving_can_place_products_in_the_same_stroke(run_commit):
    photo = make_photo()

    with run_commit():
        services.approve_photo(
            photo,
            by=make_moderator(),
            tags=[services.TagAt(product_key="mug", x=0.2, y=0.3)],
        )

    tag = photo.product_tags.get()
    assert (tag.product_key, tag.x, tag.y, tag.position) == ("mug", 0.2, 0.3, 0)
    assert tag.public_surfaces == BOTH.value


def test_an_unknown_product_rolls_the_approval_back():
    photo = make_photo()

    with pytest.raises(UnknownProduct):
        services.approve_photo(
            photo,
            by=make_moderator(),
            tags=[services.TagAt(product_key="nothing", x=0, y=0)],
        )

    photo.refresh_from_db()
    assert photo.state == State.IN_REVIEW
    assert not Decision.objects.exists()


def test_the_shop_takes_a_public_photo_down_with_reasons(run_commit):
    photo = make_public_photo()
    names = public_files(photo)

    with run_commit():
        services.remove_photo(photo, by=make_moderator(), reasons=["copyright"])

    assert photo.state == State.REMOVED
    assert photo.public == NOWHERE
    assert not any(storages["public"].exists(name) for name in names)


def test_a_removed_photo_does_not_come_back_by_restoring_it():
    photo = make_public_photo()
    services.withdraw_photo(photo, contributor=photo.contributor)
    services.remove_photo(photo, by=make_moderator(), reasons=["copyright"])

    assert not services.restore_photo(photo, contributor=photo.contributor)
    assert photo.state == State.REMOVED


def test_a_reopened_photo_waits_again_and_nobody_sees_it(run_commit):
    photo = make_public_photo()

    with run_commit():
        services.reopen_photo(photo, by=make_moderator())

    assert photo.state == State.IN_REVIEW
    assert photo.public == NOWHERE
    assert [d.outcome for d in photo.decisions.all()] == ["approved", "reopened"]


def test_decisions_and_permissions_are_never_changed():
    photo = make_photo(state="approved")

    for row in (
        photo.decision,
        photo.permissions.first(),
        photo.events.create(kind="x"),
    ):
        with pytest.raises(TypeError):
            row.save()
        with pytest.raises(TypeError):
            type(row).objects.filter(pk=row.pk).update(created_at=timezone.now())


# --- the author -----------------------------------------------------------------------


def test_withdrawing_twice_is_withdrawing_once(run_commit):
    photo = make_public_photo()

    with run_commit():
        assert services.withdraw_photo(photo, contributor=photo.contributor)
        assert not services.withdraw_photo(photo, contributor=photo.contributor)

    assert kinds(photo)[-2:] == ["unpublished", "withdrawn"]
    assert kinds(photo).count("withdrawn") == 1


@pytest.mark.parametrize(
    "state", ["draft", "submitted", "in_review", "refused", "removed"]
)
def test_taking_a_withdrawal_back_leads_to_the_state_before(state):
    photo = make_photo(state=state)

    services.withdraw_photo(photo, contributor=photo.contributor)
    services.restore_photo(photo, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.state == state
    assert photo.state_before == ""


def test_a_restored_photo_is_public_again_where_allowed(run_commit):
    photo = make_public_photo()
    with run_commit():
        services.withdraw_photo(photo, contributor=photo.contributor)

    with run_commit():
        services.restore_photo(photo, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.public == BOTH


def test_nobody_withdraws_or_allows_what_is_somebody_elses():
    photo = make_public_photo()
    stranger = make_contributor()

    for act in (
        lambda: services.withdraw_photo(photo, contributor=stranger),
        lambda: services.restore_photo(photo, contributor=stranger),
        lambda: services.set_permissions(photo, surfaces=NOWHERE, contributor=stranger),
        lambda: services.edit_photo(
            photo, caption="x", alt_text="", contributor=stranger
        ),
        lambda: services.replace_file(
            photo, file=ContentFile(b"x"), contributor=stranger
        ),
    ):
        with pytest.raises(NotPossible):
            act()


def test_a_permission_is_a_record_for_each_answer_that_changes(run_commit):
    photo = make_public_photo()
    before = photo.permissions.count()

    with run_commit():
        assert services.set_permissions(
            photo,
            surfaces=Surface.GALLERIES | Surface.MAIL,
            contributor=photo.contributor,
        )
        assert not services.set_permissions(
            photo,
            surfaces=Surface.GALLERIES | Surface.MAIL,
            contributor=photo.contributor,
        )
    photo.refresh_from_db()

    assert photo.permissions.count() == before + 2
    assert photo.allowed == Surface.GALLERIES | Surface.MAIL
    assert photo.public == Surface.GALLERIES | Surface.MAIL


def test_taking_every_permission_away_takes_the_files_away(run_commit):
    photo = make_public_photo()
    names = public_files(photo)

    with run_commit():
        services.set_permissions(photo, surfaces=NOWHERE, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.state == State.APPROVED
    assert photo.public == NOWHERE
    assert not any(storages["public"].exists(name) for name in names)


def test_a_permission_for_a_photo_in_review_makes_nothing_public(run_commit):
    photo = make_photo(surfaces=NOWHERE)

    with run_commit():
        services.set_permissions(
            photo, surfaces=Surface(31), contributor=photo.contributor
        )
    photo.refresh_from_db()

    assert photo.allowed == Surface(31)
    assert photo.public == NOWHERE


def test_changed_words_are_looked_at_again_before_they_show(run_commit):
    photo = make_public_photo()

    with run_commit():
        assert services.edit_photo(
            photo, caption="New", alt_text="", contributor=photo.contributor
        )
        assert not services.edit_photo(
            photo, caption="New", alt_text="", contributor=photo.contributor
        )

    assert photo.state == State.IN_REVIEW
    assert photo.public == NOWHERE
    assert photo.caption == "New"


def test_changed_words_with_contact_data_are_looked_at_early():
    photo = submit(caption="My sofa")
    settle(photo)
    before = photo.priority

    services.edit_photo(
        photo, caption="0171/2345678", alt_text="", contributor=photo.contributor
    )

    assert photo.priority > before


def test_words_changed_while_withdrawn_are_looked_at_after_it():
    photo = make_public_photo()
    services.withdraw_photo(photo, contributor=photo.contributor)

    services.edit_photo(
        photo, caption="New", alt_text="", contributor=photo.contributor
    )
    services.restore_photo(photo, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.state == State.IN_REVIEW


def test_words_of_a_refused_photo_stay():
    photo = make_photo(state="refused")

    with pytest.raises(NotPossible):
        services.edit_photo(
            photo, caption="x", alt_text="", contributor=photo.contributor
        )


# --- ends ---------------------------------------------------------------------------------


def let_it_end():
    """As if the sweeper rang in time: for the database it is due."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    Expiry.objects.update(not_before=past)
    return [services.end_permissions(expiry.pk) for expiry in Expiry.objects.all()]


def test_a_permission_with_an_end_hides_the_photo_then_and_takes_its_files(
    run_commit, monkeypatch
):
    photo = make_public_photo()
    end = timezone.now() + timedelta(days=1)
    with run_commit():
        services.set_permissions(
            photo, surfaces=BOTH, ends_at=end, contributor=photo.contributor
        )
    photo.refresh_from_db()
    assert photo.ends_at == end
    assert photo.public == BOTH
    names = public_files(photo)

    monkeypatch.setattr(timezone, "now", lambda: end + timedelta(seconds=1))
    with run_commit():
        assert let_it_end() == [True]
        assert let_it_end() == [False]
    photo.refresh_from_db()

    assert photo.state == State.EXPIRED
    assert photo.public == NOWHERE
    assert photo.allowed == NOWHERE
    assert not any(storages["public"].exists(name) for name in names)


def test_an_end_that_is_not_due_waits():
    photo = make_public_photo()
    services.set_permissions(
        photo,
        surfaces=BOTH,
        ends_at=timezone.now() + timedelta(days=1),
        contributor=photo.contributor,
    )

    assert not services.end_permissions(Expiry.objects.get().pk)


def test_an_expired_photo_comes_back_with_a_new_permission(run_commit, monkeypatch):
    photo = make_public_photo()
    end = timezone.now() + timedelta(hours=1)
    services.set_permissions(
        photo, surfaces=BOTH, ends_at=end, contributor=photo.contributor
    )
    with monkeypatch.context() as patch, run_commit():
        patch.setattr(timezone, "now", lambda: end)
        let_it_end()

    with run_commit():
        services.set_permissions(photo, surfaces=BOTH, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.state == State.APPROVED
    assert photo.public == BOTH
    assert photo.ends_at is None


def test_an_ended_photo_given_again_waits_for_a_person(run_commit, monkeypatch):
    photo = make_public_photo()
    end = timezone.now() + timedelta(hours=1)
    services.set_permissions(
        photo, surfaces=BOTH, ends_at=end, contributor=photo.contributor
    )
    with monkeypatch.context() as patch, run_commit():
        patch.setattr(timezone, "now", lambda: end)
        let_it_end()

    services.withdraw_photo(photo, contributor=photo.contributor)
    services.restore_photo(photo, contributor=photo.contributor)
    with run_commit():
        services.set_permissions(photo, surfaces=BOTH, contributor=photo.contributor)
    photo.refresh_from_db()

    assert photo.state == State.IN_REVIEW
    assert photo.public == NOWHERE


# --- product tags ---------------------------------------------------------------------------


def test_a_product_is_marked_once_and_can_be_moved():
    photo = make_photo()

    services.tag_product(photo, product_key="mug", x=0.1, y=0.1, by=None)
    services.tag_product(photo, product_key="lamp", x=0.2, y=0.2, by=None)
    moved = services.tag_product(photo, product_key="mug", x=0.9, y=0.8, by=None)

    assert (moved.x, moved.y, moved.position) == (0.9, 0.8, 0)
    assert [tag.product_key for tag in photo.product_tags.all()] == ["mug", "lamp"]


@pytest.mark.parametrize(("x", "y"), [(-0.1, 0), (0, 1.1), (float("nan"), 0)])
def test_a_product_is_not_marked_outside_the_photo(x, y):
    with pytest.raises(NotPossible):
        services.tag_product(make_photo(), product_key="mug", x=x, y=y, by=None)


def test_a_mark_is_taken_away_once():
    photo = make_photo()
    services.tag_product(photo, product_key="mug", x=0, y=0, by=None)

    assert services.untag_product(photo, "mug", by=None)
    assert not services.untag_product(photo, "mug", by=None)


def test_an_editors_word_is_one_tag_public_with_its_photo():
    photo = make_public_photo()

    tag = services.tag_word(photo, word="  Green  Cup ")
    again = services.tag_word(photo, word="green cup")

    assert tag == again
    assert (tag.word, tag.source) == ("green cup", "editor")
    assert tag.public_surfaces == BOTH.value
    assert services.untag_word(photo, word="Green cup")
    assert not services.untag_word(photo, word="Green cup")
    with pytest.raises(NotPossible):
        services.tag_word(photo, word="  ")
