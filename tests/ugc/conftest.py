from __future__ import annotations

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def own_catalogue(settings):
    """These tests need no shop."""
    settings.UGC_CATALOGUE = "tests.ugc.catalogues.SmallCatalogue"
    settings.UGC_SITE_URL = "https://shop.example"
    settings.UGC_PHOTO_URL = ""


@pytest.fixture
def run_commit(django_capture_on_commit_callbacks):
    """Run what waits for the commit at the end of the block, in a chain."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture(autouse=True)
def english():
    """A request in German leaves its language to the thread."""
    with translation.override("en"):
        yield
