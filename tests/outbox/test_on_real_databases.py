"""The same behaviour on PostgreSQL, and races that only real processes have."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.servers import ROOT, clean_environment

pytestmark = pytest.mark.integration

SETUP = """
import json, os, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.outbox.settings_alone"
django.setup()
from django.conf import settings
from django.core.management import call_command
from outbox import leases
from outbox.models import OutgoingMail
"""

#: Makes the tables and some rows, and says which.
PREPARE = (
    SETUP
    + """
call_command("migrate", verbosity=0)
mails = [
    OutgoingMail.objects.create(key=str(n), to="a@example.org", subject="s", text="t")
    for n in range(int(sys.argv[1]))
]
print(json.dumps([mail.pk for mail in mails]))
"""
)

#: Each process claims and settles whatever it can, and says what it settled.
RACER = (
    SETUP
    + """
print("ready", flush=True)
sys.stdin.readline()
settled = []
for pk in json.loads(sys.argv[1]):
    lease = leases.claim(OutgoingMail, pk)
    if lease is not None and lease.finish(state="sent"):
        settled.append(pk)
        # SQLite's lock is not fair: who has it must let go for longer than who
        # waits for it sleeps between two tries.
        time.sleep(0.02)
print(json.dumps(settled))
"""
)

#: Works for twice its lease, then hangs for longer than it may be kept alive.
LONG_WORK = (
    SETUP
    + """
settings.OUTBOX_LEASE_SECONDS = 4
settings.OUTBOX_HEARTBEAT_SECONDS = 0.4
settings.OUTBOX_MAX_KEPT_ALIVE_SECONDS = 8
(pk,) = json.loads(sys.argv[1])

def stolen_within(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lease = leases.claim(OutgoingMail, pk)
        if lease is not None:
            return lease
        time.sleep(0.05)

first = leases.claim(OutgoingMail, pk)
with first.kept_alive():
    held = stolen_within(7) is None
    second = stolen_within(120)
print(json.dumps([held, second is not None, first.finish(), second.finish()]))
"""
)


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request, tmp_path):
    if request.param == "sqlite":
        server = {"OUTBOX_TEST_SQLITE": str(tmp_path / "outbox.sqlite3")}
    else:
        postgresql = request.getfixturevalue("postgresql_server")
        name = postgresql.new_database().rpartition("/")[2]
        server = {
            "OUTBOX_TEST_POSTGRESQL": f"{postgresql.port} {postgresql.password} {name}"
        }
    return os.environ | clean_environment(**server)


def run(script, *arguments, environment):
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("environment", ["postgresql"], indirect=True)
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


def test_of_four_processes_each_row_is_settled_by_exactly_one(environment):
    keys = run(PREPARE, 60, environment=environment)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, json.dumps(keys)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"

    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    settled = [json.loads(racer.communicate(timeout=120)[0]) for racer in racers]

    assert sorted(sum(settled, [])) == sorted(keys)
    assert sum(bool(share) for share in settled) > 1, "they did not race"


def test_the_heartbeat_holds_long_work_and_gives_hanging_work_up(environment):
    keys = run(PREPARE, 1, environment=environment)

    held, given_up, first_settled, second_settled = run(
        LONG_WORK, json.dumps(keys), environment=environment
    )

    assert held, "it was claimed anew while its heartbeat ran"
    assert given_up, "work that hangs kept its lease"
    assert (first_settled, second_settled) == (False, True)
