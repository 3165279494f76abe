"""The same behaviour on PostgreSQL, and races that only real processes have."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.servers import ROOT, clean_environment

pytestmark = pytest.mark.integration

#: Each process claims and settles whatever it can, and says what it settled.
RACER = """
import json, os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.outbox.settings_alone"
django.setup()
from outbox import leases
from outbox.models import OutgoingMail
sys.stdin.readline()
settled = []
for pk in json.loads(sys.argv[1]):
    lease = leases.claim(OutgoingMail, pk)
    if lease is not None and lease.finish(state="sent"):
        settled.append(pk)
print(json.dumps(settled))
"""

PREPARE = """
import json, os
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.outbox.settings_alone"
django.setup()
from django.core.management import call_command
from outbox.models import OutgoingMail
call_command("migrate", verbosity=0)
mails = [
    OutgoingMail.objects.create(key=str(n), to="a@example.org", subject="s", text="t")
    for n in range(100)
]
print(json.dumps([mail.pk for mail in mails]))
"""


@pytest.fixture
def environment(postgresql_server):
    server = f"{postgresql_server.port} {postgresql_server.password}"
    return os.environ | clean_environment(OUTBOX_TEST_POSTGRESQL=server)


def test_the_unit_tests_pass_on_postgresql(environment):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0"]
        + ["-m", "not integration", "--ds=tests.outbox.settings_alone"]
        + ["tests/outbox/test_leases.py", "tests/outbox/test_sweep.py"]
        + ["tests/outbox/test_mails.py", "tests/outbox/test_purges.py"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_of_eight_processes_each_row_is_settled_by_exactly_one(environment):
    prepared = subprocess.run(
        [sys.executable, "-c", PREPARE],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    keys = json.loads(prepared.stdout)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, json.dumps(keys)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]

    outputs = [racer.communicate("go\n", timeout=120)[0] for racer in racers]

    settled = [pk for output in outputs for pk in json.loads(output)]
    assert sorted(settled) == sorted(keys)
