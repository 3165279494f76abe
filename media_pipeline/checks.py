"""System checks: what is wrong in the settings, before a photo finds out."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.core.files.storage import InvalidStorageError, storages
from django.utils.module_loading import import_string

from . import conf
from .backends.checks import register_checks as register_model_checks
from .sandbox.walls import Wall, Wish, supported
from .storage import FolderStorage

_EXAMPLE = (
    'STORAGES["{alias}"] = {{"BACKEND": "media_pipeline.storage.FolderStorage",'
    ' "OPTIONS": {{"location": …}}}}'
)


def check_storages(**_: Any) -> list[CheckMessage]:
    """Report storages that are missing (E001), shared (E002), unaddressed (E003)."""
    messages: list[CheckMessage] = []
    folders: dict[str, str] = {}
    aliases = {
        conf.incoming_storage(),
        conf.private_storage(),
        conf.public_storage(),
    }
    if len(aliases) < 3:
        messages.append(_shared(" and ".join(sorted(aliases))))
    for alias in sorted(aliases):
        try:
            storage = storages[alias]
        except InvalidStorageError as error:
            messages.append(
                Error(
                    f"The storage {alias!r} can't be had: {error}",
                    hint=_EXAMPLE.format(alias=alias),
                    id="media_pipeline.E001",
                )
            )
            continue
        if isinstance(storage, FolderStorage):
            place = str(storage.location.resolve())
            if place in folders:
                messages.append(_shared(f"{folders[place]} and {alias}"))
            folders[place] = alias
            if alias == conf.public_storage() and storage.base_url is None:
                messages.append(
                    Error(
                        f"The storage {alias!r} has no base_url.",
                        hint='Add "base_url": "/media/", the address of'
                        " media_pipeline.urls, to its OPTIONS.",
                        id="media_pipeline.E003",
                    )
                )
    return messages


def _shared(names: str) -> Error:
    return Error(
        f"Two storages share one place: {names}.",
        hint="Uploads, private files and public files need a place each.",
        id="media_pipeline.E002",
    )


def check_sandbox(**_: Any) -> list[CheckMessage]:
    """Report a platform or command that no sandbox can be started with."""
    messages: list[CheckMessage] = []
    if sys.platform != "linux":
        messages.append(
            Warning(
                "Photos can't be checked on this platform: the sandbox needs Linux.",
                hint="Run the worker on Linux.",
                id="media_pipeline.W001",
            )
        )
    command = conf.sandbox_command()
    if shutil.which(command[0]) is None:
        messages.append(
            Error(
                f"The sandbox's command {command[0]!r} isn't there.",
                hint="Leave MEDIA_PIPELINE_SANDBOX_COMMAND to its default.",
                id="media_pipeline.E004",
            )
        )
    return messages


def check_second_wall(**_: Any) -> list[CheckMessage]:
    """Report a sandbox without its filter of system calls (E006, E007, W002, I001)."""
    wish = conf.sandbox_second_wall()
    if wish not in set(Wish):
        return [
            Error(
                f"MEDIA_PIPELINE_SANDBOX_SECOND_WALL is {wish!r}.",
                hint=f"It is one of: {', '.join(Wish)}.",
                id="media_pipeline.E006",
            )
        ]
    if wish == Wish.OFF:
        return [
            Info(
                "Photos are decoded without a filter of system calls, as set.",
                hint='Set MEDIA_PIPELINE_SANDBOX_SECOND_WALL to "auto".',
                id="media_pipeline.I001",
            )
        ]
    if sys.platform != "linux" or Wall.SECCOMP in supported():
        return []  # another platform has its own warning
    said = "This kernel can't filter the system calls of the processes that decode"
    hint = (
        "The filter needs seccomp on x86-64 or aarch64; a container may forbid it."
        " `python -m media_pipeline.sandbox` shows what stands."
    )
    if wish == Wish.REQUIRED:
        return [
            Error(
                f"{said}; no photo will be checked.",
                hint=hint,
                id="media_pipeline.E007",
            )
        ]
    return [
        Warning(
            f"{said}; only their limits hold them.", hint=hint, id="media_pipeline.W002"
        )
    ]


def check_limits(**_: Any) -> list[CheckMessage]:
    """Report limits that would refuse every picture."""
    problems = []
    if not 0 < conf.min_side() < conf.max_side():
        problems.append("MIN_SIDE must be above 0 and below MAX_SIDE")
    if conf.max_pixels() < conf.min_side() ** 2:
        problems.append("MAX_PIXELS leaves no room for MIN_SIDE")
    if conf.max_ratio() < 1:
        problems.append("MAX_RATIO must be at least 1")
    if conf.max_upload_bytes() < 1:
        problems.append("MAX_UPLOAD_BYTES must be above 0")
    # What the decoders and a 52-MP picture need was measured; see the sandbox.
    if conf.sandbox_memory_bytes() < 512 * 1024 * 1024:
        problems.append("SANDBOX_MEMORY_BYTES must be at least 512 MiB")
    return [
        Error(f"MEDIA_PIPELINE_{problem}.", id="media_pipeline.E005")
        for problem in problems
    ]


def check_catalogue(**_: Any) -> list[CheckMessage]:
    """Report dotted paths that name nothing (E012)."""
    messages: list[CheckMessage] = []
    for setting, path in (
        ("CATALOGUE", conf.catalogue()),
        ("PRODUCT_INDEX", conf.product_index()),
    ):
        if not path:
            continue
        try:
            import_string(path)
        # RuntimeError: models of an app that is not installed.
        except (ImportError, RuntimeError) as error:
            messages.append(
                Error(
                    f"MEDIA_PIPELINE_{setting} names {path!r}: {error}",
                    hint="Name a class or function by its dotted path.",
                    id="media_pipeline.E012",
                )
            )
    return messages


register(check_storages, Tags.files)
register(check_sandbox)
register(check_second_wall)
register(check_limits)
register(check_catalogue)
register_model_checks()
