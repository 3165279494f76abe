"""``python -m media_pipeline.sandbox NUMBER``: started by a worker, not by people.

Without a number it prints, as one JSON object, which walls stand on this machine.
"""

from __future__ import annotations

import json
import sys

from media_pipeline import conf

from . import walls
from .server import serve

if __name__ == "__main__":
    if sys.argv[1:]:
        serve(int(sys.argv[1]))
    else:
        standing = walls.prepare()
        print(
            json.dumps(
                {
                    "second_wall": conf.sandbox_second_wall(),
                    **{wall.value: wall in standing for wall in walls.Wall},
                }
            )
        )
