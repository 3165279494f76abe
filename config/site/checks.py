"""System checks of the complete site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

_OF_ONE_PROCESS = "django.core.cache.backends.locmem.LocMemCache"


@register(Tags.security, deploy=True)
def check_shared_cache(**_kwargs: Any) -> list[CheckMessage]:
    """Wrong passwords are counted where all processes see it."""
    if settings.CACHES["default"]["BACKEND"] != _OF_ONE_PROCESS:
        return []
    return [
        Warning(
            "Each process has a cache of its own, and so counts wrong passwords and "
            "reset mails alone: of several, each allows as many.",
            hint="Set SCHAUFENSTER_CACHE_URL to a Redis that they share.",
            id="site.W001",
        )
    ]
