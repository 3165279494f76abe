"""A decode server whose child dies of planted files, and of no others.

Of one kind it dies when they are checked, of the other when the rest of their
renditions is made. The latter are told by their size, as their master is a picture like
any other.

``python faulty_decoder.py [ANYTHING…] NUMBER``, as ``python -m media_pipeline.sandbox
NUMBER``. No harmless file crashes Pillow, so the fault is ours.
"""

from __future__ import annotations

import io
import mmap
import os
import signal
import sys
from pathlib import Path

from PIL import Image

DRAWN_SIZE = (800, 600)
LATE_SIZE = (808, 606)
PLANTED = b"-- the decoder dies of this --"


def run(request, upload_fd, answer_fd, control_fd) -> None:
    with mmap.mmap(upload_fd, 0, prot=mmap.PROT_READ) as upload:
        is_late = request["plan"] == "rest" and _size(upload) == LATE_SIZE
        if is_late or upload.find(PLANTED) >= 0:
            os.kill(os.getpid(), signal.SIGSEGV)
    child.run(request, upload_fd, answer_fd, control_fd)


def _size(upload: mmap.mmap) -> tuple[int, int]:
    with Image.open(io.BytesIO(upload[:])) as picture:
        return picture.size


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from media_pipeline.sandbox import child, server

    server.serve(int(sys.argv[-1]), run=run)
