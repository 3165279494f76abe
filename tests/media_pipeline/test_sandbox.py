"""The decode server and its limited children: limits, faults, lives and ends."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

import pytest

from media_pipeline import sandbox
from media_pipeline.exceptions import DecoderFailed, RefusedFile, SandboxUnavailable
from media_pipeline.sandbox import client
from media_pipeline.testing import picture_bytes
from tests import faulty_sandbox
from tests.faulty_sandbox import marked
from tests.servers import wait_until

from . import corpus

pytestmark = pytest.mark.slow

PICTURE = picture_bytes(320, 240)


def server_pid() -> int:
    assert client._current is not None
    return client._current.process.pid


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(number) for number in found]


def has_ended(pid: int) -> bool:
    """Whether it is gone, or only not yet buried by whoever inherited it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


def limits_of(pid: int) -> dict[str, int]:
    text = Path(f"/proc/{pid}/limits").read_text()
    return {
        name: int(value)
        for name, value in re.findall(r"^(Max [a-z ]+?)\s{2,}(\d+)\s", text, re.M)
    }


def test_the_limits_of_a_child_really_stand():
    with sandbox.opened(PICTURE) as picture:
        limits = limits_of(picture._child.pid)

    assert limits["Max address space"] == 1280 * 1024 * 1024
    assert limits["Max cpu time"] == 8
    assert limits["Max file size"] == 0
    assert limits["Max core file size"] == 0
    assert limits["Max open files"] == 0


def test_a_child_holds_only_its_socket_and_the_end_of_a_pipe():
    with sandbox.opened(PICTURE) as picture:
        folder = Path(f"/proc/{picture._child.pid}/fd")
        held = [os.readlink(entry) for entry in folder.iterdir()]

    kinds = sorted(link.split(":")[0] for link in held)
    assert kinds.count("socket") == 1
    assert kinds.count("pipe") <= 2  # standard error may be one
    # Besides: nothing in, nothing out, the log of errors, and the mapping.
    assert sum("memfd:upload" in link for link in held) == 0
    assert sum("memfd:answer" in link for link in held) == 1
    assert held.count("/dev/null") >= 2
    assert len(held) <= 7


def busy(monkeypatch, times: int) -> None:
    """Have the kernel refuse so many times to seal what nobody may write to any more.

    It does that while it moves the memory, which can't be brought about.
    """
    real, left = fcntl.fcntl, [times]

    def seal(descriptor, command, argument=0):
        if command == fcntl.F_ADD_SEALS and argument & fcntl.F_SEAL_WRITE and left[0]:
            left[0] -= 1
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return real(descriptor, command, argument)

    monkeypatch.setattr(fcntl, "fcntl", seal)


def test_memory_that_the_kernel_is_moving_is_asked_for_again(monkeypatch):
    with sandbox.opened(PICTURE):
        pass
    before = os.listdir("/proc/self/fd")
    busy(monkeypatch, times=4)

    with sandbox.opened(PICTURE) as picture:
        assert picture.frame.pixels.shape == (240, 320, 3)

    assert os.listdir("/proc/self/fd") == before


def test_memory_that_can_never_be_sealed_makes_pictures_wait(monkeypatch):
    with sandbox.opened(PICTURE):
        pass
    before = os.listdir("/proc/self/fd")
    busy(monkeypatch, times=99)

    with pytest.raises(SandboxUnavailable), sandbox.opened(PICTURE):
        pass

    # One less if the server went, too.
    assert set(os.listdir("/proc/self/fd")) <= set(before)


def test_server_and_child_know_no_settings_and_no_keys(monkeypatch):
    sandbox.close()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-key")

    with sandbox.opened(PICTURE) as picture:
        for pid in (server_pid(), picture._child.pid):
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            assert b"canary-key" not in environment
            assert b"DJANGO" not in environment
            maps = Path(f"/proc/{pid}/maps").read_text()
            assert "onnx" not in maps
            assert "sqlite" not in maps


def test_the_server_is_single_threaded():
    with sandbox.opened(PICTURE):
        threads = list(Path(f"/proc/{server_pid()}/task").iterdir())

    assert len(threads) == 1


def test_one_server_serves_many_pictures_and_leaves_no_child():
    with sandbox.opened(PICTURE):
        first = server_pid()
    for _ in range(3):
        with sandbox.opened(PICTURE) as picture:
            picture.render()

    assert server_pid() == first
    assert children_of(first) == []


