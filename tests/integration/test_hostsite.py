"""A foreign site with our apps: from the source tree, and from the built wheel.

The site is ``tests/hostsite``; its own tests run there, in its own process,
with its own settings. Here they are only started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.servers import end, start

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent.parent
HOSTSITE = ROOT / "tests" / "hostsite"
PACKAGES = ("outbox", "media_pipeline", "ugc", "storefront", "cms")
SECONDS = 900


class Garden:
    """The host's project: a copy outside our tree, so that only ``packages`` is seen."""

    def __init__(self, folder: Path, packages: Path) -> None:
        self.site = folder / "site"
        shutil.copytree(
            HOSTSITE, self.site, ignore=shutil.ignore_patterns("__pycache__")
        )
        (self.site / "__init__.py").unlink()
        data = folder / "data"
        data.mkdir()
        # Nothing of this run's settings may leak into the host's.
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
        self.environment = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PYTHONPATH": str(packages),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DJANGO_SETTINGS_MODULE": "garden.settings",
            "GARDEN_DATA_DIR": str(data),
            "GARDEN_PACKAGES": str(packages),
        }

    def run(self, *arguments: str) -> str:
        """Run Python in the project; fail with all it said if it fails."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.site,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{' '.join(arguments)}\n{said[-8000:]}"
        return said


@pytest.fixture
def garden(tmp_path):
    return Garden(tmp_path, ROOT)


def test_a_foreign_site_checks_without_a_warning(garden):
    garden.run("manage.py", "check", "--fail-level", "WARNING")


def test_a_foreign_site_needs_no_migrations_of_its_own_for_our_models(garden):
    garden.run("manage.py", "makemigrations", "--check", "--dry-run")


def test_a_photo_goes_its_whole_way_on_a_foreign_site(garden):
    said = garden.run("-m", "pytest", "-q", "-c", "pytest.ini", "garden_tests.py")

    assert " passed" in said


def test_the_sites_own_worker_checks_what_is_uploaded(garden, tmp_path):
    garden.run("manage.py", "migrate", "--no-input")
    log = tmp_path / "worker.log"
    worker = start(
        [sys.executable, "-m", "celery", "-A", "garden", "worker", "-B", "-c", "1"]
        + ["--without-gossip", "--without-mingle", "-l", "warning"],
        log=log,
        env={**garden.environment, "C_FORCE_ROOT": "1"},
        cwd=garden.site,
    )

    try:
        said = garden.run("upload_and_wait.py")
    except AssertionError as failure:
        failure.add_note(log.read_text())
        raise
    finally:
        end(worker)

    assert "checked" in said


# --- the wheel ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as it would be published, built by the declared backend."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
        + ["--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_packages_whole_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.split("/")[0] for name in names}

    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    for package in PACKAGES:
        expected = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert expected <= names
    assert not [name for name in names if name.endswith((".pyc", ".sqlite3"))]


@pytest.mark.parametrize(
    "name",
    [
        "ugc/py.typed",
        "ugc/migrations/0001_initial.py",
        "ugc/templates/shoppable_ugc/submit_photo.html",
        "ugc/static/shoppable_ugc/ugc.css",
        "ugc/locale/de/LC_MESSAGES/django.mo",
        "storefront/locale/de/LC_MESSAGES/django.mo",
        "cms/locale/de/LC_MESSAGES/django.mo",
        "cms/pages/migrations/0001_initial.py",
        "cms/templates/shoppable_workbench/review.html",
        "cms/static/shoppable_workbench/review.js",
        "media_pipeline/backends/weights/clothing_head.npz",
    ],
)
def test_the_wheel_holds_what_is_not_python(wheel, name):
    with zipfile.ZipFile(wheel) as archive:
        assert archive.getinfo(name).file_size > 0 or name.endswith("py.typed")


def test_the_wheel_alone_carries_a_foreign_site(wheel, tmp_path):
    target = tmp_path / "packages"
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    subprocess.run(
        [*installer, "install", "--quiet", "--no-deps", "--target", target, wheel],
        check=True,
        timeout=SECONDS,
        capture_output=True,
    )
    garden = Garden(tmp_path, target)

    garden.run("manage.py", "check", "--fail-level", "WARNING")
    garden.run("manage.py", "migrate", "--no-input")
    garden.run("manage.py", "collectstatic", "--no-input", "--dry-run")
    said = garden.run("-m", "pytest", "-q", "-c", "pytest.ini", "garden_tests.py")

    assert " passed" in said
