"""Who may use what of another package.

import-linter holds who may import whom; this holds which modules are for others. A
module that is not listed is its package's own affair.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("outbox", "media_pipeline", "ugc", "storefront", "cms")
FOR_OTHERS = {"models", "services", "tasks", "signals", "exceptions"}
BESIDES = {
    "outbox": {"leases", "queues", "metrics"},
    "media_pipeline": {"results", "pictures", "refusals", "storage", "metrics", "conf"},
    "ugc": {"catalogue", "reasons"},
    "storefront": {"catalogue", "structured_data"},
    "cms": set(),
}


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Return (package, module) for each of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            whole = "." in (node.module or "")
            names = [
                f"{node.module}" if whole else f"{node.module}.{each.name}"
                for each in node.names
            ]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package in PACKAGES and rest:
                yield package, rest.partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_uses_of_another_what_is_for_others(package):
    strangers = {
        f"{path.relative_to(ROOT)}: {other}.{module}"
        for path in (ROOT / package).rglob("*.py")
        for other, module in imported(path)
        if other != package and module not in FOR_OTHERS | BESIDES[other]
    }

    assert strangers == set()


def test_each_listed_module_is_there_and_used():
    used = {
        (other, module)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for other, module in imported(path)
        if other != package
    }
    listed = {(name, module) for name, modules in BESIDES.items() for module in modules}

    # storefront's catalogue is chosen by a dotted path.
    assert listed - used == {("storefront", "catalogue"), ("media_pipeline", "results")}
