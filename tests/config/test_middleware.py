from __future__ import annotations

import pytest

from tests.cms import material


@pytest.fixture
def site(db):
    """The shop's pages in two languages."""
    return material.a_site()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/en/share-your-photo/?product=%00", "/en/shop/%00/", "/cms/login/?next=%00"],
)
def test_a_null_byte_in_an_address_is_a_bad_request(client, address):
    assert client.get(address).status_code == 400


@pytest.mark.django_db
def test_documents_are_not_served_past_their_own_view(client, settings):
    file = settings.MEDIA_ROOT / "documents" / "page.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("<script>alert(1)</script>")

    answer = client.get("/editors-media/documents/page.html", follow=True)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "address", ["/nothing-here/", "/nothing-here", "/shop/nothing/at/all/"]
)
def test_what_is_nowhere_is_not_looked_for_in_another_language(client, site, address):
    assert client.get(address).status_code == 404


def test_what_a_view_denies_is_not_looked_for_in_another_language(client, db):
    assert client.get("/cms/photos/8d1b6a3e/").status_code != 404  # asks who it is
    assert client.get("/media/aa/bb/none.jpg").status_code == 404


@pytest.mark.parametrize("address", ["/shop/", "/shop", "/basket/", "/basket"])
def test_an_address_without_a_language_leads_to_the_visitors(client, site, address):
    answer = client.get(address, headers={"accept-language": "de"})

    assert answer.status_code == 302
    assert answer.headers["location"] == f"/de{address.rstrip('/')}/"
    assert "Accept-Language" in answer.headers["vary"]


def test_what_is_not_there_in_a_language_stays_so(client, site):
    answer = client.get("/de/nothing-here/")

    assert answer.status_code == 404
    assert answer.headers["content-language"] == "de"
