"""The sentences photos are compared with, kept in Wagtail's admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from media_pipeline.models import Prompt

pytestmark = pytest.mark.django_db
URL = "/cms/shoppable_prompts/"


@pytest.fixture
def keeper(editor):
    """An editor who may keep the sentences."""
    editor.user_permissions.add(
        *Permission.objects.filter(content_type__model="prompt")
    )
    return editor


def given(**changes):
    return {
        "text": "a photo of a picnic on the grass",
        "word_en": "picnic",
        "word_de": "Picknick",
        "threshold": "0.7",
        "meaning": "tag",
        "is_active": "on",
        **changes,
    }


def test_an_editor_adds_and_changes_a_sentence(client, keeper):
    client.force_login(keeper)

    added = client.post(f"{URL}new/", given())
    prompt = Prompt.objects.get()
    changed = client.post(f"{URL}edit/{prompt.pk}/", given(meaning="review"))

    assert (added.status_code, changed.status_code) == (302, 302)
    prompt.refresh_from_db()
    assert (prompt.word_de, prompt.threshold) == ("Picknick", 0.7)
    assert prompt.meaning == Prompt.Meaning.REVIEW
    assert "a photo of a picnic" in client.get(URL).text


@pytest.mark.parametrize(
    "wrong", [{"threshold": "1.1"}, {"threshold": "-1"}, {"text": ""}, {"word_en": ""}]
)
def test_what_makes_no_sense_is_not_kept(client, keeper, wrong):
    client.force_login(keeper)

    page = client.post(f"{URL}new/", given(**wrong))

    assert page.status_code == 200
    assert not Prompt.objects.exists()


def test_a_sentence_stands_there_once(client, keeper):
    client.force_login(keeper)
    client.post(f"{URL}new/", given())

    client.post(f"{URL}new/", given(word_en="lunch"))

    assert Prompt.objects.count() == 1


def test_who_may_only_moderate_keeps_no_sentences(editors_client):
    assert editors_client.get(URL).status_code == 302
    assert URL not in editors_client.get("/cms/").text


def test_the_menu_leads_there_and_speaks_german(client, keeper):
    client.force_login(keeper)

    page = client.get("/cms/", headers={"Accept-Language": "de"})

    assert f'"{URL}"' in page.text
    listed = client.get(URL, headers={"Accept-Language": "de"})
    assert "Gesuchte S\\u00e4tze" in page.text or "Gesuchte Sätze" in page.text
    assert "Gesuchte Sätze" in listed.text
