"""``./run bench [NAME…]``: all but accuracy without a name.

pages, pipeline, renditions, ping, search; accuracy [--photos DIR] with labels made by hand.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

# Before anything that starts threads of its own: one thread, as in a worker.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    names = ("pages", "pipeline", "renditions", "ping", "search")
    more = ("accuracy",)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=", ".join((*names, *more))
    )
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="DIR",
        help="photos, for accuracy (further ones) and renditions (instead of its own)",
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="of the benchmark renditions; 3"
    )
    options = parser.parse_args()
    chosen = options.names or names
    unknown = sorted(set(chosen) - {*names, *more})
    if unknown:
        there = ", ".join((*names, *more))
        parser.error(f"no benchmark {', '.join(unknown)}; there are {there}")
    with tempfile.TemporaryDirectory(prefix="schaufenster-bench-") as folder:
        os.environ["SCHAUFENSTER_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.development"
        if {"pages", "pipeline", "renditions", "accuracy"} & set(chosen):
            import django

            django.setup()
        if "pages" in chosen:
            from . import pages

            pages.run()
        if "pipeline" in chosen:
            from . import pipeline

            pipeline.run()
        if "renditions" in chosen:
            from . import renditions

            renditions.run(options.rounds, options.photos)
        if "accuracy" in chosen:
            from . import accuracy

            accuracy.run(options.photos)
    if "search" in chosen:
        from . import search

        search.run()
    if "ping" in chosen:
        from . import ping

        ping.run()


main()
