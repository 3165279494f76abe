"""Two hundred pictures, whole and broken: nothing stays behind in any process."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from media_pipeline import sandbox
from media_pipeline.exceptions import DecoderFailed, RefusedFile
from media_pipeline.sandbox import client
from media_pipeline.testing import picture_bytes
from tests import faulty_sandbox
from tests.faulty_sandbox import marked

from . import corpus

pytestmark = pytest.mark.slow

PICTURE = picture_bytes(240, 240)
ROOT = Path(__file__).resolve().parent.parent.parent
T = TypeVar("T")


def descriptors_of(pid: int) -> list[str]:
    """Return what its open descriptors are of, the numbers of sockets left out."""
    folder, found = Path(f"/proc/{pid}/fd"), []
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # that of the listing itself
            found.append(re.sub(r"\d+", "", os.readlink(folder / name)))
    return sorted(found)


def shared_memory_of(pid: int) -> int:
    return Path(f"/proc/{pid}/maps").read_text().count("/memfd:")


def children_of(pid: int) -> list[int]:
    return [
        int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]


def server_pid() -> int:
    assert client._current is not None
    return client._current.process.pid


def everything() -> dict[str, object]:
    ours, server = os.getpid(), server_pid()
    return {
        "ours": descriptors_of(ours),
        "the server's": descriptors_of(server),
        "our mappings": shared_memory_of(ours),
        "the server's mappings": shared_memory_of(server),
        "the server's children": children_of(server),
    }


@pytest.mark.usefixtures("faulty")
def test_nothing_stays_behind_after_two_hundred_pictures():
    kinds = {
        "whole": PICTURE,
        "not a picture": b"nothing at all",
        "cut": PICTURE[: len(PICTURE) // 2],
        "animated": corpus.REFUSED["animated.webp"][0](),
        "crash": marked(PICTURE, "crash"),
        "exit": marked(PICTURE, "exit"),
        "garbage": marked(PICTURE, "garbage"),
        "given up": PICTURE,
    }

    def one(kind: str) -> str:
        try:
            with sandbox.opened(kinds[kind]) as picture:
                if kind == "given up":
                    return "opened"
                picture.render(formats=("jpeg",))
                return "rendered"
        except (RefusedFile, DecoderFailed) as error:
            return type(error).__name__

    for kind in kinds:
        one(kind)  # whatever is made once is made by now
    before = everything()

    found = {kind: {one(kind) for _ in range(25)} for kind in kinds}

    assert everything() == before
    assert before["our mappings"] == before["the server's mappings"] == 0
    assert before["the server's children"] == []
    assert found == {
        "whole": {"rendered"},
        "not a picture": {"RefusedFile"},
        "cut": {"RefusedFile"},
        "animated": {"RefusedFile"},
        "crash": {"DecoderFailed"},
        "exit": {"DecoderFailed"},
        "garbage": {"DecoderFailed"},
        "given up": {"opened"},
    }


@pytest.mark.usefixtures("faulty")
def test_a_server_that_dies_again_and_again_leaves_no_process_and_no_descriptor():
    with sandbox.opened(PICTURE):
        pass
    before = descriptors_of(os.getpid())
    dead = []

    for _ in range(3):
        dead.append(server_pid())
        with (
            pytest.raises(DecoderFailed, match="the server is gone"),
            sandbox.opened(marked(PICTURE, "server")),
        ):
            pass
        with sandbox.opened(PICTURE):
            assert server_pid() not in dead
    gone_by = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in dead):
        assert time.monotonic() < gone_by
        time.sleep(0.05)

    assert descriptors_of(os.getpid()) == before


WORKER = """
from media_pipeline import sandbox
from media_pipeline.sandbox import client
from media_pipeline.testing import picture_bytes
from tests.faulty_sandbox import marked

picture = picture_bytes(240, 240)
with sandbox.opened(picture):
    pass
print(client._current.process.pid, flush=True)
with sandbox.opened(marked(picture, "hang")):
    pass
"""


def test_a_worker_killed_in_mid_picture_leaves_neither_server_nor_child():
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={
            **os.environ,
            "MEDIA_PIPELINE_SANDBOX_COMMAND": " ".join(faulty_sandbox.COMMAND),
        },
    )
    with worker:
        try:
            assert worker.stdout is not None
            server = int(worker.stdout.readline())
            at_work = wait_for(lambda: children_of(server))
        finally:
            worker.kill()

    for pid in (server, *at_work):
        wait_for(lambda pid=pid: not Path(f"/proc/{pid}").exists())


def wait_for(question: Callable[[], T]) -> T:
    """Return its answer once there is one; fail after half a minute without."""
    until = time.monotonic() + 30
    while not (answer := question()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return answer
