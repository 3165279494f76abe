"""What every test may ask for. Servers of their own are in ``tests/servers.py``."""

from __future__ import annotations

pytest_plugins = ["tests.servers"]
