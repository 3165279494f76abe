from __future__ import annotations

import pytest

from . import material


@pytest.fixture(autouse=True)
def _site(settings, tmp_path):
    settings.UGC_PUBLISH_INLINE = True
    settings.CMS_VIEWED_ONE_IN = 0  # chance has no place in a test
    # WhiteNoise warns of a folder that is not there, and here warnings are errors.
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def shops(db):
    """The shop pages of a site in two languages."""
    return material.a_site()


@pytest.fixture
def lamp(db):
    return material.a_product()
