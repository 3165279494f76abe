"""The garden's own base page, in an app of its own as Wagtail's migrations need it."""

from __future__ import annotations

from django.db import models
from wagtail.models import AbstractPage


class GardenPage(AbstractPage):
    """No fields for search engines; a season instead."""

    season = models.CharField(max_length=20, blank=True)

    content_panels = [*AbstractPage.content_panels, "season"]
