"""The ban list: pictures that are never shown, whoever sends them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from media_pipeline.exceptions import MediaPipelineError
from media_pipeline.models import BannedPicture
from ugc import services
from ugc.exceptions import NotPossible
from ugc.models import Photo

from .. import queue as lists
from ..flash import pop_told, tell
from ..forms import BanForm
from .desk import editor, furniture, moderators_only, photo_or_404, review_url
from .telling import tell_conflict, tell_errors

BANS_PER_PAGE = 50


@require_GET
@moderators_only
def bans(request: HttpRequest) -> HttpResponse:
    """The whole list, newest first, with the photos that are still here."""
    pages = Paginator(
        BannedPicture.objects.order_by("-banned_at", "-pk"), BANS_PER_PAGE
    )
    page = pages.get_page(request.GET.get("p"))
    photos = {
        photo.asset.public_id: photo
        for photo in lists.for_tiles(
            Photo.objects.filter(
                asset__public_id__in=[each.public_id for each in page.object_list]
            )
        )
        if photo.asset is not None
    }
    rows = [
        {"banned": each, "photo": photo, "picture": photo and _picture(photo)}
        for each in page.object_list
        for photo in (photos.get(each.public_id),)
    ]
    return TemplateResponse(
        request,
        "shoppable_workbench/bans.html",
        {
            **furniture(gettext("Ban list"), within_queue=True),
            "rows": rows,
            "page": page,
            "told": pop_told(request),
        },
    )


@require_POST
@moderators_only
def ban(request: HttpRequest, public_id: str) -> HttpResponse:
    """Put the photo's picture on the list, and turn the photo down."""
    photo = photo_or_404(public_id)
    form = BanForm(request.POST)
    if not form.is_valid():
        tell_errors(request, form)
        return redirect(review_url(photo))
    try:
        services.ban_photo(
            photo, by=editor(request), reason=form.cleaned_data["reason"]
        )
    except NotPossible:
        tell_conflict(request, photo)
    except MediaPipelineError:
        # The storage or the decoder: the picture could not be read.
        tell(
            request,
            gettext("The picture could not be read just now. Please try again."),
            level="error",
        )
    else:
        tell(
            request,
            gettext(
                "Banned: this picture is refused from now on, whoever sends it. "
                "“Lift the ban” takes that back."
            ),
        )
    return redirect(review_url(photo))


@require_POST
@moderators_only
def lift_ban(request: HttpRequest) -> HttpResponse:
    """Take a picture off the list; go back to where the button was."""
    if services.lift_ban(request.POST.get("banned", ""), by=editor(request)):
        tell(
            request,
            gettext(
                "The ban is lifted. A photo that was refused for it stays refused "
                "until you open it again."
            ),
        )
    else:
        tell(
            request,
            gettext("The picture was not on the ban list any more."),
            level="warning",
        )
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("shoppable_workbench:bans")
    return redirect(back)


def _picture(photo: Photo) -> object:
    return lists.draw_private(photo, sizes="12rem", alt=photo.alt_text)
