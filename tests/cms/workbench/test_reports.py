"""The report on the pipeline in Wagtail's admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from cms.workbench.findings import STEPS
from media_pipeline.models import Asset, Rendering
from media_pipeline.pipeline import DEFAULT_STEPS
from media_pipeline.text_checks import CONTACT_STEP, LANGUAGE_STEP, WORDS_STEP
from outbox.models import OutgoingMail
from outbox.testing import crash
from tests.ugc.factories import make_asset, make_photo

pytestmark = pytest.mark.django_db
URL = "/cms/reports/pipeline/"
STUCK = "/cms/reports/pipeline/stuck/"


def test_the_report_shows_backlog_outcomes_and_failed_steps(editors_client):
    make_photo(state="draft")  # its file was refused
    stuck = crash(Asset.objects.create(original="20260101/original"), times=3)
    finding = {"step": "tags", "verdict": "review", "reasons": ["tags_unavailable"]}
    make_asset(result={"findings": [finding], "timings_ms": {"decode": 12.0}})

    page = editors_client.get(URL)

    assert page.status_code == 200
    assert stuck.is_quarantined
    assert "In quarantine" in page.text
    assert "megapixels" in page.text  # the refusal, in words
    assert "tags" in page.text
    assert "decode" in page.text


def test_the_report_is_in_the_menu_and_for_moderators_only(editors_client, client):
    assert f'"{URL}"' in editors_client.get("/cms/").text
    client.logout()

    assert client.get(URL).status_code == 302


def test_the_report_speaks_german(editors_client):
    page = editors_client.get(URL, headers={"Accept-Language": "de"})

    assert "Was wartet" in page.text


def test_the_report_says_how_late_the_oldest_duty_is(editors_client):
    asset = Asset.objects.create(original="20260101/original")
    Asset.objects.filter(pk=asset.pk).update(
        not_before=timezone.now() - timedelta(seconds=300)
    )

    page = editors_client.get(URL)

    assert page.context["is_late"]
    assert "No worker seems to run" in page.text


def test_failures_are_told_by_stage_step_and_reason(editors_client):
    finding = {"step": "tags", "verdict": "review", "reasons": ["tags_unavailable"]}
    make_asset(result={"findings": [finding]})

    page = editors_client.get(URL, headers={"Accept-Language": "de"})

    ((stage, step, why, count),) = page.context["failures"]
    assert (stage.code, step.code, count) == ("checks", "tags", 1)
    assert why == "Prüfung lief nicht: Schlagwörter"
    assert '<td title="checks">Prüfungen</td>' in page.text
    assert '<th scope="row" title="tags">Schlagwörter</th>' in page.text


def test_a_step_of_the_sites_own_goes_by_its_code(editors_client):
    make_asset(result={"timings_ms": {"logo_search": 12.0}})

    assert ">logo search</th>" in editors_client.get(URL).text


def test_what_steps_exist_have_words():
    of_texts = {CONTACT_STEP, WORDS_STEP, LANGUAGE_STEP}
    assert {*DEFAULT_STEPS, *of_texts, "products", "duplicates"} <= set(STEPS)


def decide(client, work, do):
    return client.post(
        STUCK, {"kind": type(work)._meta.label, "pk": work.pk, "do": do}, follow=True
    )


def test_what_is_stuck_is_tried_again_from_the_report(editors_client):
    stuck = crash(Asset.objects.create(original="20260101/original"), times=3)

    page = decide(editors_client, stuck, "retry")
    again = decide(editors_client, stuck, "retry")

    stuck.refresh_from_db()
    assert stuck.state == Asset.State.PENDING
    assert "tried once more" in page.text
    assert "not in quarantine any more" in again.text


def test_what_is_stuck_is_given_up_from_the_report(editors_client):
    stuck = crash(Asset.objects.create(original="20260101/original"), times=3)
    photo = make_photo(state="submitted", asset=stuck)
    assert f"/cms/photos/{photo.public_id}/" in editors_client.get(URL).text

    decide(editors_client, stuck, "discard")

    stuck.refresh_from_db()
    assert stuck.state == Asset.State.REFUSED_FILE


def test_a_mail_is_tried_again_and_never_given_up(editors_client):
    mail = crash(
        OutgoingMail.objects.create(key="k", to="a@example.org", subject="s", text="t"),
        times=3,
    )

    page = decide(editors_client, mail, "discard")
    mail.refresh_from_db()
    assert mail.is_quarantined
    assert "cannot be given up" in page.text

    decide(editors_client, mail, "retry")
    mail.refresh_from_db()
    assert not mail.is_quarantined


def test_a_rendering_in_quarantine_is_tried_again(editors_client):
    rendering = crash(
        Rendering.objects.create(asset=make_asset(), kind=Rendering.Kind.REST), times=3
    )

    decide(editors_client, rendering, "retry")

    rendering.refresh_from_db()
    assert not rendering.is_quarantined


@pytest.mark.parametrize("kind", ["shoppable_ugc.Photo", "nonsense", ""])
def test_only_work_is_decided_on(editors_client, kind):
    answer = editors_client.post(STUCK, {"kind": kind, "pk": 1, "do": "retry"})

    assert answer.status_code == 404


def test_only_moderators_decide_on_what_is_stuck(client, editor):
    stuck = crash(Asset.objects.create(original="20260101/original"), times=3)
    editor.user_permissions.remove(Permission.objects.get(codename="moderate_photo"))
    client.force_login(editor)

    decide(client, stuck, "retry")

    stuck.refresh_from_db()
    assert stuck.is_quarantined
