from __future__ import annotations

import pytest

from cms import checks


def found():
    return [each.id for each in (*checks.check_shop_path(), *checks.check_numbers())]


def test_the_defaults_are_fine():
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "message_id"),
    [
        ("CMS_SHOP_PATH", "", "cms.E001"),
        ("CMS_SHOP_PATH", "the shop", "cms.E001"),
        ("CMS_SHOP_PATH", "shop//sofas", "cms.E001"),
        ("CMS_GALLERY_PAGE_SIZE", 0, "cms.E002"),
        ("CMS_GALLERY_PAGE_SIZE", None, "cms.E002"),
        ("CMS_VIEWED_ONE_IN", -1, "cms.E002"),
        ("CMS_VIEWED_ONE_IN", "often", "cms.E002"),
    ],
)
def test_a_wrong_setting_is_named(settings, name, value, message_id):
    setattr(settings, name, value)

    assert found() == [message_id]


def test_a_deeper_shop_path_is_fine(settings):
    settings.CMS_SHOP_PATH = "/en/our-shop/"

    assert found() == []
