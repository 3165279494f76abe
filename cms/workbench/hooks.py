"""The workbench's place in Wagtail's admin. ``cms.wagtail_hooks`` imports this."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.site_summary import SummaryItem
from wagtail.admin.ui.sidebar import LinkMenuItem

from .queue import waiting_count
from .views import PERMISSION


@hooks.register("register_admin_urls")
def register_workbench_urls() -> list[URLPattern | URLResolver]:
    return [path("photos/", include("cms.workbench.urls"))]


@hooks.register("register_permissions")
def register_moderation_permission() -> QuerySet[Permission]:
    """Let Wagtail's group editor give groups the right to moderate."""
    app_label, codename = PERMISSION.split(".")
    return Permission.objects.filter(
        content_type__app_label=app_label, codename=codename
    )


class PhotosMenuItem(MenuItem):
    """ "Photos", with the number of those that wait, for who may moderate."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    def render_component(self, request: HttpRequest) -> LinkMenuItem:
        # Menu items are shared by all requests, so the number must not stay on it.
        waiting = waiting_count()
        attrs: dict[str, Any] = dict(self.attrs)
        if waiting:
            attrs["data-photos-waiting"] = "99+" if waiting > 99 else str(waiting)
        return LinkMenuItem(
            self.name,
            self.label,
            self.url,
            icon_name=self.icon_name,
            classname=self.classname,
            attrs=attrs,
        )


@hooks.register("register_admin_menu_item")
def register_photos_menu_item() -> PhotosMenuItem:
    return PhotosMenuItem(
        _("Photos"),
        # Hooks are called while the addresses are still being read. Not any lazy
        # object: the sidebar would take it for a list of letters.
        reverse_lazy("shoppable_workbench:queue"),
        name="photos",
        icon_name="image",
        order=150,
    )


class WaitingPhotos(SummaryItem):
    """How many photos wait, on the admin's start page."""

    order = 50
    template_name = "shoppable_workbench/components/waiting_photos.html"

    def is_shown(self) -> bool:
        return bool(self.request.user.has_perm(PERMISSION))

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"waiting": waiting_count()}


@hooks.register("construct_homepage_summary_items")
def add_waiting_photos(request: HttpRequest, items: list[SummaryItem]) -> None:
    items.append(WaitingPhotos(request))


@hooks.register("insert_global_admin_css")
def menu_styles() -> SafeString:
    return format_html(
        '<link rel="stylesheet" href="{}">', static("shoppable_workbench/menu.css")
    )
