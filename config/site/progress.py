"""How far something is, for a person at a terminal and for a log."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper

_WIDTH = 28  # signs of the bar
_LINE_SECONDS = 5.0  # between two lines of a log


class Progress:
    """A bar on a terminal; elsewhere a plain line now and then."""

    def __init__(self, output: OutputWrapper) -> None:
        self._output = output
        self._is_terminal = bool(output.isatty())
        self._label = ""
        self._last = 0.0
        self._is_open = False

    def __call__(self, label: str, done: int, total: int) -> None:
        stage = label.split(":")[0]
        is_new = stage != self._label
        is_last = done >= total
        if self._is_terminal:
            if is_new and self._is_open:
                self._output.write("")
            filled = _WIDTH * done // max(total, 1)
            bar = "█" * filled + "·" * (_WIDTH - filled)
            self._output.write(f"\r{stage:<32}{bar} {done}/{total} ", ending="")
            self._output.flush()
            self._is_open = True
        elif is_new or is_last or time.monotonic() - self._last > _LINE_SECONDS:
            if not (is_last and self._label == stage and not self._is_open):
                self._output.write(f"{stage}: {done}/{total}")
            self._last = time.monotonic()
            self._is_open = not is_last
        self._label = stage

    def close(self) -> None:
        """End an open bar's line."""
        if self._is_terminal and self._is_open:
            self._output.write("")
            self._is_open = False
