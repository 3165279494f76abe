from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_catalogue(settings):
    """These tests need no shop."""
    settings.UGC_CATALOGUE = "tests.ugc.catalogues.SmallCatalogue"
    settings.UGC_SITE_URL = "https://shop.example"


@pytest.fixture
def run_commit(django_capture_on_commit_callbacks):
    """Run what waits for the commit at the end of the block, in a chain."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
