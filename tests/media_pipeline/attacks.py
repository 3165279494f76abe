"""What a decoder that runs its file's code would try, behind which walls, tried out.

    python -m tests.media_pipeline.attacks seccomp landlock

Each attack runs in a forked child of its own, behind the walls that are named and
without any limit, so that only the walls can hold it. Printed is one JSON object:
what became of each. "done" is what must not be; else the error's name, or the
signal that ended the child.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from media_pipeline.sandbox import walls

_LIBC = ctypes.CDLL(None, use_errno=True)
_PTRACE_TRACEME = 0
_PR_SET_NAME = 15

#: A folder of our own, a listening socket, a process: aims that can be hit.
FOLDER = Path(tempfile.gettempdir())
AIM = 0
PORT = 0
INHERITED = 0


Attack = Callable[[], None]
ATTACKS: dict[str, Attack] = {}


def _attack(attack: Attack) -> Attack:
    ATTACKS[attack.__name__.removeprefix("_")] = attack
    return attack


def _called(answer: int) -> None:
    if answer < 0:
        raise OSError(ctypes.get_errno(), "")


@_attack
def _read_a_file() -> None:
    os.open("/etc/passwd", os.O_RDONLY)


@_attack
def _make_a_file() -> None:
    os.open(FOLDER / "made", os.O_CREAT | os.O_WRONLY)


@_attack
def _make_a_folder() -> None:
    os.mkdir(FOLDER / "folder")


@_attack
def _delete_a_file() -> None:
    os.unlink(FOLDER / "kept")


@_attack
def _rename_a_file() -> None:
    os.rename(FOLDER / "kept", FOLDER / "taken")


@_attack
def _cut_a_file() -> None:
    os.truncate(FOLDER / "kept", 0)


@_attack
def _make_a_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)


@_attack
def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, INHERITED) as line:
        line.connect(("127.0.0.1", PORT))


@_attack
def _run_a_program() -> None:
    os.execv("/bin/true", ["/bin/true"])


@_attack
def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


@_attack
def _signal_another() -> None:
    os.kill(AIM, signal.SIGTERM)


@_attack
def _signal_the_group() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(0, signal.SIGTERM)


@_attack
def _be_traced() -> None:
    # Of the other requests one that succeeds would stop its aim for ever.
    _called(_LIBC.ptrace(_PTRACE_TRACEME, 0, None, None))


@_attack
def _read_memory_by_call() -> None:
    block = ctypes.create_string_buffer(16)
    vector = (ctypes.c_uint64 * 2)(ctypes.addressof(block), 16)
    # Its own: of another process it is root's, or forbidden already.
    _called(_LIBC.process_vm_readv(os.getpid(), vector, 1, vector, 1, 0))


@_attack
def _raise_a_limit() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ValueError as error:  # Python's word for it
        raise OSError(errno.EPERM, "") from error


@_attack
def _run_what_was_written() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


@_attack
def _write_elsewhere() -> None:
    os.write(INHERITED, b"x")


@_attack
def _read_elsewhere() -> None:
    os.read(INHERITED, 1)


@_attack
def _name_itself() -> None:
    _called(_LIBC.prctl(_PR_SET_NAME, b"sshd", 0, 0, 0))


def _compute() -> None:
    """Take memory, a thread, the time, random bytes: what honest decoders do."""
    blocks = [bytearray(1 << 22) for _ in range(8)]
    thread = threading.Thread(target=lambda: blocks.append(bytearray(os.urandom(99))))
    thread.start()
    thread.join()
    os.getpid()
    signal.raise_signal(signal.SIGURG)  # ignored by default, but it may be sent


def _outcome(built: walls._Built, attack: Attack, line: socket.socket) -> str:
    pid = os.fork()
    if pid == 0:
        try:
            walls._enclose(built, line.fileno())
            try:
                attack()
                line.send(b"done")
            except OSError as error:
                line.send(errno.errorcode[error.errno or 0].encode())
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    # A program that was run in its place says nothing, and ends well.
    return "done" if status == 0 else f"ended with {os.WEXITSTATUS(status)}"


def main() -> None:
    """Print what became of each attack behind the walls that are named."""
    global FOLDER, AIM, PORT, INHERITED
    wanted = frozenset(walls.Wall(name) for name in sys.argv[1:])
    assert wanted <= walls.prepare()
    built = walls._Built(wanted, walls._built.ruleset)
    outcomes: dict[str, str] = {}
    AIM = os.getpid()
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        FOLDER, PORT = Path(folder), server.getsockname()[1]
        kept = FOLDER / "kept"
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.setpgid(0, 0)
        for name, attack in {"compute": _compute, **ATTACKS}.items():
            kept.write_bytes(b"kept")
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            file = os.open(FOLDER / "other", os.O_CREAT | os.O_RDWR)
            INHERITED = socket.socket().detach() if name == "connect" else file
            with ours, theirs:
                ended = _outcome(built, attack, theirs)
                theirs.close()
                outcomes[name] = ours.recv(100).decode() or ended
            for each in {file, INHERITED}:
                os.close(each)
        outcomes["kept"] = kept.read_bytes().decode()
        outcomes["folder"] = " ".join(sorted(os.listdir(folder)))
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
