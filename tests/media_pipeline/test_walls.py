"""The second wall: nothing gets over it, everything honest passes behind it."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from media_pipeline import sandbox
from media_pipeline.checks import check_second_wall
from media_pipeline.exceptions import DecoderFailed, SandboxUnavailable
from media_pipeline.sandbox import walls
from media_pipeline.testing import picture_bytes
from tests.faulty_sandbox import marked

from . import corpus
from .attacks import ATTACKS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURE = picture_bytes(320, 240)

needs_seccomp = pytest.mark.skipif(
    walls.Wall.SECCOMP not in walls.supported(), reason="This kernel has no seccomp."
)
needs_landlock = pytest.mark.skipif(
    walls.Wall.LANDLOCK not in walls.supported(), reason="This kernel has no Landlock."
)

#: What ends the child: a crash that is counted. The others only fail.
ENDS_THE_CHILD = {
    "make_a_socket",
    "connect",
    "run_a_program",
    "fork",
    "signal_another",
    "signal_the_group",
    "be_traced",
    "read_memory_by_call",
}
#: What Landlock knows of, whatever its version.
CLOSED_BY_LANDLOCK = {
    "read_a_file",
    "make_a_file",
    "make_a_folder",
    "delete_a_file",
    "rename_a_file",
    "run_a_program",
}


def outcomes(*names: str) -> dict[str, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.media_pipeline.attacks", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def status_of(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):\s+(.*)$", text, re.M))


def test_without_a_wall_every_attack_succeeds():
    """Else the tests below would show nothing."""
    found = outcomes()

    assert {found[name] for name in ATTACKS} == {"done"}


@needs_seccomp
def test_behind_the_filter_no_attack_succeeds_and_honest_work_does():
    found = outcomes("seccomp")

    assert found.pop("compute") == "done"
    assert found.pop("kept") == "kept"
    assert found.pop("folder") == "kept other"
    assert found == {
        name: "SIGSYS" if name in ENDS_THE_CHILD else "EPERM" for name in ATTACKS
    }


@needs_landlock
def test_behind_landlock_no_path_can_be_reached():
    found = outcomes("landlock")

    assert found["compute"] == "done"
    assert found["folder"] == "kept other"
    assert {found[name] for name in CLOSED_BY_LANDLOCK} == {"EACCES"}


@needs_seccomp
@needs_landlock
def test_both_walls_stand_together():
    found = outcomes("seccomp", "landlock")

    assert found["compute"] == "done"
    assert "done" not in {found[name] for name in ATTACKS}


@needs_seccomp
def test_a_child_stands_behind_the_filter_while_it_decodes():
    with sandbox.opened(PICTURE) as picture:
        status = status_of(picture._child.pid)

    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == "1"


def test_the_wall_can_be_left_away_and_every_format_still_passes(settings):
    settings.MEDIA_PIPELINE_SANDBOX_SECOND_WALL = "off"

    for name in ("baseline.jpg", "plain.png", "plain.webp", "plain.avif", "plain.heic"):
        with sandbox.opened(corpus.TAKEN[name]()) as picture:
            status = status_of(picture._child.pid)
            assert picture.render(master=True).renditions
        assert status["Seccomp"] == "0"


@needs_seccomp
@pytest.mark.parametrize("name", corpus.TAKEN)
def test_every_kind_of_picture_passes_behind_the_required_wall(settings, name):
    settings.MEDIA_PIPELINE_SANDBOX_SECOND_WALL = "required"

    with sandbox.opened(corpus.TAKEN[name]()) as picture:
        rendered = picture.render(master=True)

    assert rendered.master is not None
    assert {file.format for file in rendered.renditions} == {"avif", "jpeg"}


@needs_seccomp
@pytest.mark.usefixtures("faulty")
def test_a_decoder_that_starts_a_program_is_a_crash_and_the_next_picture_works():
    with (
        pytest.raises(DecoderFailed, match="SIGSYS"),
        sandbox.opened(marked(PICTURE, "run")),
    ):
        pass

    with sandbox.opened(PICTURE) as picture:
        assert picture.frame.size == (320, 240)


@pytest.mark.usefixtures("faulty")
def test_a_decoder_that_looks_for_files_finds_none_and_goes_on():
    with sandbox.opened(marked(PICTURE, "look")) as picture:
        assert picture.render().renditions


@pytest.fixture
def no_wall(settings, tmp_path):
    """A decode server on a kernel that has none."""
    script = tmp_path / "server.py"
    script.write_text(
        "import sys\n"
        "from media_pipeline.sandbox import server, walls\n"
        "walls.supported = lambda: frozenset()\n"
        "server.serve(int(sys.argv[1]))\n"
    )
    sandbox.close()
    settings.MEDIA_PIPELINE_SANDBOX_COMMAND = [sys.executable, str(script)]
    yield
    sandbox.close()


@pytest.mark.usefixtures("no_wall")
def test_where_the_kernel_has_none_pictures_are_decoded_all_the_same():
    with sandbox.opened(PICTURE) as picture:
        assert status_of(picture._child.pid)["Seccomp"] == "0"
        assert picture.frame.size == (320, 240)


@pytest.mark.usefixtures("no_wall")
def test_where_it_is_required_and_missing_nothing_is_decoded(settings):
    settings.MEDIA_PIPELINE_SANDBOX_SECOND_WALL = "required"

    with pytest.raises(SandboxUnavailable), sandbox.opened(PICTURE):
        pass


@needs_seccomp
def test_what_is_standing_can_be_asked():
    ended = subprocess.run(
        [sys.executable, "-m", "media_pipeline.sandbox"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )

    answer = json.loads(ended.stdout)
    assert answer["second_wall"] == "auto"
    assert answer["seccomp"] is True
    assert isinstance(answer["landlock"], bool)


@pytest.mark.parametrize(
    ("wish", "supported", "expected"),
    [
        ("auto", {walls.Wall.SECCOMP}, []),
        ("required", set(walls.Wall), []),
        ("auto", set(), ["media_pipeline.W002"]),
        ("auto", {walls.Wall.LANDLOCK}, ["media_pipeline.W002"]),
        ("required", set(), ["media_pipeline.E007"]),
        ("off", set(walls.Wall), ["media_pipeline.I001"]),
        ("on", set(walls.Wall), ["media_pipeline.E006"]),
    ],
)
def test_the_system_check_tells_of_a_missing_wall(
    settings, monkeypatch, wish, supported, expected
):
    settings.MEDIA_PIPELINE_SANDBOX_SECOND_WALL = wish
    monkeypatch.setattr("media_pipeline.checks.supported", lambda: supported)

    messages = check_second_wall()

    assert [message.id for message in messages] == expected
    assert all(message.hint for message in messages)


# --- the filter itself, for both machines ----------------------------------------


class Kernel:
    """Runs a filter as the kernel does: for machines that this one is not."""

    def __init__(self, code: bytes) -> None:
        self.code = list(struct.iter_unpack("HBBI", code))

    def answer(self, architecture: int, number: int, *arguments: int) -> int:
        data = struct.pack(
            "<iIQ6Q", number, architecture, 0, *(*arguments, *[0] * 6)[:6]
        )
        at = value = 0
        while True:
            kind, on_true, on_false, operand = self.code[at]
            at += 1
            if kind == 0x20:
                value = int.from_bytes(data[operand : operand + 4], "little")
            elif kind == 0x06:
                return operand
            else:
                holds = {
                    0x15: value == operand,
                    0x35: value >= operand,
                    0x45: bool(value & operand),
                }[kind]
                at += on_true if holds else on_false


@pytest.mark.parametrize("name", walls._MACHINES)
def test_the_filter_answers_the_same_on_each_machine(name):
    machine = walls._MACHINES[name]
    other = next(m for n, m in walls._MACHINES.items() if n != name)
    kernel = Kernel(walls.program(machine, pid=77, control=6))

    def answer(calls: dict[str, walls._Numbers], call: str, *arguments: int) -> int:
        number = calls[call][machine.column]
        assert number is not None
        return kernel.answer(machine.architecture, number, *arguments)

    eperm = walls._FAIL | 1
    assert {
        answer(walls._HARMLESS, call)
        for call, numbers in walls._HARMLESS.items()
        if numbers[machine.column] is not None
    } == {walls._ALLOW}
    assert {
        answer(walls._HOSTILE, call)
        for call, numbers in walls._HOSTILE.items()
        if numbers[machine.column] is not None
    } == {walls._KILL}
    judged = walls._JUDGED
    assert answer(judged, "clone", 0x3D0F00) == walls._ALLOW  # a thread
    assert answer(judged, "clone", 0x1200011) == walls._KILL  # a process
    assert answer(judged, "clone3") == walls._FAIL | 38
    assert answer(judged, "kill", 77, 6) == walls._ALLOW
    assert answer(judged, "kill", 1, 6) == walls._KILL
    assert answer(judged, "kill", 2**32 - 1, 9) == walls._KILL  # everybody
    assert answer(judged, "tgkill", 76, 77, 6) == walls._KILL
    assert answer(judged, "mmap", 0, 4096, 3) == walls._ALLOW
    assert answer(judged, "mmap", 0, 4096, 7) == eperm
    assert answer(judged, "mprotect", 0, 4096, 5) == eperm
    assert answer(judged, "sendto", 6) == walls._ALLOW
    assert answer(judged, "sendto", 7) == eperm
    assert answer(judged, "recvfrom", 6) == walls._ALLOW
    assert answer(judged, "recvfrom", 0) == eperm
    assert answer(judged, "write", 2) == walls._ALLOW
    assert answer(judged, "write", 6) == eperm
    assert kernel.answer(machine.architecture, 999) == eperm
    assert kernel.answer(other.architecture, 1) == walls._KILL
    # The x32 calls carry a bit of their own.
    x32 = kernel.answer(machine.architecture, 0x40000000 | 59)
    assert x32 == (walls._KILL if machine.column == 0 else eperm)


def test_no_number_stands_for_two_calls():
    for column in (0, 1):
        numbers = [
            found[column]
            for calls in (walls._HARMLESS, walls._HOSTILE, walls._JUDGED)
            for found in calls.values()
            if found[column] is not None
        ]
        assert len(numbers) == len(set(numbers))
