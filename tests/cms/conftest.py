from __future__ import annotations

import pytest

from . import material


@pytest.fixture(autouse=True)
def _inline_publication(settings):
    settings.UGC_PUBLISH_INLINE = True


@pytest.fixture
def shops(db):
    """The shop pages of a site in two languages."""
    return material.a_site()


@pytest.fixture
def lamp(db):
    return material.a_product()
