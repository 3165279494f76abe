"""Registration only."""

from __future__ import annotations

from typing import Any

from wagtail import hooks

from .choosers import photo_chooser_viewset, product_chooser_viewset
from .workbench import hooks as workbench_hooks  # noqa: F401
from .workbench import prompts as workbench_prompts  # noqa: F401
from .workbench import reports as workbench_reports  # noqa: F401


@hooks.register("register_admin_viewset")
def register_choosers() -> list[Any]:
    return [photo_chooser_viewset, product_chooser_viewset]
