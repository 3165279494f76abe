"""A process that is killed between the copies and the row that names them.

``killed_publisher.py ASSET``: publishes the asset, and dies in the last moment.
"""

from __future__ import annotations

import os
import signal
import sys

import django

django.setup()

from media_pipeline.services import publishing  # noqa: E402


def die(copies: publishing.PublicCopies) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return False


publishing.set_public_names = die
publishing.publish_asset(int(sys.argv[1]))