def test_no_descriptor_is_left_open():
    with sandbox.opened(PICTURE) as picture:
        picture.render()
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        with sandbox.opened(PICTURE) as picture:
            picture.render()
        with pytest.raises(RefusedFile), sandbox.opened(b"nothing"):
            pass

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_caller_that_gives_up_ends_the_child():
    pids = []

    def give_up() -> None:
        with sandbox.opened(PICTURE) as picture:
            pids.append(picture._child.pid)
            raise KeyError

    with pytest.raises(KeyError):
        give_up()
    wait_until(lambda: has_ended(pids[0]), within=60)


def test_threads_take_turns():
    done = []

    def work(seed: int) -> None:
        data = picture_bytes(320, 240, seed=seed)
        with sandbox.opened(data) as picture:
            done.append(picture.frame.pixels.mean())

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert len(set(done)) == 4


def test_a_server_that_ended_between_two_pictures_is_started_again():
    with sandbox.opened(PICTURE):
        first = server_pid()
    os.kill(first, signal.SIGKILL)
    client._current.process.wait()

    with sandbox.opened(PICTURE) as picture:
        assert picture.frame.size == (320, 240)
    assert server_pid() != first


@pytest.mark.parametrize("code", ["hard", "soft"])
def test_the_server_ends_with_its_worker(code, tmp_path):
    """By the closing of its pipe: no signal of ours reaches it."""
    script = tmp_path / "worker.py"
    script.write_text(
        "import os, signal, sys\n"
        "from media_pipeline import sandbox\n"
        "from media_pipeline.sandbox import client\n"
        "from media_pipeline.testing import picture_bytes\n"
        "context = sandbox.opened(picture_bytes(320, 240))\n"
        "picture = context.__enter__()\n"
        "print(client._current.process.pid, picture._child.pid, flush=True)\n"
        + ("os.kill(os.getpid(), signal.SIGKILL)\n" if code == "hard" else "")
    )

    ended = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        check=False,
    )
    server, child = map(int, ended.stdout.split())

    wait_until(lambda: has_ended(server), within=60)
    wait_until(lambda: has_ended(child), within=60)


def test_a_forked_worker_starts_its_own_server():
    with sandbox.opened(PICTURE):
        ours = server_pid()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            with sandbox.opened(PICTURE) as picture:
                os.write(writing, f"{server_pid()} {picture.frame.size[0]}".encode())
            sandbox.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(writing)
    theirs, width = os.read(reading, 100).split()
    os.close(reading)

    assert int(theirs) != ours
    assert int(width) == 320
    with sandbox.opened(PICTURE):
        assert server_pid() == ours


@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("crash", "SIGSEGV"),
        ("exit", "ended with 0"),
        ("garbage", "malformed answer"),
        ("lie", "malformed answer"),
        ("write", "SIGXFSZ|ended with 1"),
        ("server", "the server is gone"),
    ],
)
def test_a_failing_child_is_reported_and_the_next_picture_works(fault, said):
    with (
        pytest.raises(DecoderFailed, match=said),
        sandbox.opened(marked(PICTURE, fault)),
    ):
        pass

    with sandbox.opened(PICTURE) as picture:
        assert picture.frame.size == (320, 240)


@pytest.mark.usefixtures("faulty")
def test_a_hanging_child_is_killed_by_the_wall_clock(settings):
    settings.MEDIA_PIPELINE_SANDBOX_WALL_SECONDS = 0.5

    with (
        pytest.raises(DecoderFailed, match="hung"),
        sandbox.opened(marked(PICTURE, "hang")),
    ):
        pass

    assert children_of(server_pid()) == []


@pytest.mark.usefixtures("faulty")
def test_a_child_that_only_pretends_to_have_ended_is_killed():
    with (
        pytest.raises(DecoderFailed, match="SIGKILL"),
        sandbox.opened(marked(PICTURE, "feign")),
    ):
        pass

    assert children_of(server_pid()) == []


@pytest.mark.usefixtures("faulty")
def test_a_busy_child_is_ended_by_its_cpu_limit(settings):
    settings.MEDIA_PIPELINE_SANDBOX_CPU_SECONDS = 1

    with (
        pytest.raises(DecoderFailed, match="SIGXCPU"),
        sandbox.opened(marked(PICTURE, "busy")),
    ):
        pass


@pytest.mark.usefixtures("faulty")
def test_a_crash_at_the_second_question_is_reported_too():
    with (
        sandbox.opened(marked(PICTURE, "second")) as picture,
        pytest.raises(DecoderFailed, match="SIGSEGV"),
    ):
        picture.render(master=True)


@pytest.mark.usefixtures("faulty")
def test_too_much_memory_is_a_refusal():
    with (
        pytest.raises(RefusedFile) as refused,
        sandbox.opened(marked(PICTURE, "memory")),
    ):
        pass

    assert refused.value.code == "too_large_to_decode"


