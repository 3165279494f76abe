"""``./run bench [NAME…]``: pages, pipeline, ping; all of them without a name."""

from __future__ import annotations

import argparse
import os
import tempfile

# Before anything that starts threads of its own: one thread, as in a worker.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    names = ("pages", "pipeline", "ping")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    chosen = parser.parse_args().names or names
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    with tempfile.TemporaryDirectory(prefix="schaufenster-bench-") as folder:
        os.environ["SCHAUFENSTER_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.development"
        if "pages" in chosen or "pipeline" in chosen:
            import django

            django.setup()
        if "pages" in chosen:
            from . import pages

            pages.run()
        if "pipeline" in chosen:
            from . import pipeline

            pipeline.run()
    if "ping" in chosen:
        from . import ping

        ping.run()


main()
