"""Many buyers, few pieces: the shop sells what it has and no piece more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.servers import ROOT, clean_environment

pytestmark = pytest.mark.integration

PROCESSES, BUYERS, TRIES, PIECES = 4, 16, 30, 100

PREPARE = f"""
from tests.storefront.factories import ProductFactory, VariantFactory
product = ProductFactory(key="cup", variants=0)
VariantFactory(product=product, sku="CUP", on_hand={PIECES})
"""
COUNT = """
import json
from outbox.models import OutgoingMail
from storefront.models import Order, Payment, Variant
variant = Variant.objects.get(sku="CUP")
print(json.dumps({
    "on_hand": variant.on_hand,
    "reserved": variant.reserved,
    "paid": Order.objects.filter(state="paid").count(),
    "confirmed": Payment.objects.filter(state="confirmed").count(),
    "to refund": Payment.objects.filter(state="refund_due").count(),
    "mails": OutgoingMail.objects.filter(key__endswith="-confirmed").count(),
}))
"""


def python(*arguments, env, **options):
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **clean_environment(**env)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        **options,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def in_shop(code, *, env):
    return python("-c", f"import django\ndjango.setup()\n{code}", env=env)


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request, tmp_path):
    """An environment with a database of its own and 100 pieces in it."""
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.integration.settings_store",
        "SCHAUFENSTER_DATA_DIR": str(tmp_path),
    }
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        env["STORE_DATABASE_URL"] = server.new_database()
    python("-m", "django", "migrate", "-v0", env=env)
    in_shop(PREPARE, env=env)
    return env


def test_of_480_tries_for_100_pieces_exactly_100_succeed(shop):
    buyers = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.hurried_buyer",
                "CUP",
                str(BUYERS // PROCESSES),
                str(TRIES),
            ],
            env={**os.environ, **clean_environment(**shop)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    try:
        for buyer in buyers:
            assert buyer.stdout.readline() == "ready\n", buyer.stderr.read()[-4000:]
        for buyer in buyers:
            buyer.stdin.write("go\n")
            buyer.stdin.flush()
        ends = Counter()
        for buyer in buyers:
            out, err = buyer.communicate(timeout=300)
            assert buyer.returncode == 0, err[-4000:]
            ends += Counter(json.loads(out))
    finally:
        for buyer in buyers:
            buyer.kill()
            buyer.communicate()

    assert ends == {"paid": PIECES, "sold out": BUYERS * TRIES - PIECES}
    assert json.loads(in_shop(COUNT, env=shop)) == {
        "on_hand": 0,
        "reserved": 0,
        "paid": PIECES,
        "confirmed": PIECES,
        "to refund": 0,
        "mails": PIECES,
    }