def test_a_picture_beyond_the_memory_limit_is_refused_by_pillow_itself(settings):
    settings.MEDIA_PIPELINE_SANDBOX_MEMORY_BYTES = 400 * 1024 * 1024

    with (
        pytest.raises(RefusedFile) as refused,
        sandbox.opened(corpus.png(8_000, 6_400, depth=8, colour=6)),
    ):
        pass

    assert refused.value.code == "too_large_to_decode"


def test_the_largest_picture_with_transparency_fits_the_memory_limit(settings):
    settings.MEDIA_PIPELINE_SANDBOX_WALL_SECONDS = 120  # of memory only
    data = corpus.png(7_200, 7_200, depth=8, colour=6)
    with sandbox.opened(data, master=True) as picture:
        rendered = picture.render(master=True)

    assert picture.frame.size == (4096, 4096)
    assert rendered.master is not None


def test_a_command_that_is_not_there_is_not_the_pictures_fault(settings):
    sandbox.close()
    settings.MEDIA_PIPELINE_SANDBOX_COMMAND = ["/no/such/command"]

    with pytest.raises(SandboxUnavailable), sandbox.opened(PICTURE):
        pass


def test_a_server_that_ends_at_once_is_not_the_pictures_fault(settings):
    sandbox.close()
    settings.MEDIA_PIPELINE_SANDBOX_COMMAND = [sys.executable, "-c", "pass"]

    with pytest.raises(SandboxUnavailable), sandbox.opened(PICTURE):
        pass
    sandbox.close()


def test_only_known_faults_can_be_marked():
    with pytest.raises(ValueError, match="fire"):
        faulty_sandbox.marked(PICTURE, "fire")


def test_the_worker_itself_has_no_limits_of_a_child():
    with sandbox.opened(PICTURE):
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0
        assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


class Interrupted(BaseException):
    """As a worker's time limit or Ctrl-C: at any moment, by a signal."""


@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize("wait", [0.02, 0.3])
def test_an_interrupted_worker_never_takes_an_old_answer_for_a_new_one(wait):
    def interrupt(_number: int, frame: FrameType | None) -> None:
        # Elsewhere it may be lost, as in a weak reference's callback, or come before
        # anybody expects it: come again.
        if frame is None or frame.f_code.co_filename != client.__file__:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise Interrupted

    with sandbox.opened(PICTURE):
        pass  # the server runs
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, wait, 0.005)
    try:
        with pytest.raises(Interrupted), sandbox.opened(marked(PICTURE, "slow")):
            pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    for width in (400, 500):
        with sandbox.opened(picture_bytes(width, 240)) as picture:
            assert picture.frame.size == (width, 240)
            assert len(picture.render().renditions) == 2


def test_an_interruption_when_a_child_was_started_leaves_none(monkeypatch):
    with sandbox.opened(PICTURE):
        first = server_pid()
    pids = []

    def interrupted(*arguments: object) -> None:
        pids.append(arguments[-1])
        raise Interrupted

    with monkeypatch.context() as broken:
        broken.setattr(client, "_Child", interrupted)
        with pytest.raises(Interrupted):
            sandbox.opened(PICTURE).__enter__()

    for width in (400, 500):
        with sandbox.opened(picture_bytes(width, 240)) as picture:
            assert picture.frame.size == (width, 240)
    assert server_pid() != first
    wait_until(lambda: has_ended(pids[0]), within=60)


def test_an_interruption_while_seeing_a_child_off_starts_a_new_server(monkeypatch):
    def interrupted(*_: object) -> None:
        raise Interrupted

    with monkeypatch.context() as broken:
        broken.setattr(client._Server, "kill_child", interrupted)
        with pytest.raises(Interrupted), sandbox.opened(PICTURE):
            first = server_pid()

    with sandbox.opened(picture_bytes(400, 240)) as picture:
        assert picture.frame.size == (400, 240)
    assert server_pid() != first


def test_an_interruption_while_asking_for_a_child_starts_a_new_server(monkeypatch):
    with sandbox.opened(PICTURE):
        first = server_pid()

    def interrupted(*_: object) -> None:
        raise Interrupted

    with monkeypatch.context() as broken:
        broken.setattr(client.json, "loads", interrupted)
        with pytest.raises(Interrupted):
            sandbox.opened(PICTURE).__enter__()

    with sandbox.opened(picture_bytes(400, 240)) as picture:
        assert picture.frame.size == (400, 240)
    assert server_pid() != first
