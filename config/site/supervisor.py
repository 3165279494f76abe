"""Web server and worker as children that never outlive us."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.core.management.base import CommandError

HOST = "127.0.0.1"
USUAL_PORT = 8000
LAST_PORT = 65_535
STOP_SECONDS = 10.0  # for a child to end by itself; then it is killed
READY_SECONDS = 60.0  # for the web server's first answer
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOG_TAIL = 15  # lines shown when a child ends before its time


class StopRequested(BaseException):
    """Somebody asked us to end: Ctrl-C or SIGTERM.

    No Exception, as KeyboardInterrupt is none: what only catches errors on its
    way must not swallow it.
    """


def port_number(text: str) -> int:
    """Return the port that somebody wrote; raises CommandError if it is none."""
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 1 <= port <= LAST_PORT:
        raise CommandError(
            f"A port is a number from 1 to {LAST_PORT}, not {text!r}. For instance: "
            f"PORT={USUAL_PORT} ./run demo"
        )
    return port


def ensure_port_is_free(port: int) -> None:
    """Raise CommandError if we could not listen there: perhaps a demo of before."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise CommandError(
                    f"Port {port} is not open to this user ({error.strerror}). Take "
                    f"one from 1024 on: PORT={USUAL_PORT} ./run demo"
                ) from error
            other = port + 1 if port < LAST_PORT else USUAL_PORT
            raise CommandError(
                f"Port {port} of this machine is taken ({error.strerror}). End what "
                f"runs there, or take another one: PORT={other} ./run demo"
            ) from error


@dataclass(slots=True)
class Child:
    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL:]
        return "\n".join(f"  {line}" for line in lines)


class Supervisor:
    """Starts children, notices their end, and ends them all. A context manager.

    Children are told by the kernel when we die, even by SIGKILL, so that no
    stale server keeps the port.
    """

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._children: list[Child] = []

    def __enter__(self) -> Supervisor:
        self._logs.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *exception: object) -> None:
        # A second Ctrl-C must not leave children behind.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self.stop()

    def start_worker(self) -> None:
        self._start(
            "worker",
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker"),
                *("--beat", "--concurrency", "2", "--pool", "prefork"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                *("--loglevel", "WARNING"),  # a sweep every 2 s fills no log
            ],
        )

    def start_web(self, port: int) -> None:
        self._start(
            "web",
            [
                *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
                *("--worker-class", "gthread", "--workers", "1", "--threads", "4"),
                *("--bind", f"{HOST}:{port}", "--graceful-timeout", "5"),
                # No log of requests: addresses such as /me/open/<token>/ are keys.
                "--no-control-socket",
            ],
        )

    def wait_for_web(self, url: str) -> None:
        """Return once the address answers; raises CommandError after a minute."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - our own
                    return
            except urllib.error.HTTPError as error:
                raise CommandError(
                    f"{url} answers {error.code}:\n{self._find('web').tail()}"
                ) from error
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise CommandError(f"{url} does not answer.\n{self._find('web').tail()}")

    def check(self) -> None:
        """Raise CommandError if a child has ended."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise CommandError(
                    f"The {child.name} has ended (exit status {code}). The end of "
                    f"{child.log}:\n{child.tail()}"
                )

    def run(self) -> None:
        """Watch the children until somebody asks to stop."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """End all children, the last one first."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # Its whole group: pool processes and decode servers too.
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self._children.clear()

    def _start(self, name: str, command: Sequence[str]) -> None:
        log = self._logs / f"{name}.log"
        # A group of its own: Ctrl-C reaches us alone, and we end them in order.
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),
            )
        self._children.append(Child(name, log, process))

    def _find(self, name: str) -> Child:
        return next(child for child in self._children if child.name == name)

    @staticmethod
    def _ask_to_stop(number: int, frame: FrameType | None) -> None:
        raise StopRequested


def _die_with(parent: int) -> Callable[[], None]:
    """Return what has the kernel end a new process when its parent ends.

    All is made ready before the fork: between fork and exec little is safe.
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is None:
            return
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it was gone before the kernel knew

    return prepare
