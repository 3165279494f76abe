"""The production settings are read in a process of their own, as at a real start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "shop.example",
    "BASE_URL": "https://shop.example",
    "DATABASE_URL": "postgres://u:p@127.0.0.1:5432/shop",
    "BROKER_URL": "redis://127.0.0.1:6379/0",
    "S3_INCOMING_BUCKET": "incoming",
    "S3_PRIVATE_BUCKET": "private",
    "S3_PUBLIC_BUCKET": "public",
    "S3_PUBLIC_BASE_URL": "https://media.shop.example",
    "EMAIL_HOST": "127.0.0.1",
    "FROM_EMAIL": "Shop <shop@shop.example>",
    "PAYMENT_PROVIDERS": "storefront.payments.test_provider.TestProvider",
}
PRINT = (
    "import django; from django.conf import settings; django.setup();"
    "from django.core.files.storage import storages;"
    "print(settings.SESSION_COOKIE_SECURE, storages['public'].url('a/b.jpg'))"
)


def start(code: str = PRINT, **changes: str | None) -> subprocess.CompletedProcess[str]:
    variables = {**GOOD, **changes}
    environment = {k: v for k, v in os.environ.items() if "SCHAUFENSTER" not in k}
    environment |= {
        f"SCHAUFENSTER_{k}": v for k, v in variables.items() if v is not None
    }
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings.production"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_documented_minimum_starts_and_is_secure():
    answer = start()

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == ["True", "https://media.shop.example/a/b.jpg"]


@pytest.mark.parametrize(
    ("broker", "found"),
    [
        ("amqp://user:word@127.0.0.1:5672//", ["1", "(1, 0)", "{}"]),
        ("redis://127.0.0.1:6379/0", ["None", "(0, 9)", "outbox.queues"]),
    ],
)
def test_each_broker_is_told_what_comes_first(broker, found):
    answer = start(
        "from django.conf import settings;"
        "print(settings.CELERY_TASK_QUEUES[1].max_priority,"
        " settings.OUTBOX_RING_PRIORITIES,"
        " getattr(settings, 'CELERY_BROKER_TRANSPORT_OPTIONS', {}))",
        BROKER_URL=broker,
    )

    assert answer.returncode == 0, answer.stderr
    for each in found:
        assert each in answer.stdout


def test_missing_and_malformed_variables_are_all_named_at_once():
    answer = start(SECRET_KEY=None, BROKER_URL="sqs://queue", BASE_URL="shop.example/")

    assert answer.returncode != 0
    for name in ("SECRET_KEY", "BROKER_URL", "BASE_URL"):
        assert f"SCHAUFENSTER_{name}:" in answer.stderr
    assert "SCHAUFENSTER_EMAIL_HOST:" not in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3_PUBLIC_BUCKET", ""),
        ("S3_PUBLIC_BUCKET", "private"),
        ("EMAIL_HOST", ""),
        ("FROM_EMAIL", "nobody"),
        ("DATABASE_URL", "sqlite:///shop.db"),
        ("CACHE_URL", "memcached://127.0.0.1"),
        ("PAYMENT_PROVIDERS", None),
    ],
)
def test_a_dangerous_or_senseless_value_is_named(name, value):
    answer = start(**{name: value})

    assert answer.returncode != 0
    assert name.partition("_PUBLIC")[0] in answer.stderr
    assert "ImproperlyConfigured" in answer.stderr


def test_behind_a_proxy_limits_count_its_visitors(rf):
    from config.proxy import client_address

    request = rf.get("/", headers={"X-Forwarded-For": "10.9.9.9, 203.0.113.7"})

    assert client_address(request) == "203.0.113.7"
    assert client_address(rf.get("/")) == "127.0.0.1"


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
    ],
)
def test_a_proxy_that_adds_the_port_does_not_make_each_connection_a_visitor(
    rf, entry, address
):
    from config.proxy import client_address

    request = rf.get("/", headers={"X-Forwarded-For": f"10.9.9.9:80, {entry}"})

    assert client_address(request) == address


def test_every_variable_is_documented():
    source = (ROOT / "config/settings/production.py").read_text()
    page = (ROOT / "docs/reference/environment-variables.md").read_text()

    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', source))

    assert len(read) > 15
    assert {name for name in read if f"`{name}`" not in page} == set()
