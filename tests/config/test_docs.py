"""What the reference says is what the code does: settings, steps, options, reasons."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import pytest

from media_pipeline import duplicates
from media_pipeline.registry import discover

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"
INSTALLING = ROOT / "docs" / "how_to" / "install-into-an-existing-site.md"
GARDEN = ROOT / "tests" / "hostsite" / "garden" / "settings.py"


def named_in(path: str) -> set[str]:
    """The settings that a module reads, by their full names."""
    text = (ROOT / path).read_text("utf-8")
    flat = set(re.findall(r'(?<![\w"])setting\(\s*"([A-Z_]+)"', text))
    return {f"MEDIA_PIPELINE_{name}" for name in flat} | set(
        re.findall(r'getattr\(\s*settings,\s*"([A-Z_]+)"', text)
    )


@pytest.mark.parametrize("path", ["media_pipeline/conf.py", "ugc/conf.py"])
def test_every_setting_has_its_line(path):
    lines = (REFERENCE / "settings.md").read_text("utf-8")

    names = named_in(path)
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", lines, re.MULTILINE))
    prefix = "UGC_" if path.startswith("ugc") else "MEDIA_PIPELINE_"

    assert len(names) > 10
    assert names == {name for name in documented if name.startswith(prefix)}


@pytest.mark.parametrize("path", ["media_pipeline/conf.py", "ugc/conf.py"])
def test_the_defaults_are_those_of_the_code(path):
    """Of all whose default is a plain value; the others are described in words."""
    lines = (REFERENCE / "settings.md").read_text("utf-8")
    said = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", lines, re.MULTILINE))
    compared = 0

    for call in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        name, default = _asked(call)
        if name not in said:
            continue
        try:
            value = _plain(default)
            shown = ast.literal_eval(said[name].strip().strip("`"))
        except (ValueError, SyntaxError):
            continue
        assert shown == value, name
        compared += 1

    assert compared > 10


def _asked(node):
    """The full name and the default of a call that reads a setting, else ("", None)."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return "", None
    constants = [a.value for a in node.args if isinstance(a, ast.Constant)]
    if node.func.id == "setting" and len(node.args) == 2:
        return f"MEDIA_PIPELINE_{constants[0]}", node.args[1]
    if node.func.id == "getattr" and len(node.args) == 3 and constants:
        return str(constants[0]), node.args[2]
    return "", None


def _plain(node):
    """The value of a literal or of a product of numbers; ``ValueError`` for others."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _plain(node.left) * _plain(node.right)
    return ast.literal_eval(node)


STEPS = discover().names()


def line_of(step: str) -> str:
    """A step's line in the table of steps."""
    text = (REFERENCE / "models.md").read_text("utf-8")
    table = text.partition("## Steps")[2].partition("### Reasons")[0]
    return next(line for line in table.splitlines() if line.startswith(f"| `{step}`"))


@pytest.mark.parametrize("step", [s for s in STEPS if not s.startswith("test")])
def test_every_step_has_its_line_with_every_option_and_default(step):
    kind = type(discover().build(step, _needed(step)))
    line = line_of(step)

    for field in dataclasses.fields(kind):
        if not field.init or field.metadata.get("is_apart") or field.name == "sought":
            continue
        assert f"`{field.name}`" in line, field.name
        if isinstance(field.default, bool):
            assert f"`{field.name}` {str(field.default).lower()}" in line
        elif isinstance(field.default, int | float):
            assert f"`{field.name}` {field.default:.3g}" in line


def _needed(step):
    return {"index": _Index()} if step == "products" else {}


class _Index:
    model, find = "", None


def test_every_reason_has_its_line():
    """Of those that stand in the code as words; others are made from labels."""
    said = " ".join(
        (REFERENCE / name).read_text("utf-8") for name in ("models.md", "backends.md")
    )
    reasons = {*duplicates._CONFIRMED.values(), *duplicates._MAYBE.values()}
    for name in ("moderation", "quality", "resolution"):
        text = (ROOT / f"media_pipeline/pipeline_steps/{name}.py").read_text("utf-8")
        reasons |= set(re.findall(r'reasons(?:\.append\(|=\()"(\w+)"', text))

    assert {"low_resolution", "blurred", "seen_before"} <= reasons
    assert {reason for reason in reasons if f"`{reason}`" not in said} == set()


def test_whoever_follows_the_steps_gets_what_the_foreign_site_has():
    """The settings of the guide are those that the tests of that site run with."""
    blocks = re.findall(
        r"```python\n(.*?)```", INSTALLING.read_text("utf-8"), re.DOTALL
    )
    guide = _settings_in(
        "\n".join(b for b in blocks if "MEDIA_PIPELINE" in b or "CELERY" in b)
    )
    garden = _settings_in(GARDEN.read_text("utf-8"))

    common = guide.keys() & garden.keys()
    assert {
        "UGC_CATALOGUE",
        "MEDIA_PIPELINE_CATALOGUE",
        "CELERY_BEAT_SCHEDULE",
        "CELERY_BROKER_URL",
    } <= common
    assert {name for name in common if guide[name] != garden[name]} == set()


def _settings_in(code: str) -> dict[str, str]:
    return {
        node.targets[0].id: ast.dump(node.value)
        for node in ast.parse(code).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
