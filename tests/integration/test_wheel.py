"""The wheel by itself: in an environment that holds what it declares, and nothing else.

Nothing is fetched: the environment's packages are links to those of this one. What
the wheel needs and does not declare is therefore missing there, and fails here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from media_pipeline import conf
from media_pipeline.backends.model_files import MODEL_FILES, State, state_of
from media_pipeline.testing import picture_bytes

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 300


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
        + ["--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = folder.glob("*.whl")
    return built


def needed_by(requirements: list[str], extra: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and extra of what these requirements ask for here."""
    for line in requirements:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": extra}):
            name = canonicalize_name(requirement.name)
            yield from ((name, wanted) for wanted in ("", *sorted(requirement.extras)))


def closure(requirements: list[str]) -> dict[str, Distribution]:
    """Return all that pip would install for these requirements, by name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = list(needed_by(requirements))
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found[name] = distribution(name)
        waiting += needed_by(found[name].requires or [], extra)
    return found


def places_of(package: Distribution) -> set[str]:
    """Return the names under site-packages that a package's files stand in."""
    names = {file.parts[0] for file in package.files or ()}
    return names - {"..", "__pycache__", "bin"}


class Empty:
    """A new environment: Python, the wheel, and what it declares."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        venv.EnvBuilder(symlinks=True, with_pip=False).create(folder / "venv")
        self.python = folder / "venv" / "bin" / "python"
        [self.packages] = (folder / "venv" / "lib").glob("python*/site-packages")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.packages)
        [metadata] = self.packages.glob("schaufenster-*.dist-info")
        self.declared = closure(Distribution.at(metadata).requires or [])
        for package in self.declared.values():
            for name in places_of(package):
                link = self.packages / name
                if not link.exists():
                    link.symlink_to(Path(package.locate_file(name)))

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run Python there: no settings, no path to the source, nobody's home."""
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env={
                "PATH": os.defpath,
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",
                **more,
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.fixture(scope="module")
def empty(wheel, tmp_path_factory) -> Empty:
    return Empty(tmp_path_factory.mktemp("empty"), wheel)


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("photos") / "photo.jpg"
    path.write_bytes(picture_bytes(800, 600))
    return str(path)


def test_the_environment_holds_only_what_is_declared(empty):
    assert {"django", "wagtail", "pillow", "onnxruntime"} <= set(empty.declared)
    # What this one has beside that is needed for work on the project, not to run it.
    for name in ("pytest", "ruff", "build"):
        assert name not in empty.declared
        assert empty.run("-c", f"import {name}").returncode != 0


def test_the_command_works_without_settings_and_without_models(empty, photo):
    done = empty.run("-m", "media_pipeline", photo, "--out", "out")

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["outcome"] == "accepted"
    # Without its models a photo is nobody's but a person's to judge, and is told so.
    assert answer["verdict"] == "review"
    assert "models install" in done.stderr
    assert answer["renditions"]
    for rendition in answer["renditions"]:
        assert (empty.folder / "out" / rendition["path"]).stat().st_size


@pytest.mark.skipif(
    any(state_of(model) is not State.READY for model in MODEL_FILES),
    reason="The models are not installed.",
)
def test_every_step_works_with_what_is_declared(empty, photo):
    """An engine that is imported and not declared would make its step unavailable."""
    done = empty.run(
        "-m",
        "media_pipeline",
        photo,
        MEDIA_PIPELINE_MODELS_FOLDER=str(conf.models_folder()),
    )

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    reasons = {reason for each in answer["findings"] for reason in each["reasons"]}
    assert not {reason for reason in reasons if reason.endswith("_unavailable")}
    for key in ("moderation", "tags", "colours", "faces", "text", "codes", "hashes"):
        assert answer[key] is not None, key


def test_a_refusal_is_an_answer_there_too(empty, tmp_path):
    (tmp_path / "page.jpg").write_bytes(b"<!DOCTYPE html><p>hello")

    done = empty.run("-m", "media_pipeline", str(tmp_path / "page.jpg"))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["reasons"] == ["not_a_picture"]


def test_models_that_cannot_be_fetched_are_named_with_what_to_do(empty):
    done = empty.run("-m", "media_pipeline", "models", "install", PATH="/nonexistent")

    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "--from" in said


def test_every_module_of_the_apps_loads_with_what_is_declared(empty):
    """Without Wagtail too: cms is the host-site test's."""
    done = empty.run(
        "-c",
        "import django\n"
        "from django.conf import settings\n"
        "settings.configure(\n"
        "    SECRET_KEY='x' * 50, USE_TZ=True, WAGTAIL_SITE_NAME='Shop',\n"
        "    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3',\n"
        "                           'NAME': ':memory:'}},\n"
        "    INSTALLED_APPS=['django.contrib.auth', 'django.contrib.contenttypes',\n"
        "                    'django.contrib.sessions', 'outbox', 'media_pipeline',\n"
        "                    'ugc', 'storefront'],\n"
        ")\n"
        "django.setup()\n"
        "import importlib, pkgutil\n"
        "import media_pipeline, outbox, storefront, ugc\n"
        "for package in (media_pipeline, outbox, storefront, ugc):\n"
        "    for module in pkgutil.walk_packages(\n"
        "        package.__path__, package.__name__ + '.'\n"
        "    ):\n"
        "        if not module.name.endswith(('__main__', '.testing', '.contract')):\n"
        "            importlib.import_module(module.name)\n"
        "print('loaded')\n",
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("loaded\n")
