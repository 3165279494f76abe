"""A decode server whose children fail on marked pictures, for tests.

No harmless file crashes Pillow, so the fault is put where a codec's would be: in
the limited child, while it decodes. Start it by the setting

    MEDIA_PIPELINE_SANDBOX_COMMAND = faulty_sandbox.COMMAND

or, for a worker process or the command, by the environment variable of the same
name: ``os.environ["MEDIA_PIPELINE_SANDBOX_COMMAND"] = " ".join(COMMAND)``.

A picture is marked by bytes behind its end, which change nothing of what it
shows: ``marked(data, "crash")``. The faults:

=========  =====================================================================
crash      the child ends by SIGSEGV
feign      the child closes all that tells of its end, and sleeps for ever
hang       the child sleeps for ever; the worker kills it after its wall clock
exit       the child ends well, without an answer
garbage    the child answers what is no JSON
lie        the child answers sizes that its memory doesn't hold
memory     the child takes more memory than it may
busy       the child uses its CPU time up
write      the child writes to a file and ends by SIGXFSZ or an error
server     the server itself is killed in mid-picture
slow       the child waits 2 s, then does its work
second     the child decodes well, then crashes at the second question
run        the child, behind all its walls, starts a program
look       the child, behind all its walls, opens files; then it does its work
flood      the child answers more than a message holds
=========  =====================================================================
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from media_pipeline.sandbox import child, intake, server

COMMAND = [sys.executable, "-P", "-s", "-m", "tests.faulty_sandbox"]

Act = Callable[[Mapping[str, Any], int], None]


def marked(data: bytes, fault: str) -> bytes:
    """Return the same picture, on which the children of this server fail."""
    if fault not in FAULTS:
        raise ValueError(fault)
    return data + _marker(fault)


def _marker(fault: str) -> bytes:
    return b"#faulty-sandbox:" + fault.encode() + b"#"


def _say(control: int, message: bytes) -> None:
    line = socket.socket(fileno=control)
    line.send(message)
    line.detach()


def _crash(request: Mapping[str, Any], control: int) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang(request: Mapping[str, Any], control: int) -> None:
    while True:
        time.sleep(60)


def _feign(request: Mapping[str, Any], control: int) -> None:
    os.closerange(3, 256)
    _hang(request, control)


def _exit(request: Mapping[str, Any], control: int) -> None:
    os._exit(0)


def _garbage(request: Mapping[str, Any], control: int) -> None:
    _say(control, b"\x00\xff not JSON")
    os._exit(0)


def _lie(request: Mapping[str, Any], control: int) -> None:
    answer = {
        "size": [4096, 4096],
        "working": [90_000, 90_000],
        "facts": {},
        "timings_ms": {},
    }
    _say(control, json.dumps(answer).encode())
    time.sleep(60)


def _memory(request: Mapping[str, Any], control: int) -> None:
    child.limit(request["limits"])
    try:
        bytearray(request["limits"]["memory_bytes"])
    except MemoryError:
        _say(control, child.TOO_LARGE)
        os._exit(0)


def _busy(request: Mapping[str, Any], control: int) -> None:
    child.limit(request["limits"])
    while True:
        pass


def _write(request: Mapping[str, Any], control: int) -> None:
    descriptor = os.memfd_create("file")
    child.limit(request["limits"])
    os.write(descriptor, b"anything")


def _kill_server(request: Mapping[str, Any], control: int) -> None:
    # In mid-picture: the server has told of its child by then.
    time.sleep(0.5)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def _slow(request: Mapping[str, Any], control: int) -> None:
    time.sleep(2)


def _flood(request: Mapping[str, Any], control: int) -> None:
    _say(control, b'{"size": [' + b"1," * 60_000 + b"1]}")
    os._exit(0)


def _nothing(request: Mapping[str, Any], control: int) -> None:
    pass


FAULTS: dict[str, Act] = {
    "crash": _crash,
    "hang": _hang,
    "feign": _feign,
    "exit": _exit,
    "garbage": _garbage,
    "lie": _lie,
    "memory": _memory,
    "busy": _busy,
    "write": _write,
    "server": _kill_server,
    "slow": _slow,
    "second": _nothing,
    "run": _nothing,
    "look": _nothing,
    "flood": _flood,
}


def run(
    request: Mapping[str, Any], upload_fd: int, answer_fd: int, control_fd: int
) -> None:
    """Do what a child does, unless the picture says otherwise."""
    child.die_with(os.getppid())
    upload = os.pread(upload_fd, os.fstat(upload_fd).st_size, 0)
    for fault, act in FAULTS.items():
        if _marker(fault) in upload:
            act(request, control_fd)
    if _marker("second") in upload:

        def crash(*_: object, **__: object) -> None:
            os.kill(os.getpid(), signal.SIGSEGV)

        child.renditions.encode = crash  # type: ignore[assignment]
    if _marker("run") in upload:
        _once_decoding(lambda: os.execv("/bin/true", ["/bin/true"]))
    if _marker("look") in upload:
        _once_decoding(_look)
    child.run(request, upload_fd, answer_fd, control_fd)


def _once_decoding(act: Callable[[], None]) -> None:
    """Do this where a decoder would that was taken over: behind all the walls."""

    def facts(*given: Any) -> object:
        act()
        return honest(*given)

    honest = intake.read_facts
    intake.read_facts = facts  # type: ignore[assignment]


def _look() -> None:
    for path in ("/etc/passwd", "/proc/self/environ", os.fspath(__file__)):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        os._exit(descriptor)  # it got one: no answer


if __name__ == "__main__":
    server.serve(int(sys.argv[1]), run)
