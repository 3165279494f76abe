"""The sentences that photos are compared with, kept by editors in Wagtail's settings."""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from media_pipeline.models import Prompt

# Before any view asks for it.
register_permission_policy(Prompt, ModelPermissionPolicy(Prompt))


class PromptViewSet(ModelViewSet):
    model = Prompt
    name = "shoppable_prompts"
    icon = "search"
    # As the heading of its pages: the model's own name, in capitals.
    menu_label = capfirst(Prompt._meta.verbose_name_plural)
    add_to_settings_menu = True
    list_display = ["word_en", "word_de", "text", "threshold", "meaning", "is_active"]
    list_filter = ["meaning", "is_active"]
    search_fields = ["word_en", "word_de", "text"]
    panels = [
        HelpPanel(
            content=_(
                "Photos are compared with these sentences if the site has a pair of "
                "networks for it. Look at the scores of a few photos before choosing "
                "a limit, and try several wordings."
            )
        ),
        FieldPanel("text"),
        FieldRowPanel([FieldPanel("word_en"), FieldPanel("word_de")]),
        FieldRowPanel([FieldPanel("threshold"), FieldPanel("meaning")]),
        FieldPanel("is_active"),
    ]


@hooks.register("register_admin_viewset")
def register_prompts() -> PromptViewSet:
    return PromptViewSet()
