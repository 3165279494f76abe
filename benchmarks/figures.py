"""Taking and printing figures."""

from __future__ import annotations

import os
import resource
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

Clock = Callable[[], float]


def own_cpu() -> float:
    """CPU seconds of this process alone; fine-grained."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def tree_cpu() -> float:
    """CPU seconds of this process and all below it, to a hundredth (proc(5))."""
    return _cpu_of(os.getpid())


def _cpu_of(pid: int) -> float:
    total = 0.0
    with suppress(FileNotFoundError, ProcessLookupError):
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        # utime, stime, and those of children that have ended
        total += sum(map(int, stat[11:15])) / os.sysconf("SC_CLK_TCK")
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text().split()
            total += sum(_cpu_of(int(child)) for child in children)
    return total


def interleaved(
    ways: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Clock = own_cpu,
    *,
    warm_up: bool = True,
) -> dict[str, list[float]]:
    """CPU seconds of each way, taken A B C A B C …; the first round may warm up."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(0 if warm_up else 1, rounds + 1):
        for name, way in ways.items():
            before = clock()
            way()
            if number:
                taken[name].append(clock() - before)
    return taken


def spread(values: Sequence[float], unit: float = 1000, digits: int = 1) -> str:
    """min / median / max, in milliseconds unless told otherwise."""
    ordered = sorted(values)
    of = (ordered[0], statistics.median(ordered), ordered[-1])
    return " / ".join(f"{value * unit:.{digits}f}" for value in of)


def ratio(of: Sequence[float], to: Sequence[float]) -> str:
    """The ratio of each round, min / median / max."""
    return spread([a / b for a, b in zip(of, to, strict=True)], unit=1, digits=3)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def heading(words: str) -> None:
    print(f"\n## {words}\n", flush=True)
