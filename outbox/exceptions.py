"""What can go wrong here, split by what the caller should do."""

from __future__ import annotations


class OutboxError(Exception):
    """The base of the outbox's errors."""


class OutOfMemory(OutboxError):
    """A task ran out of memory.

    Raised by :class:`outbox.tasks.Doorbell` in place of ``MemoryError``, which
    would end the whole worker.
    """


class PurgeUnconfirmed(OutboxError):
    """A storage said it deleted a file and still has it. Worth a retry."""
