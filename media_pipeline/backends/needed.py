"""What the configured steps need on this machine, and what of it is not as it should be."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import Step, WrongConfiguration

from .model_files import AnyModel, State, path_of, read_verified, state_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """One file of weights, a package or a service, and the steps that ask it.

    ``problem`` is empty while all is well; else it says what is wrong and what to do.
    """

    name: str
    version: str = ""  # of the package it is or comes from; empty if nobody knows
    purpose: str
    source: str
    sha256: str  # what it should be; empty for a package
    steps: tuple[str, ...]
    state: State
    problem: str = ""


def needed_now() -> tuple[Needed, ...]:
    """Return what the steps need that a worker runs by the settings.

    Asks no database. A step whose options are wrong is left out: the system check
    ``media_pipeline.E010`` names it.
    """
    # Here: it imports every engine, which reading one file does without.
    from media_pipeline.pipeline import build_pipeline, worker_step_names

    steps: list[Step] = []
    for profile in ("photo", "product"):
        for name in worker_step_names(profile):
            with contextlib.suppress(WrongConfiguration):
                steps += build_pipeline([name], profile=profile).steps
    return needed_by(steps)


def needed_by(steps: Iterable[Step]) -> tuple[Needed, ...]:
    """Return what these steps need, each thing once, in the order of the steps."""
    files: dict[str, AnyModel] = {}
    asking: dict[str, list[str]] = {}
    others: dict[str, Needed] = {}
    for step in steps:
        try:
            for file in _files_of(step):
                path = str(path_of(file))
                files[path] = file
                asking.setdefault(path, []).append(step.name)
            found = [_package(step, package) for package in _packages_of(step)]
            if not any(each.problem for each in found):
                found += [_other(step, model) for model in _models_of(step)]
            check = getattr(getattr(step, "engine", None), "check", None)
            if check is not None:
                check()
        except BackendUnavailable as error:
            found = [_other(step, step.name, str(error))]
        for each in found:
            known = others.get(each.name, each)
            asked_by = tuple(dict.fromkeys((*known.steps, step.name)))
            others[each.name] = dataclasses.replace(
                each, steps=asked_by, purpose=f"asked by {', '.join(asked_by)}"
            )
    return (
        *(
            needed_file(file, tuple(dict.fromkeys(asking[path])))
            for path, file in files.items()
        ),
        *others.values(),
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
        version=file.version,
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


def _packages_of(step: Step) -> tuple[str, ...]:
    """Return the packages that the step and its engine can't do without."""
    engine = getattr(step, "engine", None)
    return (*getattr(step, "packages", ()), *getattr(engine, "packages", ()))


def _package(step: Step, package: str) -> Needed:
    try:
        return _other(step, package, version=version(package))
    except PackageNotFoundError:
        return _other(
            step, package, f"{package} is not installed; run: pip install {package}"
        )


def _other(step: Step, name: str, problem: str = "", *, version: str = "") -> Needed:
    return Needed(
        name=name,
        version=version,
        purpose=f"asked by {step.name}",
        source="no weights" if not problem else "not installed",
        sha256="",
        steps=(step.name,),
        state=State.MISSING if problem else State.READY,
        problem=problem,
    )
