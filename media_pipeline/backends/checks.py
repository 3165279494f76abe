"""System checks of models and steps. ``apps.py`` registers them."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from media_pipeline import conf
from media_pipeline.pipeline import build_pipeline, worker_step_names
from media_pipeline.registry import WrongConfiguration

from .model_files import State
from .needed import needed_now


def register_checks() -> None:
    """Register all checks of this module; doing it again changes nothing."""
    register(check_models, Tags.files)
    register(check_steps)


def check_models(**_: Any) -> list[CheckMessage]:
    """Warn of what the steps need and is missing (W010) or changed (W011)."""
    messages: list[CheckMessage] = []
    for each in needed_now():
        if not each.problem:
            continue
        is_missing = each.state is State.MISSING
        asking = ", ".join(each.steps)
        messages.append(
            Warning(
                f"{each.problem}. Off until then: {asking}. Every photo waits for a "
                "person instead.",
                hint="manage.py pipeline status lists all that the steps lack.",
                id="media_pipeline.W010" if is_missing else "media_pipeline.W011",
            )
        )
    return messages


def check_steps(**_: Any) -> list[CheckMessage]:
    """Report steps and options that don't exist (E010, W012) or lack (E011, W013)."""
    messages: list[CheckMessage] = []
    for profile, setting in (("photo", "STEPS"), ("product", "PRODUCT_STEPS")):
        try:
            names = worker_step_names(profile)
            build_pipeline(names, profile=profile)
        except WrongConfiguration as error:
            messages.append(
                Error(
                    str(error),
                    hint=f"Correct MEDIA_PIPELINE_{setting} or "
                    "MEDIA_PIPELINE_STEP_OPTIONS.",
                    id="media_pipeline.E010",
                )
            )
            continue
        if profile == "photo" and not names:
            messages.append(
                Error(
                    "No step inspects photos.",
                    hint="Name at least one in MEDIA_PIPELINE_STEPS.",
                    id="media_pipeline.E011",
                )
            )
        elif profile == "photo" and "moderation" not in names:
            messages.append(
                Warning(
                    "No step moderates photos: a pass says nothing of what they show.",
                    hint="Add 'moderation' to MEDIA_PIPELINE_STEPS, or silence this "
                    "if a step of yours does it.",
                    id="media_pipeline.W013",
                )
            )
    unused = set(conf.step_options()) - set(_names())
    messages += [
        Warning(
            f"MEDIA_PIPELINE_STEP_OPTIONS has options for {name!r}, which is no step.",
            id="media_pipeline.W012",
        )
        for name in sorted(unused)
    ]
    return messages


def _names() -> tuple[str, ...]:
    from media_pipeline.registry import discover

    return discover().names()
