"""A queueing model of the workers beside a run: ``python -m benchmarks.queueing``.

Photos come at random (Poisson) to a real worker with two processes; their mean time
from upload to settlement is compared with what M/G/c says of the same load.
"""

from __future__ import annotations

import math
import os
import random
import re
import statistics
import time
from pathlib import Path

from tests.servers import Worker, manage, temporary_folder, wait_until

from .figures import heading

PROCESSES = 2
ALONE = 12  # photos one after the other
AT_RANDOM = 60  # photos at each load
LOADS = (0.3, 0.6)
_SUCCEEDED = re.compile(r"process_asset\[[^]]+\] succeeded in ([0-9.e-]+)s")


def waiting(arrivals: float, service: float, processes: int, spread: float) -> float:
    """Return the mean wait in seconds before service in an M/G/c queue.

    ``arrivals`` per second; ``service`` seconds; ``spread`` is the squared
    coefficient of variation of service times. Erlang's C with the correction of
    Allen and Cunneen (A. O. Allen, Probability, Statistics and Queueing Theory,
    1990, section 5.3.5).
    """
    offered = arrivals * service
    load = offered / processes
    last = offered**processes / math.factorial(processes) / (1 - load)
    before = sum(offered**n / math.factorial(n) for n in range(processes))
    must_wait = last / (before + last)
    return must_wait * service / (processes * (1 - load)) * (1 + spread) / 2


def run() -> None:
    with temporary_folder("bench-queueing") as folder:
        env = {
            "DJANGO_SETTINGS_MODULE": "tests.integration.settings_kills",
            "SCHAUFENSTER_DATA_DIR": str(folder),
        }
        os.environ.update(env)
        manage("migrate", "--run-syncdb", "-v0", env=env)
        worker = Worker(env=env, log=folder / "worker.log", concurrency=PROCESSES)
        worker.start()
        try:
            _measure(worker.log)
        finally:
            worker.end()


def _measure(log: Path) -> None:
    import django

    django.setup()
    from django.core.files.base import ContentFile

    from media_pipeline import services
    from media_pipeline.models import Asset
    from media_pipeline.testing import picture_bytes

    pictures = [picture_bytes(1600, 1200, seed=seed) for seed in range(10)]

    def send() -> int:
        content = random.choice(pictures)  # noqa: S311
        return services.receive_upload(file=ContentFile(content, name="a.jpg")).pk

    def settled(keys: list[int]) -> list[float]:
        """Wait for all of them; return their seconds from upload to settlement."""
        mine = Asset.objects.filter(pk__in=keys)
        wait_until(
            lambda: not mine.filter(settled_at=None).exists(), within=300, log=log
        )
        return [
            (end - begin).total_seconds()
            for begin, end in mine.values_list("created_at", "settled_at")
        ]

    settled([send() for _ in range(4)])  # both processes have their servers now
    begin = log.stat().st_size
    alone = statistics.mean(settled([send()])[0] for _ in range(ALONE))
    service = statistics.mean(_service_times(log, begin, ALONE))
    # What a photo waits for even if nobody is before it: the ring and the claim.
    ringing = max(alone - service, 0.0)
    heading(f"Queueing: {PROCESSES} processes, {ringing:.2f} s from upload to worker")
    print("| load | arrivals/s | service, s | model, s | run, s |")
    print("|---|---|---|---|---|")
    for load in LOADS:
        begin = log.stat().st_size
        began = time.monotonic()
        keys = []
        for _ in range(AT_RANDOM):
            time.sleep(random.expovariate(load * PROCESSES / service))
            keys.append(send())
        arrivals = AT_RANDOM / (time.monotonic() - began)
        seen = statistics.mean(settled(keys))
        # As they were under this load, on whatever else the machine does.
        times = _service_times(log, begin, AT_RANDOM)
        mean = statistics.mean(times)
        spread = statistics.variance(times) / mean**2
        model = ringing + mean + waiting(arrivals, mean, PROCESSES, spread)
        print(
            f"| {arrivals * mean / PROCESSES:.2f} | {arrivals:.2f} | {mean:.2f} "
            f"| {model:.2f} | {seen:.2f} |"
        )


def _service_times(log: Path, begin: int, photos: int) -> list[float]:
    """Return how long the worker had each photo, by its log from that byte on."""
    text = log.read_bytes()[begin:].decode()
    times = sorted(float(each) for each in _SUCCEEDED.findall(text))
    # The shorter ones rang for a photo that was done already.
    return times[-photos:]


if __name__ == "__main__":
    run()
