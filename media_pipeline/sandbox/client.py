"""The worker's side: it owns the memory, the clock, and the last word.

Nothing a child says is trusted: its answers are read as numbers within bounds.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import json
import logging
import mmap
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media_pipeline import conf
from media_pipeline.exceptions import DecoderFailed, RefusedFile, SandboxUnavailable
from media_pipeline.renditions import (
    FORMATS,
    MASTER_LONG_SIDE,
    WIDTHS,
    WORKING_LONG_SIDE,
    Plan,
)
from media_pipeline.results import Frame

from . import answers
from .answers import EncodedFile
from .memory import memory_of, sealed_memory

if TYPE_CHECKING:
    from media_pipeline.recipes import Recipe

    from .notes import RenditionNotes

logger = logging.getLogger(__name__)

_MESSAGE_BYTES = 65536

# Room for the working pixels, then for master and renditions. Sparse: only what
# is written takes memory.
_ANSWER_BYTES = 64 * 1024 * 1024

#: Longest wait for the server itself, which only forks, waits and starts, seconds.
_SERVER_SECONDS = 20

_PACKAGES = str(Path(__file__).resolve().parent.parent.parent)


@dataclass(frozen=True, slots=True)
class Rendered:
    master: EncodedFile | None
    renditions: tuple[EncodedFile, ...]  # widest first
    placeholder: bytes | None = None  # a WebP of a few pixels


@dataclass(slots=True)
class OpenedPicture:
    """A decoded picture whose child waits for the second question."""

    frame: Frame
    timings_ms: dict[str, float]
    _child: _Child

    def render(
        self,
        *,
        master: bool = False,
        recipe: Recipe | None = None,
        renditions: bool = True,
        formats: Sequence[str] = FORMATS,
        widths: Sequence[int] = WIDTHS,
        notes: RenditionNotes | None = None,
        plan: Plan = Plan.ALL,
        placeholder: bool = False,
    ) -> Rendered:
        """Return the encoded files. Ask once; raises as :func:`opened` does.

        The recipe styles the renditions and the placeholder; the master never
        changes. ``plan``, ``formats`` and ``widths`` choose among the renditions
        that the picture gets; the notes are written into each of them, and into
        nothing else. JPEGs asked for alone are made for speed: decoded at the scale
        that is just enough, and with larger files than those beside AVIFs.
        """
        answer, rendered = self._child.rendered(
            {
                "master": master,
                "renditions": renditions,
                "formats": list(formats),
                "widths": list(widths),
                "recipe": None if recipe is None else recipe.as_json(),
                "notes": None if notes is None else asdict(notes),
                "plan": plan,
                "placeholder": placeholder,
            }
        )
        self.timings_ms.update(answers.timings(answer))
        return rendered


@contextlib.contextmanager
def opened(
    data: bytes, *, plan: Plan = Plan.ALL, master: bool = False, is_ours: bool = False
) -> Iterator[OpenedPicture]:
    """Decode an upload in a limited child of this process's decode server.

    ``plan`` and ``master`` say what will be asked of it, so that it is decoded
    once, no larger than that needs; asking for more costs a second decoding.
    ``is_ours`` is for a master: made of a picture that was within all bounds then.

    Raises ``RefusedFile`` for what is not taken, ``DecoderFailed`` if the child
    crashed or hung, ``SandboxUnavailable`` if no child can be had. One picture at
    a time: threads wait for each other.
    """
    if not data:
        raise RefusedFile("empty_file")  # no memory can be made of it
    with _server().child(data, _request(plan, master=master, is_ours=is_ours)) as child:
        answer = child.answer()
        yield OpenedPicture(child.frame(answer), answers.timings(answer), child)


def rendered(
    data: bytes,
    *,
    recipe: Recipe | None = None,
    notes: RenditionNotes | None = None,
    plan: Plan = Plan.ALL,
    placeholder: bool = False,
    formats: Sequence[str] = FORMATS,
    widths: Sequence[int] = WIDTHS,
    is_ours: bool = False,
) -> Rendered:
    """Return a picture's encoded files where nobody looks at its pixels.

    As :func:`opened` and :meth:`OpenedPicture.render`, with one question instead of
    two: what is not looked at is not carried over, and a JPEG that is wanted in
    JPEG alone is decoded as cheaply as can be.
    """
    if not data:
        raise RefusedFile("empty_file")
    request = _request(plan, master=False, is_ours=is_ours, steps=False)
    with _server().child(data, request) as child:
        _answer, files = child.rendered(
            {
                "formats": list(formats),
                "widths": list(widths),
                "recipe": None if recipe is None else recipe.as_json(),
                "notes": None if notes is None else asdict(notes),
                "plan": plan,
                "placeholder": placeholder,
            }
        )
        return files


def close() -> None:
    """End this process's decode server, if it has one."""
    global _current
    with _current_lock:
        server, _current = _current, None
    if server is not None:
        server.close()


