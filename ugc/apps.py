from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UgcConfig(AppConfig):
    name = "ugc"
    label = "shoppable_ugc"
    verbose_name = _("Customers' photos")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers the checks and what follows from the pipeline's answers.
        from . import checks, receivers

        del checks, receivers
