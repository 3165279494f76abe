"""The report on the pipeline in Wagtail's admin."""

from __future__ import annotations

import pytest

from media_pipeline.models import Asset
from outbox.testing import crash
from tests.ugc.factories import make_asset, make_photo

pytestmark = pytest.mark.django_db
URL = "/cms/reports/pipeline/"


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