# --- one child ------------------------------------------------------------------


@dataclass(slots=True)
class _Child:
    control: socket.socket
    memory: mmap.mmap
    server: _Server
    pid: int
    has_ended: bool = False

    def ask(self, question: Mapping[str, Any]) -> None:
        try:
            self.control.send(json.dumps(question).encode())
        except OSError as error:
            raise DecoderFailed(self._how_it_ended()) from error

    def answer(self) -> dict[str, Any]:
        """Return its answer; raise what is to be said of none."""
        self.control.settimeout(conf.sandbox_wall_seconds())
        try:
            message = self.control.recv(_MESSAGE_BYTES)
        except TimeoutError as error:
            self.server.kill_child(self)
            raise DecoderFailed("hung") from error
        except OSError:
            message = b""
        if not message:
            raise DecoderFailed(self._how_it_ended())
        return answers.parsed(message)

    def rendered(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], Rendered]:
        """Ask for files. Return the answer and what it tells of."""
        self.ask(question)
        answer = self.answer()
        files = answers.files(answer, self.memory)
        masters = [file for kind, file in files if kind == "master"]
        placeholders = [file for kind, file in files if kind == "placeholder"]
        return answer, Rendered(
            master=masters[0] if masters else None,
            renditions=tuple(file for kind, file in files if kind == "rendition"),
            placeholder=placeholders[0].content if placeholders else None,
        )

    def frame(self, answer: Mapping[str, Any]) -> Frame:
        import numpy as np  # not needed by the server, which shares this package

        width, height = answers.size(answer.get("working"), WORKING_LONG_SIDE)
        pixels = np.frombuffer(
            self.memory[: width * height * 3], dtype=np.uint8
        ).reshape(height, width, 3)
        return Frame(
            pixels=pixels,
            size=answers.size(answer.get("size"), MASTER_LONG_SIDE),
            facts=answers.facts(answer.get("facts")),
        )

    def _how_it_ended(self) -> str:
        status = self.server.child_status(self)
        if status is None:
            return "the server is gone"
        if os.WIFSIGNALED(status):
            return signal.Signals(os.WTERMSIG(status)).name
        return f"ended with {os.WEXITSTATUS(status)}"


# --- the server -----------------------------------------------------------------


