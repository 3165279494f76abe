"""Plants that the garden sells, and pages that tell stories with members' photos."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from grounds.models import GardenPage
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField

from cms.blocks import story_blocks


class Plant(models.Model):
    key = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    euros = models.DecimalField(max_digits=6, decimal_places=2)
    in_stock = models.PositiveIntegerField(default=0)
    is_sold = models.BooleanField(default=True)
    drawing = models.FileField(blank=True)

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("plant", args=[self.key])


class StoryPage(GardenPage):
    story = StreamField(story_blocks(), blank=True)

    content_panels = [*GardenPage.content_panels, FieldPanel("story")]
    template = "plants/story_page.html"
