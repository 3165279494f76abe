"""The second wall: what a decoding child may ask of the kernel at all.

The first wall limits how much a child may use. This one stands for the day when a
decoder is made to run its file's code: such a child can answer the worker, compute,
and end. A filter of system calls (seccomp) does it; where the kernel has Landlock
too, every path, port and foreign process is closed once more.

Linux on x86-64 and aarch64. Elsewhere there is the first wall alone, and a system
check says so.
"""

from __future__ import annotations

import ctypes
import enum
import errno
import os
import platform
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field


class Wall(enum.StrEnum):
    SECCOMP = "seccomp"
    LANDLOCK = "landlock"


class Wish(enum.StrEnum):
    """Values of ``MEDIA_PIPELINE_SANDBOX_SECOND_WALL``."""

    AUTO = "auto"  # as far as the kernel has it
    REQUIRED = "required"  # without the filter no picture is decoded
    OFF = "off"


class NoWall(OSError):
    """The kernel would not put it up."""


@dataclass(frozen=True, slots=True)
class _Built:
    """What the server has made for its children."""

    standing: frozenset[Wall] = frozenset()
    ruleset: int | None = None  # descriptor; a child can make none


def supported() -> frozenset[Wall]:
    """Return the walls that this kernel says it has. Changes nothing."""
    return frozenset(wall for wall, has in _QUESTIONS.items() if has())


def prepare() -> frozenset[Wall]:
    """Make ready what :func:`enclose` puts up, in the server, before its first child.

    Returns the walls behind which a forked child really stood.
    """
    global _built
    wanted = supported()
    ruleset = _ruleset_of_nothing() if Wall.LANDLOCK in wanted else None
    standing = {wall for wall in wanted if _stands(_Built(frozenset({wall}), ruleset))}
    _built = _Built(frozenset(standing), ruleset)
    return _built.standing


def missing(wish: str) -> bool:
    """Whether this wish can't be granted here."""
    return wish == Wish.REQUIRED and Wall.SECCOMP not in _built.standing


def enclose(wish: str, control: int) -> None:
    """Put up around this process, for ever, what was prepared.

    ``control`` is the descriptor of the socket to the worker: the only one that may
    be read from, and beside standard error the only one that may be written to.
    Raises ``NoWall``.
    """
    _enclose(_built if wish != Wish.OFF else _Built(ruleset=_built.ruleset), control)


def _enclose(built: _Built, control: int) -> None:
    if built.standing:
        _granted(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if built.ruleset is not None:
        if Wall.LANDLOCK in built.standing:
            _restrict(built.ruleset)
        os.close(built.ruleset)
    if Wall.SECCOMP in built.standing:
        _filter_calls(control)


def _stands(built: _Built) -> bool:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _enclose(built, control=0)
            code = 0
        except NoWall:
            code = 1  # the kernel has it, and something outside of us forbids it
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


# --- seccomp --------------------------------------------------------------------

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_SECCOMP_GET_ACTION_AVAIL = 2

_ALLOW = 0x7FFF0000
_KILL = 0x80000000  # the whole process, by SIGSYS
_FAIL = 0x00050000  # and the error's number

# struct seccomp_data: number, architecture, instruction pointer, six arguments.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

_CLONE_THREAD = 0x10000
_PROT_EXEC = 4
_STANDARD_ERROR = 2

#: Numbers on x86-64 and aarch64; None where there is no such call.
_Numbers = tuple[int | None, int | None]

# Found by strace over every kind of picture and a recipe of everything; beside them
# what glibc falls back to elsewhere.
_HARMLESS: dict[str, _Numbers] = {
    "brk": (12, 214),
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "close": (3, 57),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "fstat": (5, 80),
    "futex": (202, 98),
    "getcpu": (309, 168),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "madvise": (28, 233),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "nanosleep": (35, 101),
    "poll": (7, None),
    "ppoll": (271, 73),
    "restart_syscall": (219, 128),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "sigaltstack": (131, 132),
    "sysinfo": (99, 179),  # glibc's qsort asks and does not look at the answer's fate
    "time": (201, None),
}
# What no decoder ever asks for. All else that is not allowed only fails (EPERM): a
# library that looks for a file or the number of processors goes on without.
_HOSTILE: dict[str, _Numbers] = {
    "accept": (43, 202),
    "accept4": (288, 242),
    "add_key": (248, 217),
    "bind": (49, 200),
    "bpf": (321, 280),
    "connect": (42, 203),
    "delete_module": (176, 106),
    "execve": (59, 221),
    "execveat": (322, 281),
    "finit_module": (313, 273),
    "fork": (57, None),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "listen": (50, 201),
    "mount": (165, 40),
    "perf_event_open": (298, 241),
    "pidfd_open": (434, 434),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "setns": (308, 268),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "tkill": (200, 130),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vfork": (58, None),
}
_JUDGED: dict[str, _Numbers] = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "kill": (62, 129),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "tgkill": (234, 131),
    "write": (1, 64),
}


@dataclass(frozen=True, slots=True)
class _Machine:
    column: int  # of _Numbers
    architecture: int  # AUDIT_ARCH_…
    seccomp_call: int


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, 317),
    "aarch64": _Machine(1, 0xC00000B7, 277),
}


def _machine() -> _Machine | None:
    # Of a 32-bit Python on a 64-bit kernel the numbers are others.
    if sys.platform != "linux" or struct.calcsize("P") != 8:
        return None
    return _MACHINES.get(platform.machine())


