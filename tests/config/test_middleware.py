from __future__ import annotations

import pytest


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
