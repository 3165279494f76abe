"""Who may open pictures, and who may know Django."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("outbox", "media_pipeline", "ugc", "storefront", "cms", "config")
THE_OPENER = ROOT / "media_pipeline" / "sandbox" / "intake.py"


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def calls_in(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_image_open_is_called_in_one_place_and_with_formats():
    callers = {}
    for path in sources():
        for call in calls_in(path):
            if ast.unparse(call.func).endswith(
                ("Image.open", "open_heif", "read_heif")
            ):
                callers.setdefault(path, []).append(call)

    assert set(callers) == {THE_OPENER}
    for call in callers[THE_OPENER]:
        assert "formats" in {keyword.arg for keyword in call.keywords}


def test_nobody_opens_pictures_by_another_name():
    """Neither Image.open under a new name nor another library's reader."""
    suspicious = re.compile(
        r"from PIL\.Image import|imread|imdecode|ImageFile\.Parser|pyvips|simplejpeg"
        r"|ImageIO|PyTurboJPEG"
    )

    found = [path for path in sources() if suspicious.search(path.read_text("utf-8"))]

    assert found == []


def test_pillow_never_takes_half_pictures():
    for path in sources():
        text = path.read_text("utf-8")
        assert "LOAD_TRUNCATED_IMAGES = True" not in text
        if path != THE_OPENER:
            assert "MAX_IMAGE_PIXELS" not in text or "WAGTAILIMAGES" in text


BLOCKED = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("django", "celery", "wagtail", "outbox"):
            raise ImportError("blocked: " + name)

sys.meta_path.insert(0, Refuse())
"""


@pytest.fixture
def without_django(tmp_path) -> dict[str, str]:
    """An environment in which every Python process refuses to import Django."""
    (tmp_path / "sitecustomize.py").write_text(BLOCKED)
    return {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}


@pytest.mark.slow
def test_the_command_answers_without_django(without_django, tmp_path):
    from media_pipeline.testing import picture_bytes

    photo = tmp_path / "photo.jpg"
    photo.write_bytes(picture_bytes(640, 480))

    ended = subprocess.run(
        [sys.executable, "-m", "media_pipeline", str(photo), "--out", str(tmp_path)],
        env=without_django,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert '"outcome": "accepted"' in ended.stdout
    assert "blocked" not in ended.stderr


def test_the_sandbox_server_needs_neither_django_nor_numpy(without_django):
    code = (
        "import sys; import media_pipeline.sandbox.server;"
        "print([name for name in ('numpy', 'onnxruntime', 'django', 'sqlite3')"
        " if name in sys.modules])"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=without_django,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ended.stdout.strip() == "[]", ended.stderr


def test_conf_answers_defaults_where_django_is_installed_but_not_configured():
    code = (
        "import django.conf; from media_pipeline import conf;"
        "print(conf.max_pixels(), conf.incoming_storage())"
    )
    environment = {
        key: value
        for key, value in os.environ.items()
        if key != "DJANGO_SETTINGS_MODULE"
    }

    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ended.stdout.split() == ["52000000", "incoming"], ended.stderr
