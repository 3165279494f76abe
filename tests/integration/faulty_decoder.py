"""A decode server whose child dies of one planted file, and of no other.

``python faulty_decoder.py [ANYTHING…] NUMBER``, as ``python -m media_pipeline.sandbox
NUMBER``. No harmless file crashes Pillow, so the fault is ours.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from pathlib import Path

PLANTED = b"-- the decoder dies of this --"


def run(request, upload_fd, answer_fd, control_fd) -> None:
    with mmap.mmap(upload_fd, 0, prot=mmap.PROT_READ) as upload:
        if upload.find(PLANTED) >= 0:
            os.kill(os.getpid(), signal.SIGSEGV)
    child.run(request, upload_fd, answer_fd, control_fd)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from media_pipeline.sandbox import child, server

    server.serve(int(sys.argv[-1]), run=run)
