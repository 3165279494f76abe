"""What the configured steps need on this machine, and what of it is not as it should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import Step

from .model_files import AnyModel, State, path_of, read_verified, state_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """One file of weights, or a package without any, and the steps that ask it.

    ``problem`` is empty while all is well; else it says what is wrong and what to do.
    """

    name: str
    purpose: str
    source: str
    sha256: str  # what it should be; empty for a package
    steps: tuple[str, ...]
    state: State
    problem: str = ""


def needed_by(steps: Iterable[Step]) -> tuple[Needed, ...]:
    """Return what these steps need, each file once, in the order of the steps."""
    files: dict[str, AnyModel] = {}
    asking: dict[str, list[str]] = {}
    others: list[Needed] = []
    for step in steps:
        try:
            for file in _files_of(step):
                path = str(path_of(file))
                files[path] = file
                asking.setdefault(path, []).append(step.name)
            others.extend(_other(step, model) for model in _models_of(step))
            others.extend(
                _other(step, f"{package} {_version(package)}")
                for package in getattr(step, "packages", ())
            )
        except BackendUnavailable as error:
            others.append(_other(step, step.name, str(error)))
    return (
        *(
            needed_file(file, tuple(dict.fromkeys(asking[path])))
            for path, file in files.items()
        ),
        *others,
    )


def needed_file(file: AnyModel, steps: tuple[str, ...] = ()) -> Needed:
    """Return how one file does. Reads it once per process and change."""
    state = state_of(file)
    problem = ""
    if state is not State.READY:
        try:
            read_verified(file)
            state = State.READY  # mended meanwhile
        except BackendUnavailable as error:
            problem = str(error)
    return Needed(
        name=file.file_name,
        purpose=file.purpose,
        source=file.source,
        sha256=file.sha256,
        steps=steps,
        state=state,
        problem=problem,
    )


def _files_of(step: Step) -> tuple[AnyModel, ...]:
    return tuple(getattr(getattr(step, "engine", None), "files", ()))


def _models_of(step: Step) -> tuple[str, ...]:
    """Return what the engine says of itself, if it reads no files of ours."""
    engine = getattr(step, "engine", None)
    if hasattr(engine, "files"):
        return ()
    return tuple(str(model) for model in getattr(engine, "models", ()))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise BackendUnavailable(
            f"{package} is not installed; run: pip install {package}"
        ) from error


def _other(step: Step, name: str, problem: str = "") -> Needed:
    return Needed(
        name=name,
        purpose=f"step {step.name}",
        source="no weights" if not problem else "not installed",
        sha256="",
        steps=(step.name,),
        state=State.MISSING if problem else State.READY,
        problem=problem,
    )