def _has_seccomp() -> bool:
    machine = _machine()
    if machine is None:
        return False
    action = ctypes.c_uint32(_KILL)
    call = ctypes.c_long(machine.seccomp_call)
    answer = _LIBC.syscall(
        call, _long(_SECCOMP_GET_ACTION_AVAIL), _long(0), ctypes.byref(action)
    )
    return bool(answer == 0)


def _filter_calls(control: int) -> None:
    machine = _machine()
    if machine is None:
        raise NoWall(errno.ENOSYS, "no filter for this machine")
    code = program(machine, os.getpid(), control)
    block = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: a count, padding, a pointer.
    head = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(block)), 16
    )
    _granted(
        _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(head), 0, 0),
        "seccomp",
    )


def program(machine: _Machine, pid: int, control: int) -> bytes:
    """Return the filter of one child, in the kernel's instructions (classic BPF)."""
    code = _Code()
    code.add(_LOAD, _ARCHITECTURE)
    code.add(_EQUAL, machine.architecture, on_true=1)
    code.add(_RETURN, _KILL)
    code.add(_LOAD, _NUMBER)
    if machine.column == 0:
        # The x32 calls: the same ones under other numbers.
        code.add(_AT_LEAST, 0x40000000, on_false=1)
        code.add(_RETURN, _KILL)
    for numbers in _HARMLESS.values():
        code.on(numbers[machine.column], (_RETURN, _ALLOW))
    for numbers in _HOSTILE.values():
        code.on(numbers[machine.column], (_RETURN, _KILL))

    def judged(name: str, *judgement: _Instruction) -> None:
        code.on(_JUDGED[name][machine.column], *judgement)

    # Threads are the HEIF decoder's; a new process is nobody's.
    judged("clone", *_if_bits(0, _CLONE_THREAD, _ALLOW, _KILL))
    # Its flags lie in memory, unseen from here; glibc takes the old call then.
    judged("clone3", (_RETURN, _FAIL | errno.ENOSYS))
    # abort() signals its own process.
    judged("kill", *_if_equal(0, pid, _ALLOW, _KILL))
    judged("tgkill", *_if_equal(0, pid, _ALLOW, _KILL))
    # What was written can't be run.
    judged("mmap", *_if_bits(2, _PROT_EXEC, _FAIL | errno.EPERM, _ALLOW))
    judged("mprotect", *_if_bits(2, _PROT_EXEC, _FAIL | errno.EPERM, _ALLOW))
    judged("recvfrom", *_if_equal(0, control, _ALLOW, _FAIL | errno.EPERM))
    judged("sendto", *_if_equal(0, control, _ALLOW, _FAIL | errno.EPERM))
    judged("write", *_if_equal(0, _STANDARD_ERROR, _ALLOW, _FAIL | errno.EPERM))
    code.add(_RETURN, _FAIL | errno.EPERM)
    return bytes(code.packed)


_Instruction = tuple[int, int] | tuple[int, int, int, int]


@dataclass(slots=True)
class _Code:
    packed: bytearray = field(default_factory=bytearray)

    def add(self, kind: int, value: int, on_true: int = 0, on_false: int = 0) -> None:
        """Append one; the jumps tell how many of the following are left out."""
        self.packed += struct.pack("HBBI", kind, on_true, on_false, value)

    def on(self, number: int | None, *judgement: _Instruction) -> None:
        """Append what is answered to the call of this number."""
        if number is not None:
            self.add(_EQUAL, number, on_false=len(judgement))
            for instruction in judgement:
                self.add(*instruction)


def _if_equal(at: int, value: int, then: int, other: int) -> tuple[_Instruction, ...]:
    return _if(_EQUAL, at, value, then, other)


def _if_bits(at: int, bits: int, then: int, other: int) -> tuple[_Instruction, ...]:
    return _if(_HAS_BITS, at, bits, then, other)


def _if(
    test: int, at: int, value: int, then: int, other: int
) -> tuple[_Instruction, ...]:
    # The lower half of the argument: numbers and flags have no upper one that the
    # kernel would look at. Both machines are little-endian.
    return (
        (_LOAD, _ARGUMENTS + 8 * at),
        (test, value, 0, 1),
        (_RETURN, then),
        (_RETURN, other),
    )


# --- Landlock -------------------------------------------------------------------

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # on both machines
_ASK_VERSION = 1


def _landlock_version() -> int:
    """Return the version of the kernel's interface, 0 without one."""
    if _machine() is None:
        return 0
    version = _LIBC.syscall(_long(_CREATE_RULESET), None, _long(0), _long(_ASK_VERSION))
    return max(0, int(version))


def _ruleset_of_nothing() -> int | None:
    """Return a descriptor of rules that allow no path, no port, no foreign process."""
    version = _landlock_version()
    # Files and folders: thirteen rights at first, then moving, cutting, devices.
    paths = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    ports = 0b11 if version >= 4 else 0
    scopes = 0b11 if version >= 6 else 0
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = ctypes.create_string_buffer(struct.pack("QQQ", paths, ports, scopes), 24)
    ruleset = _LIBC.syscall(_long(_CREATE_RULESET), rules, _long(size), _long(0))
    return None if ruleset < 0 else int(ruleset)


def _restrict(ruleset: int) -> None:
    answer = _LIBC.syscall(_long(_RESTRICT_SELF), _long(ruleset), _long(0))
    _granted(answer, "landlock_restrict_self")


def _long(number: int) -> ctypes.c_long:
    return ctypes.c_long(number)


# --- both -----------------------------------------------------------------------

_QUESTIONS: dict[Wall, Callable[[], bool]] = {
    Wall.SECCOMP: _has_seccomp,
    Wall.LANDLOCK: lambda: _landlock_version() > 0,
}


def _granted(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise NoWall(number, f"{what}: {os.strerror(number)}")


_built = _Built()
