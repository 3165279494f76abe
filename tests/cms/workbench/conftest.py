from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.utils import translation

from tests.ugc.factories import make_moderator


@pytest.fixture(autouse=True)
def small_catalogue(settings):
    settings.UGC_CATALOGUE = "tests.ugc.catalogues.SmallCatalogue"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def editor(db):
    """Somebody with the two permissions the workbench asks for, and no more."""
    editor = make_moderator()
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return editor


@pytest.fixture
def editors_client(client, editor):
    client.force_login(editor)
    return client
