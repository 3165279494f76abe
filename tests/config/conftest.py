"""What the site's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.site.demo_files import DemoFolder

from .small_demo import small_demo as make_small_demo


@pytest.fixture
def small_demo(tmp_path: Path) -> DemoFolder:
    """Two products and four photos of the demo, in a folder of their own."""
    return make_small_demo(tmp_path)
