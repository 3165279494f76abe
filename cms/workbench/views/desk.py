"""What every view of the workbench needs: who may enter, where things are."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext

from ugc.models import Photo, PhotoQuerySet

from ..queue import Tab

PERMISSION = "shoppable_ugc.moderate_photo"
OPENS_NEXT = "shoppable_workbench_opens_next"  # in the session

P = ParamSpec("P")


def moderators_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Answer 403 to editors who may not moderate, before any photo is looked up."""

    def checked(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if request.user.has_perm(PERMISSION):
            return view(request, *args, **kwargs)
        return TemplateResponse(
            request,
            "shoppable_workbench/forbidden.html",
            furniture(gettext("Photos")),
            status=403,
        )

    update_wrapper(checked, view)
    return checked


def queue_url(tab: Tab) -> str:
    """Return the address of one tab."""
    address = reverse("shoppable_workbench:queue")
    return address if tab is Tab.WAITING else f"{address}?{urlencode({'tab': tab})}"


def review_url(photo: Photo) -> str:
    """Return the address of a photo's page in the workbench."""
    return review_url_of(photo.public_id)


def review_url_of(public_id: str) -> str:
    """Return the same, of the photo with this public id."""
    return reverse("shoppable_workbench:review", args=[public_id])


def furniture(title: str, *, within_queue: bool = False) -> dict[str, Any]:
    """Return what the frame around every page reads: title and breadcrumbs."""
    crumbs = [{"url": reverse("wagtailadmin_home"), "label": gettext("Home")}]
    if within_queue:
        address = reverse("shoppable_workbench:queue")
        crumbs.append({"url": address, "label": gettext("Photos")})
    crumbs.append({"url": "", "label": title})
    return {"title": title, "breadcrumbs_items": crumbs}


def editor(request: HttpRequest) -> AbstractBaseUser:
    """Return who is signed in."""
    # moderators_only has let nobody in who is not signed in.
    return cast("AbstractBaseUser", request.user)


def tab_named(name: str) -> Tab:
    """Return the tab an address asks for, or the first one."""
    return Tab(name) if name in list(Tab) else Tab.WAITING


def language() -> str:
    """Return the language of the editor's admin."""
    return get_language() or "en"


def photo_or_404(public_id: str, photos: PhotoQuerySet | None = None) -> Photo:
    """Return the photo, with what its row is read beside."""
    if photos is None:
        photos = Photo.objects.select_related("asset", "persona", "contributor")
    return get_object_or_404(photos, public_id=public_id)
