"""The decode server: forks one limited child per picture and sees it to its end.

Small and single-threaded, so that forking is safe and cheap; it decodes nothing
itself. One worker owns it, by a socket; when that closes, it ends, and with it
the child.
"""

from __future__ import annotations

import array
import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from . import child, intake, walls

#: Nobody is waiting any more for a child that lives for so long.
_LONGEST_CHILD_SECONDS = 300

ChildMain = Callable[[Mapping[str, Any], int, int, int], None]


def serve(number: int, run: ChildMain = child.run) -> None:
    """Serve the worker at the other end of this descriptor until it hangs up.

    ``run`` is what a child does; tests put a faulty one in its place.
    """
    # Ctrl-C is for the worker; we end when it does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = socket.socket(fileno=number)
    intake.prepare()
    child.rehearse()
    walls.prepare()
    gc.collect()
    gc.freeze()
    while True:
        message, descriptors = _received(worker)
        if not message:
            return
        if message == b"kill":
            continue  # for a child that has already ended
        try:
            status = _picture(worker, run, json.loads(message), descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        if status is None:
            return
        worker.send(json.dumps({"status": status}).encode())


def _received(worker: socket.socket) -> tuple[bytes, list[int]]:
    numbers = array.array("i")
    message, ancillary, _flags, _address = worker.recvmsg(
        child.MESSAGE_BYTES, socket.CMSG_SPACE(3 * numbers.itemsize)
    )
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return message, list(numbers)


def _picture(
    worker: socket.socket,
    run: ChildMain,
    request: Mapping[str, Any],
    descriptors: list[int],
) -> int | None:
    """Fork a child for one picture. Return its wait status, None to end."""
    if walls.missing(request["second_wall"]):
        print("sandbox: the kernel has no second wall", file=sys.stderr, flush=True)
        worker.send(b'{"error": "second wall"}')
        return None
    alive_in, alive_out = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(alive_in)
        os.close(alive_out)
        worker.send(b'{"error": "fork"}')
        return None
    if pid == 0:
        os.close(alive_in)
        worker.close()
        _be_child(run, request, descriptors)
    os.close(alive_out)
    # The child's ends must be the only ones: their closing tells of its end.
    while descriptors:
        os.close(descriptors.pop())
    worker.send(json.dumps({"pid": pid}).encode())
    try:
        return _wait(worker, pid, alive_in)
    finally:
        os.close(alive_in)


def _be_child(
    run: ChildMain, request: Mapping[str, Any], descriptors: list[int]
) -> None:
    code = 1
    try:
        run(request, *descriptors)
        code = 0
    except BaseException as error:
        # The kind only: a message may hold parts of the file.
        print(f"sandbox: {type(error).__name__}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _wait(worker: socket.socket, pid: int, alive: int) -> int | None:
    """Wait until the child has ended, killing it when it's told to."""
    poll = select.poll()
    # For its end alone: what a child writes into the pipe wakes nobody.
    poll.register(alive, 0)
    poll.register(worker, select.POLLIN)
    hung_up = False
    while True:
        events = dict(poll.poll(_LONGEST_CHILD_SECONDS * 1000))
        if alive in events:  # the pipe's other end is closed: it has ended
            break
        if worker.fileno() in events:
            hung_up = not worker.recv(child.MESSAGE_BYTES)
        os.kill(pid, signal.SIGKILL)
        if hung_up:
            break
        poll.unregister(worker)
    # One that was taken over may have closed its end and live on. To one that has
    # really ended this does nothing: its status stands before its pipe is closed.
    os.kill(pid, signal.SIGKILL)
    _pid, status = os.waitpid(pid, 0)
    return None if hung_up else status
