"""How far a long command is: a bar on a terminal, a few lines anywhere else."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from django.core.management.base import OutputWrapper

WIDTH = 30  # signs of the bar
REDRAWN_AFTER = 0.1  # seconds
LINES = 10  # at most, where there is no terminal


class Progress:
    """Counts to ``total``, and lets messages through without breaking the bar."""

    def __init__(
        self,
        total: int,
        out: OutputWrapper,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._out, self._clock = total, out, clock
        self._done = 0
        self._is_drawn = False
        self._start = self._drawn_at = clock()
        self._is_terminal = out.isatty()

    def advance(self) -> None:
        """Count one more."""
        self._done += 1
        is_last = self._done == self._total
        if self._is_terminal:
            if is_last or self._clock() - self._drawn_at >= REDRAWN_AFTER:
                self._draw(end="\n" if is_last else "")
        elif is_last or self._tenth(self._done) > self._tenth(self._done - 1):
            self._out.write(self._count)

    def say(self, message: str, out: OutputWrapper | None = None) -> None:
        """Write a line, to another stream if one is given, and go on below it."""
        if self._is_drawn:
            self._out.write("\r" + " " * (self._columns - 1) + "\r", ending="")
            self._out.flush()
            self._is_drawn = False
        (out or self._out).write(message)

    @property
    def _count(self) -> str:
        return f"{self._done} of {self._total}"

    @property
    def _columns(self) -> int:
        return shutil.get_terminal_size().columns

    def _tenth(self, done: int) -> int:
        return done * LINES // self._total

    def _draw(self, end: str) -> None:
        filled = self._done * WIDTH // self._total
        bar = "█" * filled + "·" * (WIDTH - filled)
        spent = self._clock() - self._start
        left = spent / self._done * (self._total - self._done)
        line = f"{bar}  {self._count}, {_span(left)} left"
        if end:
            line = f"{bar}  {self._count} in {_span(spent)}"
        room = self._columns - 1
        self._out.write("\r" + line[:room].ljust(room), ending=end)
        self._out.flush()
        self._is_drawn, self._drawn_at = not end, self._clock()


def _span(seconds: float) -> str:
    """Return a length of time as "4 s", "3 min" or "2 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
