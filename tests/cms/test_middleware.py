from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings

pytestmark = pytest.mark.django_db


def policy(response):
    return response["Content-Security-Policy"]


def test_the_editors_pages_allow_what_their_editor_needs(client):
    user = get_user_model().objects.create_superuser("eva", "eva@example.org", "x")
    client.force_login(user)

    response = client.get("/cms/")

    assert response.status_code == 200
    assert "script-src 'self' 'unsafe-inline'" in policy(response)
    assert "frame-ancestors 'self'" in policy(response)
    assert response["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("address", ["/en/shop/", "/en/cms/", "/cmsx/"])
def test_shoppers_pages_keep_the_strict_policy(client, shops, address):
    response = client.get(address, follow=True)

    assert "unsafe-inline" not in policy(response)
    assert "frame-ancestors 'none'" in policy(response)
    assert response["X-Frame-Options"] == "DENY"


@override_settings(CONTENT_SECURITY_POLICY_EDITORS=None)
def test_without_a_policy_for_editors_nothing_is_relaxed(client):
    assert "unsafe-inline" not in policy(client.get("/cms/login/"))
