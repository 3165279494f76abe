from __future__ import annotations

import pytest


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/en/share-your-photo/?product=%00", "/en/shop/%00/", "/cms/login/?next=%00"],
)
def test_a_null_byte_in_an_address_is_a_bad_request(client, address):
    assert client.get(address).status_code == 400
