"""``python -m media_pipeline.sandbox NUMBER``: started by a worker, not by people."""

from __future__ import annotations

import sys

from .server import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]))
