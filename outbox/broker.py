"""A Celery broker made of files, for a site that runs without a service.

kombu has a filesystem transport; under several writers and readers it loses
messages (156 of 4,500 with three and three), because a message can be read
before it is written. Here a message is written under a dot-name and renamed,
and taken by renaming it again; both are atomic. Names begin with the wall clock
(the stock transport's monotonic one starts anew with the machine), so order is
kept.

A message that a killed worker had taken is gone: with every broker the row is
the truth, and this is a doorbell.

Each queue has two lanes, messages of priority 0 and all others. The most urgent queue
comes first (:mod:`outbox.queues`), the second lanes after all first ones.

URL ``shoppable-filesystem://``; transport options: ``folder``, which only the
site's own user should be able to write, and ``polling_interval`` (0.1 s).
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import quote

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

from .queues import Turns, urgency

# kombu's functions and classes have no types: hence Any and the ignores below.

logger = logging.getLogger(__name__)

ALIAS = "shoppable-filesystem"

#: Dot-files older than this belong to a process that was killed. Seconds; both
#: writing and taking a message last some thousandths of one.
STALE_AFTER = 60

#: How often who waits for a message looks whether the worker shall end. Seconds.
_LOOK_UP = 0.2

_sequence = count()

#: A queue, and whether it is the lane of its messages that may wait.
Lane = tuple[str, bool]


class Channel(virtual.Channel):
    """Queues as folders, messages as files.

    Exchanges and bindings live in memory, as each process declares what it
    uses; nothing but messages is on disk that a crash could spoil.
    """

    supports_fanout = False
    # At shutdown, what was prefetched goes back to its queue.
    do_restore = True

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)  # type: ignore[no-untyped-call]
        folder = connection.client.transport_options.get("folder")
        if not folder:
            raise ValueError(f"The broker {ALIAS}:// needs its option 'folder'.")
        self._root = Path(folder)
        # Names seen in the last listing. Whatever came since is younger.
        self._seen: dict[Lane, deque[str]] = {}

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        for lane in _lanes(queue):
            folder = self._folder(lane)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_stale(folder)

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return self._folder((queue, False)).is_dir()

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        may_wait = self._get_message_priority(message) > 0  # type: ignore[no-untyped-call]
        folder = self._folder((queue, may_wait))
        # The sequence orders what one process sends within a clock tick.
        name = f"{time.time_ns():020d}-{next(_sequence):08d}-{uuid.uuid4().hex}.msg"
        hidden = folder / f".{name}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            hidden.write_bytes(dumps(message).encode())  # type: ignore[no-untyped-call]
            hidden.rename(folder / name)
        except OSError as error:
            with suppress(OSError):
                hidden.unlink()
            raise ChannelError(f"Cannot write a message to {folder}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for lane in _lanes(queue):
            with suppress(Empty):
                return self.take(lane)
        raise Empty

    def take(self, lane: Lane) -> Any:
        """Return the lane's oldest message; raises ``Empty``."""
        folder = self._folder(lane)
        seen = self._seen.setdefault(lane, deque())
        if not seen:
            seen.extend(_messages(folder))
        while seen:
            name = seen.popleft()
            taken = folder / f".taken-{name}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            content = taken.read_bytes()
            taken.unlink()
            try:
                return loads(content.decode())  # type: ignore[no-untyped-call]
            except ValueError:
                # Not from us: ours are whole before they have this name, save
                # after a power cut. The worker must not end for it.
                logger.warning("Threw away an unreadable message in %s", folder)
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(len(_messages(self._folder(lane))) for lane in _lanes(queue))

    def _purge(self, queue: str) -> int:
        purged = 0
        for lane in _lanes(queue):
            folder = self._folder(lane)
            for name in _messages(folder):
                try:
                    (folder / name).unlink()
                except FileNotFoundError:
                    continue
                purged += 1
        return purged

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        # The folder stays: another process may be writing to it.
        self._purge(queue)

    def _reset_cycle(self) -> None:
        self._cycle = _UrgentLanesFirst(self)

    def _folder(self, lane: Lane) -> Path:
        queue, may_wait = lane
        # Quoted, and never "." or "..": a queue's name is no path.
        name = quote(queue, safe="").replace(".", "%2E")
        return self._root / (f"{name}.later" if may_wait else name)


class _UrgentLanesFirst:
    """Which lane a channel's next message is taken from."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._turns: Turns[Lane] = Turns()

    def get(self, callback: Callable[[Any, str], object], **kwargs: Any) -> None:
        """Hand on one message; raises ``Empty`` if there is none in any lane."""
        # kombu's list, which grows and shrinks with the consumers.
        queues = sorted(dict.fromkeys(self._channel._active_queues), key=urgency)
        self._turns.in_order = [
            (q, may_wait) for may_wait in (False, True) for q in queues
        ]
        for lane in self._turns.next_order():
            try:
                message = self._channel.take(lane)
            except Empty:
                continue
            self._turns.taken()
            callback(message, lane[0])
            return
        raise Empty

    def close(self) -> None:
        """Nothing is held."""


class Transport(virtual.Transport):
    """kombu's virtual transport over :class:`Channel`."""

    Channel = Channel
    polling_interval = 0.1  # seconds
    is_ending = False  # set in a worker's main process once it is told to end
    driver_type = "filesystem"
    driver_name = ALIAS
    # Of the process, as with kombu's own transports that live on one machine.
    global_state = virtual.BrokerState()  # type: ignore[no-untyped-call]

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)  # type: ignore[no-untyped-call]
        self.state = self.global_state

    @property
    def default_connection_params(self) -> dict[str, Any]:
        return {}  # a folder has neither host nor port

    def drain_events(
        self, connection: Any, timeout: float | None = None, **kwargs: Any
    ) -> None:
        """Handle one message; raises ``socket.timeout`` if none comes in time.

        Or sooner, when the worker is told to end: Celery lets it wait for two
        seconds before it looks whether it shall.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = math.inf if deadline is None else deadline - time.monotonic()
            try:
                super().drain_events(connection, timeout=max(0, min(left, _LOOK_UP)))  # type: ignore[no-untyped-call]
            except TimeoutError:  # socket.timeout is its old name
                if self.is_ending or left <= _LOOK_UP:
                    raise
            else:
                return

    def driver_version(self) -> str:
        return "1"


def register() -> None:
    """Make ``shoppable-filesystem://`` known to kombu."""
    TRANSPORT_ALIASES[ALIAS] = f"{__name__}:{Transport.__name__}"


def _lanes(queue: str) -> tuple[Lane, Lane]:
    return (queue, False), (queue, True)


def _messages(folder: Path) -> list[str]:
    """Return the names of the whole messages, oldest first."""
    try:
        names = [entry.name for entry in folder.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(name for name in names if not name.startswith("."))


def _remove_stale(folder: Path) -> None:
    before = time.time() - STALE_AFTER
    for hidden in folder.glob(".*"):
        try:
            if hidden.stat().st_mtime < before:
                hidden.unlink()
        except FileNotFoundError:
            continue