@dataclass(slots=True)
class _Server:
    """The process that forks; started when the first picture comes."""

    process: subprocess.Popen[bytes]
    link: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def start(cls) -> _Server:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                process = subprocess.Popen(
                    [*conf.sandbox_command(), str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    env=_clean_environment(),
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    # Its own group: Ctrl-C goes to the worker, which hangs up.
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                raise SandboxUnavailable(str(error)) from error
            except BaseException:
                ours.close()  # a server that was started ends by that
                raise
        return cls(process, ours)

    @contextlib.contextmanager
    def child(self, data: bytes, request: Mapping[str, Any]) -> Iterator[_Child]:
        with self.lock, contextlib.ExitStack() as stack:
            child: _Child | None = None
            try:
                child = self._fork(data, request, stack)
                yield child
            finally:
                if child is None:
                    # Refused, or interrupted with a child that nobody knows of.
                    self.abandon()
                else:
                    self._see_off(child)

    def _fork(
        self, data: bytes, request: Mapping[str, Any], stack: contextlib.ExitStack
    ) -> _Child:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        with theirs, contextlib.ExitStack() as handed_over:
            try:
                upload = sealed_memory(data)
                handed_over.callback(os.close, upload)
                answer = memory_of("answer", _ANSWER_BYTES)
                handed_over.callback(os.close, answer)
                memory = mmap.mmap(answer, _ANSWER_BYTES)
            except OSError as error:
                raise SandboxUnavailable("no memory to be had for a picture") from error
            stack.callback(memory.close)
            descriptors = array.array("i", [upload, answer, theirs.fileno()])
            pid = self._request(request, descriptors)
        return _Child(ours, memory, self, pid)

    def _request(
        self, request: Mapping[str, Any], descriptors: array.array[int]
    ) -> int:
        self.link.settimeout(_SERVER_SECONDS)
        try:
            self.link.sendmsg(
                [json.dumps(request).encode()],
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)],
            )
            reply = self.link.recv(_MESSAGE_BYTES)
            pid = json.loads(reply).get("pid") if reply else None
        except (OSError, ValueError) as error:
            self.abandon()
            raise SandboxUnavailable("the decode server does not answer") from error
        except BaseException:
            # A time limit or Ctrl-C: its answer would be taken for the next one's.
            self.abandon()
            raise
        if not isinstance(pid, int):
            self.abandon()
            raise SandboxUnavailable("the decode server has started no child")
        return pid

    def kill_child(self, child: _Child) -> None:
        with contextlib.suppress(OSError):
            self.link.send(b"kill")
        self.child_status(child)

    def child_status(self, child: _Child) -> int | None:
        """Return the child's wait status once it has ended, None without a server."""
        if child.has_ended:
            return None
        child.has_ended = True
        self.link.settimeout(_SERVER_SECONDS)
        try:
            message = self.link.recv(_MESSAGE_BYTES)
            status = json.loads(message).get("status") if message else None
        except (OSError, ValueError):
            status = None
        except BaseException:
            self.abandon()
            raise
        if not isinstance(status, int):
            self.abandon()
            return None
        return status

    def _see_off(self, child: _Child) -> None:
        """Have the child end: it does by itself when nobody asks any more."""
        if child.has_ended:
            return
        child.control.close()
        try:
            # One that is still at work, because the caller gave up, isn't waited for.
            self.kill_child(child)
        except BaseException:
            self.abandon()  # its status would be taken for the next one's
            raise

    def abandon(self) -> None:
        """Kill a server that no longer does its duty; the next picture starts one."""
        global _current
        if _current is self:
            _current = None
        self.link.close()
        self.process.kill()
        self.process.wait()

    def is_usable(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        self.link.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_current: _Server | None = None
_current_lock = threading.Lock()


def _server() -> _Server:
    """Return this process's decode server, started if it is not there."""
    global _current
    with _current_lock:
        if _current is not None and not _current.is_usable():
            # Ended between two pictures: not the fault of either.
            _current.link.close()
            _current = None
        if _current is None:
            _current = _Server.start()
        return _current


def _forget_inherited() -> None:
    """In a forked process: the server is the parent's, and so is its life."""
    global _current, _current_lock
    _current_lock = threading.Lock()
    inherited, _current = _current, None
    if inherited is not None:
        # Without our copy the server sees the parent hang up.
        inherited.link.close()
        # Popen waits for a child of ours when it is deleted; this one isn't.
        inherited.process.returncode = 0


os.register_at_fork(after_in_child=_forget_inherited)
atexit.register(close)


# Not the settings: scaling rounds, and they may have been wider when it was made.
_RULES_FOR_OURS = {
    "max_pixels": MASTER_LONG_SIDE * MASTER_LONG_SIDE,
    "min_side": 1,
    "max_side": MASTER_LONG_SIDE,
    "max_ratio": MASTER_LONG_SIDE,
    "max_jpeg_scans": 100,
}


def _request(
    plan: Plan, *, master: bool, is_ours: bool, steps: bool = True
) -> dict[str, Any]:
    return {
        "plan": plan,
        "master": master,
        "steps": steps,
        "limits": {
            "cpu_seconds": conf.sandbox_cpu_seconds(),
            "memory_bytes": conf.sandbox_memory_bytes(),
        },
        "second_wall": conf.sandbox_second_wall(),
        "rules": _RULES_FOR_OURS
        if is_ours
        else {
            "max_pixels": conf.max_pixels(),
            "min_side": conf.min_side(),
            "max_side": conf.max_side(),
            "max_ratio": conf.max_ratio(),
            "max_jpeg_scans": conf.max_jpeg_scans(),
        },
    }


def _clean_environment() -> dict[str, str]:
    """Nothing of ours: no keys, no settings; only where the packages are."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": _PACKAGES,
        "PYTHONDONTWRITEBYTECODE": "1",
        # One thread, one heap: forking stays safe, address space small.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        # A child's pictures come and go. Kept in the heap, in huge pages, they cost
        # a quarter of the kernel's time: 120 against 28 ms for all renditions of
        # 12 MP (measured 2026-11-21).
        "GLIBC_TUNABLES": (
            "glibc.malloc.hugetlb=1"
            f":glibc.malloc.mmap_threshold={32 * 1024 * 1024}"
            f":glibc.malloc.trim_threshold={512 * 1024 * 1024}"
        ),
    }
