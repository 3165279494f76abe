"""Memory that is handed to a child by its descriptor.

All raise ``OSError`` where the kernel gives none, ``SandboxUnavailable`` elsewhere
than on Linux.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys

from media_pipeline.exceptions import SandboxUnavailable

# The kernel seals no memory (EBUSY) while it happens to move one of its pages to
# another place. So it takes other pages then.
_SEALING_TRIES = 5


def sealed_memory(data: bytes) -> int:
    """Return a descriptor of these bytes that nobody can change or cut."""
    for _ in range(_SEALING_TRIES - 1):
        with contextlib.suppress(OSError):
            return _sealed_once(data)
    return _sealed_once(data)


def _sealed_once(data: bytes) -> int:
    descriptor = memory_of("upload", len(data), seal=False)
    try:
        rest = memoryview(data)
        while rest:  # written, not mapped: half the cost
            rest = rest[os.write(descriptor, rest) :]
        fcntl.fcntl(
            descriptor,
            fcntl.F_ADD_SEALS,
            fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE,
        )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def memory_of(name: str, size: int, *, seal: bool = True) -> int:
    """Return a descriptor of so many bytes; sealed, nobody can change how many."""
    if sys.platform != "linux":
        raise SandboxUnavailable("The sandbox needs Linux.")
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, size)
        if seal:
            # A child that cut it would kill the reader by SIGBUS.
            fcntl.fcntl(
                descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
            )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
