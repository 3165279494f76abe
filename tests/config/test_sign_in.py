from __future__ import annotations

import pytest
from django.core import mail

from config.site.checks import check_shared_cache
from config.site.sign_in import MAX_FAILURES, MAX_RESETS

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(django_user_model):
    return django_user_model.objects.create_superuser(
        "editor", "editor@shop.example", "right-and-long"
    )


def sign_in(client, password):
    return client.post(
        "/cms/login/", {"username": "editor", "password": password, "next": "/cms/"}
    )


def test_the_right_password_enters(client, editor):
    sign_in(client, "wrong")

    assert sign_in(client, "right-and-long").status_code == 302


def test_after_many_wrong_passwords_even_the_right_one_waits(client, editor):
    for _ in range(MAX_FAILURES):
        sign_in(client, "wrong")

    answer = sign_in(client, "right-and-long")

    assert answer.status_code == 200
    assert b"quarter of an hour" in answer.content


def test_a_cache_that_processes_do_not_share_is_warned_of(settings):
    assert [each.id for each in check_shared_cache()] == ["site.W001"]

    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:6379/1",
        }
    }
    assert check_shared_cache() == []


def test_reset_mails_to_one_address_are_few(client, editor):
    for _ in range(MAX_RESETS + 2):
        client.post("/cms/password_reset/", {"email": "editor@shop.example"})

    assert len(mail.outbox) == MAX_RESETS
