"""Checks, the catalogue port, texts, reasons and permissions as values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from tests.ugc.catalogues import SmallCatalogue
from ugc import checks, permissions, reasons, texts
from ugc.catalogue import NoCatalogue, get_catalogue
from ugc.exceptions import UnknownReason
from ugc.models import NOWHERE, Permission, Surface
from ugc.testing import CatalogueContract


class Half:
    """Has only half of the port."""

    def card(self, key, *, language):
        return None


class NeedsArguments:
    def __init__(self, shop):
        self.shop = shop


def ids(messages):
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests.ugc.catalogues.SmallCatalogue", []),
        ("ugc.catalogue.NoCatalogue", []),
        ("no.such.Thing", ["ugc.E001"]),
        ("NotDotted", ["ugc.E001"]),
        ("tests.ugc.test_configuration.NeedsArguments", ["ugc.E001"]),
        ("tests.ugc.test_configuration.Half", ["ugc.E002"]),
    ],
)
def test_a_catalogue_that_does_not_fit_is_found_at_start(settings, path, expected):
    settings.UGC_CATALOGUE = path

    messages = checks.check_catalogue()

    assert ids(messages) == expected
    assert all(message.hint for message in messages)


def test_asking_a_catalogue_that_is_not_there_says_which_setting_is_wrong(settings):
    settings.UGC_CATALOGUE = "no.such.Thing"

    with pytest.raises(ImproperlyConfigured, match="UGC_CATALOGUE"):
        get_catalogue()


@pytest.mark.parametrize("name", ["UGC_PHOTO_URL", "UGC_CLIENT_ADDRESS"])
def test_a_callable_that_is_none_is_found_at_start(settings, name):
    setattr(settings, name, "no.such.function")
    assert ids(checks.check_callables()) == ["ugc.E003"]

    setattr(settings, name, "ugc.permissions.TEXT_VERSION")
    assert ids(checks.check_callables()) == ["ugc.E003"]

    setattr(settings, name, "ugc.texts.one_line")
    assert checks.check_callables() == []


@pytest.mark.parametrize("value", [0, -1, "16", 1.5, True])
def test_a_limit_that_is_no_number_is_found_at_start(settings, value):
    settings.UGC_MIN_AGE = value

    assert ids(checks.check_numbers()) == ["ugc.E004"]


def test_links_in_mails_must_be_encrypted_in_production(settings):
    settings.UGC_SITE_URL = "http://shop.example"
    assert ids(checks.check_site_url()) == ["ugc.W001"]

    settings.UGC_SITE_URL = "https://shop.example"
    assert checks.check_site_url() == []


def test_the_checks_are_registered(settings):
    settings.UGC_CATALOGUE = "no.such.Thing"

    assert "ugc.E001" in ids(run_checks(tags=["shoppable_ugc"]))


class TestSmallCatalogue(CatalogueContract):
    def catalogue(self):
        return SmallCatalogue()

    def keys(self):
        return ["mug", "lamp"]

    def searched(self):
        return "green", "mug"


def test_without_a_shop_no_product_is_known():
    catalogue = NoCatalogue()

    assert catalogue.card("x", language="en") is None
    assert catalogue.cards(["x"], language="en") == {}
    assert list(catalogue.search("x", language="en")) == []
    assert list(catalogue.pictures()) == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  So \n\n comfy\t! ", "So comfy !"),
        ("evil\u202egpj.exe\u2066", "evilgpj.exe"),
        ("a\x00b\x1bc\u200b", "abc"),
        ("e\u0301", "é"),
        ("x" * 50, "x" * 20),
        ("👩‍🍳 Küche", "👩‍🍳 Küche"),
        ("", ""),
    ],
)
def test_what_people_write_becomes_one_clean_line(written, kept):
    assert texts.one_line(written, length=20) == kept


def test_every_reason_has_wording_and_a_code_of_its_own():
    codes = [reason.code for reason in reasons.REASONS]

    assert len(codes) == len(set(codes))
    for reason in reasons.REASONS:
        assert str(reason.label)
        assert str(reasons.wording(reason.code)).endswith(".")


def test_an_unknown_reason_is_an_error():
    with pytest.raises(UnknownReason):
        reasons.wording("because")
    with pytest.raises(UnknownReason):
        reasons.checked([])


NOW = datetime(2026, 11, 1, tzinfo=UTC)


def answer(surface, is_allowed=True, ends=None):
    return Permission(
        surface=surface.value,
        is_allowed=is_allowed,
        ends_at=None if ends is None else NOW + timedelta(hours=ends),
    )


@pytest.mark.parametrize(
    ("records", "surfaces", "ends"),
    [
        ([], NOWHERE, None),
        ([answer(Surface.ADS)], Surface.ADS, None),
        ([answer(Surface.ADS), answer(Surface.ADS, False)], NOWHERE, None),
        ([answer(Surface.ADS, False), answer(Surface.ADS)], Surface.ADS, None),
        ([answer(Surface.ADS, ends=-1)], NOWHERE, None),
        ([answer(Surface.ADS, ends=0)], NOWHERE, None),
        ([answer(Surface.ADS, ends=1)], Surface.ADS, 1),
        (
            [answer(Surface.ADS, ends=5), answer(Surface.MAIL, ends=2)],
            Surface.ADS | Surface.MAIL,
            2,
        ),
        (
            [answer(Surface.ADS, ends=-5), answer(Surface.MAIL)],
            Surface.MAIL,
            None,
        ),
        ([answer(Surface.ADS, ends=5), answer(Surface.ADS)], Surface.ADS, None),
    ],
)
def test_the_last_answer_holds_while_it_stands(records, surfaces, ends):
    standing = permissions.standing(records, now=NOW)

    assert standing.surfaces == surfaces
    assert standing.ends_at == (None if ends is None else NOW + timedelta(hours=ends))


@pytest.mark.parametrize("value", ["{nobody}", "{", "{0}", "{name.first}"])
def test_a_credit_that_cannot_be_filled_in_is_found_before_the_first_upload(
    settings, value
):
    settings.UGC_COPYRIGHT = value

    assert ids(checks.check_credit()) == ["ugc.E005"]


def test_a_credit_of_known_words_is_none_to_warn_of(settings):
    settings.UGC_CREDIT_LINE = "{name}, {year}: {{free}} at {photo_url}"

    assert checks.check_credit() == []
