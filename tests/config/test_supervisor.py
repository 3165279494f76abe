"""Nothing that the demo starts outlives it."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.site.supervisor import (
    HOST,
    Supervisor,
    ensure_port_is_free,
    port_number,
)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_until_gone(pid: int, seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def kept_signals():
    before = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_taken_port_is_named_with_a_way_out():
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=rf"Port {port} .*PORT={port + 1}"):
            ensure_port_is_free(port)


def test_the_command_tells_of_a_taken_port_before_anything_else():
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=f"Port {port}"):
            call_command("demo", port=port, probe=True)


@pytest.mark.parametrize("text", ["abc", "70000", "65536", "-1", "0", "80.5", ""])
def test_what_is_no_port_is_told_so(text):
    with pytest.raises(CommandError, match=r"from 1 to 65535"):
        port_number(text)


@pytest.mark.parametrize("text", ["abc", "70000", "-1"])
def test_the_environments_port_is_looked_at_too(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(CommandError, match=r"from 1 to 65535"):
        call_command("demo", probe=True)


def test_a_port_for_which_the_user_lacks_the_right_is_told_apart(monkeypatch):
    def bind(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", bind)

    with pytest.raises(CommandError, match=r"Port 80 is not open to this user"):
        ensure_port_is_free(80)


def test_requests_are_not_logged_since_their_addresses_can_be_keys(
    tmp_path, monkeypatch
):
    commands = []
    supervisor = Supervisor(logs=tmp_path, environment={})
    monkeypatch.setattr(
        supervisor, "_start", lambda name, command: commands.append(command)
    )

    supervisor.start_web(8000)

    [command] = commands
    assert "gunicorn" in command
    assert not any("access" in argument for argument in command)


def test_a_free_port_is_fine():
    with socket.socket() as other:
        other.bind((HOST, 0))
        port = other.getsockname()[1]

    ensure_port_is_free(port)


@pytest.mark.usefixtures("kept_signals")
def test_a_child_that_ends_is_noticed_with_its_last_words(tmp_path):
    with Supervisor(logs=tmp_path, environment={}) as supervisor:
        supervisor._start(
            "worker", [sys.executable, "-c", "print('no models'); exit(3)"]
        )
        supervisor._find("worker").process.wait(120)

        with pytest.raises(CommandError, match=r"(?s)worker .*status 3.*no models"):
            supervisor.check()


@pytest.mark.usefixtures("kept_signals")
def test_leaving_ends_the_children(tmp_path):
    with Supervisor(logs=tmp_path, environment={}) as supervisor:
        supervisor._start("web", ["sleep", "60"])
        pid = supervisor._find("web").process.pid
        assert is_alive(pid)

    assert wait_until_gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's death signal")
def test_children_end_even_if_the_supervisor_is_killed(tmp_path):
    program = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from config.site.supervisor import Supervisor
        with Supervisor(logs=Path({str(tmp_path)!r}), environment={{}}) as supervisor:
            supervisor._start("web", ["sleep", "60"])
            print(supervisor._find("web").process.pid, flush=True)
            time.sleep(60)
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )
    child = int(parent.stdout.readline())

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert wait_until_gone(child)
