from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import pytest

from media_pipeline.pipeline import DEFAULT_STEPS
from media_pipeline.registry import StepRegistry, WrongConfiguration, discover
from media_pipeline.results import StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Pleasant:
    name: ClassVar[str] = "pleasant"
    limit: int = 3

    def inspect(self, frame):
        return StepResult(step=self.name)


@dataclass(frozen=True)
class AlsoPleasant(Pleasant):
    pass


def test_builds_a_registered_step_with_its_options():
    registry = StepRegistry()
    registry.register(Pleasant)

    assert registry.build("pleasant", {"limit": 5}) == Pleasant(limit=5)


def test_an_unknown_step_is_answered_with_the_known_ones():
    registry = StepRegistry()
    registry.register(Pleasant)

    with pytest.raises(WrongConfiguration, match=r"'plaesant'.*pleasant"):
        registry.build("plaesant")


def test_an_unknown_option_names_the_step_and_the_option():
    registry = StepRegistry()
    registry.register(Pleasant)

    with pytest.raises(WrongConfiguration, match=r"'pleasant'.*limmit"):
        registry.build("pleasant", {"limmit": 5})


def test_two_steps_of_one_name_are_refused():
    registry = StepRegistry()
    registry.register(Pleasant)

    with pytest.raises(WrongConfiguration, match="Two steps"):
        registry.register(AlsoPleasant)


def test_the_same_step_may_register_twice():
    registry = StepRegistry()

    assert registry.register(Pleasant) is registry.register(Pleasant)


def test_discovery_finds_the_built_in_steps():
    assert {"hashes", "moderation", "tags", "resolution"} <= set(discover().names())


def test_discovery_imports_pipeline_steps_of_installed_apps(
    settings, tmp_path, monkeypatch
):
    app = tmp_path / "shop_with_a_step"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "pipeline_steps.py").write_text(
        "from media_pipeline.registry import registry\n"
        "from media_pipeline.results import StepResult\n"
        "@registry.register\n"
        "class Sunny:\n"
        "    name = 'sunny'\n"
        "    def inspect(self, frame):\n"
        "        return StepResult(step=self.name)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = discover()
    monkeypatch.setattr(registry, "_classes", dict(registry._classes))

    settings.INSTALLED_APPS = ["shop_with_a_step"]

    assert "sunny" in discover().names()


def test_steps_are_found_and_built_without_django():
    code = (
        "import sys; from media_pipeline.pipeline import build_pipeline;"
        "print(len(build_pipeline().steps), 'django' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [str(len(DEFAULT_STEPS)), "False"]
