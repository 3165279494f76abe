"""What a photo costs in each stage, and a queueing model of the workers beside a run.

``python -m benchmarks.queueing [costs | model]``; both without a name.

Costs: CPU seconds and bytes of both stages, of their services on SQLite and folders.
Model: photos come at random (Poisson) to a real worker with two processes, which checks
first; the mean times from due to done are compared with what the model says of the same
load.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Worker, manage, temporary_folder, wait_until

from .figures import heading, spread, tree_cpu

PROCESSES = 2
ALONE = 12  # photos one after the other
AT_RANDOM = 60  # photos at each load
LOADS = (0.3, 0.6)
ROUNDS = 3
STAGES = ("process_asset", "render_asset")


@dataclass(frozen=True, slots=True)
class Service:
    """How long one stage takes."""

    seconds: float  # mean
    spread: float  # squared coefficient of variation


def must_wait(offered: float, processes: int) -> float:
    """Return Erlang's C: the share that finds all processes busy.

    ``offered``: arrivals a second times mean service seconds, below ``processes``.
    """
    last = 1.0
    before = 0.0
    # Scaled by each term as it grows: factorials of hundreds are no floats.
    for n in range(processes):
        before = before + last
        last = last * offered / (n + 1)
        if last > 1e200:
            before, last = before / last, 1.0
    last = last / (1 - offered / processes)
    return last / (before + last)


def waits(
    arrivals: float, stages: Sequence[Service], processes: int
) -> tuple[float, ...]:
    """Return each stage's mean wait in seconds for a process, the first stage first.

    ``arrivals`` per second, the same in each stage. Cobham's priorities without
    interruption (A. Cobham, Operations Research 2 (1954) 70) over Erlang's C, with
    the correction of Allen and Cunneen for service times of any distribution (A. O.
    Allen, Probability, Statistics and Queueing Theory, 1990, section 5.3.5). With one
    stage it is M/G/c.
    """
    mean = statistics.mean(stage.seconds for stage in stages)
    squares = statistics.mean(stage.seconds**2 * (1 + stage.spread) for stage in stages)
    offered = arrivals * mean * len(stages)
    # Until the first of the busy processes is free, if all are.
    residual = must_wait(offered, processes) * squares / mean / 2 / processes
    found: list[float] = []
    load_before = 0.0
    for stage in stages:
        load = load_before + arrivals * stage.seconds / processes
        found.append(residual / (1 - load_before) / (1 - load))
        load_before = load
    return tuple(found)


def run() -> None:
    chosen = sys.argv[1:] or ["costs", "model"]
    if unknown := set(chosen) - {"costs", "model"}:
        raise SystemExit(f"There is no {unknown.pop()!r}: costs, model.")
    if len(chosen) > 1:
        for name in chosen:
            # A process for each: their settings differ.
            command = [sys.executable, "-m", "benchmarks.queueing", name]
            subprocess.run(command, check=True)
        return
    {"costs": _run_costs, "model": _run_model}[chosen[0]]()


# --- costs ----------------------------------------------------------------------------


def _run_costs() -> None:
    with temporary_folder("bench-queueing") as folder:
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "SCHAUFENSTER_DATA_DIR": str(folder),
            # As in a worker with a core of its own.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        os.environ.update(env)
        manage("migrate", "-v0", env=env)
        import django

        django.setup()
        from django.conf import settings

        # CPU seconds are asked for: a busy machine may take its time.
        settings.MEDIA_PIPELINE_SANDBOX_WALL_SECONDS = 300
        _costs()


def _costs() -> None:
    from django.core.files.base import ContentFile
    from django.db.models import Sum

    from media_pipeline import sandbox, services
    from media_pipeline.models import Asset, Rendering, Rendition

    from .pipeline import CHOSEN, phone_sized

    photos = [phone_sized(name) for name in CHOSEN]
    cpu: dict[str, list[float]] = {"check": [], "rest": [], "small": []}
    kept: dict[str, list[int]] = {}

    def spend(stage: str, service: object, key: int) -> None:
        before = tree_cpu()
        assert callable(service)  # noqa: S101
        if not service(key):
            raise SystemExit(f"The stage {stage!r} did not settle.")
        # Without those that load the models.
        if number:
            cpu[stage].append(tree_cpu() - before)

    def note(what: str, size: int) -> None:
        kept.setdefault(what, []).append(size)

    for number in range(ROUNDS + 1):
        for photo in photos:
            file = ContentFile(photo, name=f"{number}.jpg")
            key = services.receive_upload(file=file).pk
            spend("check", services.process_asset, key)
            asset = Asset.objects.get(pk=key)
            with services.open_private(asset.master) as master:
                note("upload", len(photo))
                note("master", master.size)
            mine = Rendition.objects.filter(asset_id=key)
            note("for the queue", mine.aggregate(sum=Sum("bytes"))["sum"])
            spend("rest", services.render_asset, _open_rendering(key))
            note("all renditions", mine.aggregate(sum=Sum("bytes"))["sum"])
            Rendering.objects.create(asset=asset, kind=Rendering.Kind.SMALL)
            spend("small", services.render_asset, _open_rendering(key))
            note("with small AVIFs", mine.aggregate(sum=Sum("bytes"))["sum"])
    sandbox.close()
    heading(f"A photo of 12 MP in each stage: {len(photos)} photos, {ROUNDS} rounds")
    print("| stage | CPU ms, min / median / max | mean |\n|---|---|---|")
    for name, values in cpu.items():
        print(f"| {name} | {spread(values)} | {statistics.mean(values) * 1000:.0f} |")
    print("\n| kept | kB, mean |\n|---|---|")
    for name, sizes in kept.items():
        print(f"| {name} | {statistics.mean(sizes) / 1000:.0f} |")


def _open_rendering(asset_id: int) -> int:
    from media_pipeline.models import Rendering

    return Rendering.objects.get(asset_id=asset_id, settled_at=None).pk


# --- the model beside a run -------------------------------------------------------------


def _run_model() -> None:
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
    from media_pipeline.models import Asset, Rendering
    from media_pipeline.testing import picture_bytes

    pictures = [picture_bytes(1600, 1200, seed=seed) for seed in range(10)]

    def send() -> int:
        content = random.choice(pictures)  # noqa: S311
        return services.receive_upload(file=ContentFile(content, name="a.jpg")).pk

    def done(keys: list[int]) -> tuple[float, float]:
        """Wait for all of them; return the mean seconds from due to done by stage."""
        duties = (
            Asset.objects.filter(pk__in=keys),
            Rendering.objects.filter(asset_id__in=keys),
        )
        wait_until(
            lambda: all(
                each.filter(settled_at__isnull=False).count() == len(keys)
                for each in duties
            ),
            within=600,
            log=log,
        )
        checks, renditions = (
            statistics.mean(
                (end - begin).total_seconds()
                for begin, end in each.values_list("created_at", "settled_at")
                if end is not None
            )
            for each in duties
        )
        return checks, renditions

    for _ in range(2):
        done([send() for _ in range(4)])  # both processes have their servers now
    begin = log.stat().st_size
    alone = [done([send()]) for _ in range(ALONE)]
    services_alone = [_service(log, begin, stage, ALONE) for stage in STAGES]
    # What a duty waits for even if nothing is before it: the ring and the claim.
    ringing = [
        max(statistics.mean(seen[n] for seen in alone) - each.seconds, 0.0)
        for n, each in enumerate(services_alone)
    ]
    service = sum(each.seconds for each in services_alone)
    heading(
        f"Queueing: {PROCESSES} processes, from ring to worker "
        + " and ".join(f"{seconds:.2f} s" for seconds in ringing)
    )
    print("| load | photos/s | stage | service, s | model, s | run, s |")
    print("|---|---|---|---|---|---|")
    for load in LOADS:
        begin = log.stat().st_size
        began = time.monotonic()
        keys = []
        for _ in range(AT_RANDOM):
            time.sleep(random.expovariate(load * PROCESSES / service))
            keys.append(send())
        arrivals = AT_RANDOM / (time.monotonic() - began)
        seen = done(keys)
        # As they were under this load, on whatever else the machine does.
        stages = [_service(log, begin, stage, AT_RANDOM) for stage in STAGES]
        carried = arrivals * sum(each.seconds for each in stages) / PROCESSES
        for n, wait in enumerate(waits(arrivals, stages, PROCESSES)):
            model = ringing[n] + stages[n].seconds + wait
            print(
                f"| {carried:.2f} | {arrivals:.2f} | {('check', 'rest')[n]} "
                f"| {stages[n].seconds:.2f} | {model:.2f} | {seen[n]:.2f} |"
            )


def _service(log: Path, begin: int, stage: str, photos: int) -> Service:
    """Return how long the worker had each photo, by its log from that byte on."""
    succeeded = re.compile(rf"{stage}\[[^]]+\] succeeded in ([0-9.e-]+)s")
    text = log.read_bytes()[begin:].decode()
    # The shorter ones rang for a photo that was done already.
    times = sorted(float(each) for each in succeeded.findall(text))[-photos:]
    mean = statistics.mean(times)
    return Service(mean, statistics.variance(times) / mean**2)


if __name__ == "__main__":
    run()
