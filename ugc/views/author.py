"""The author's own pages of their photos."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
)
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from media_pipeline import refusals
from media_pipeline.exceptions import RefusedFile, StorageUnavailable
from media_pipeline.models import Rendition

from .. import access, author_page, conf, services, throttle
from ..catalogue import get_catalogue
from ..exceptions import NotPossible, TooManyUploads
from ..forms import ACCEPT, FileForm, PermissionsForm, WordsForm
from ..models import Photo, Surface
from .privacy import private


@sensitive_variables("token")
@private
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Open a secret link: remember it in the cookie, go to the clean address.

    Only opens a page, so that a mail scanner that follows it changes nothing.
    """
    row = access.open_token(token)
    if row is None or row.photo is None:
        raise Http404
    response = redirect(row.photo)
    access.remember(request, response, token)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@private
@require_safe
def my_photos(request: HttpRequest) -> HttpResponse:
    """All photos this browser may open, newest first."""
    photos = (
        access.holder_of(request)
        .photos()
        .select_related("asset", "persona", "decision")
        .prefetch_related("asset__renditions")
        .order_by("-pk")[:200]
    )
    rows = [
        {
            "photo": photo,
            "answer": author_page.answer_of(photo),
            "picture": _private_picture(photo),
        }
        for photo in photos
    ]
    return TemplateResponse(request, "shoppable_ugc/my_photos.html", {"rows": rows})


@private
@require_safe
def my_photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page of one photo, for its author."""
    return _my_photo_page(request, _own_photo_or_404(request, public_id))


@private
@require_safe
def my_photo_state(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where the photo is, for the polling script; one query if nothing changed."""
    photo = _own_photo_or_404(request, public_id)
    stamp = author_page.stamp_of(photo, get_language() or "")
    if request.headers.get("If-None-Match") == stamp:
        response: HttpResponse = HttpResponseNotModified()
    else:
        context = _state_context(photo)
        response = JsonResponse(
            {
                "wait": context["answer"].wait,
                "said": f"{context['answer'].headline}. {context['answer'].text}",
                "html": render_to_string(
                    "shoppable_ugc/components/photo_state.html", context, request
                ),
            }
        )
    response.headers["ETag"] = stamp
    return response


@private
@require_POST
def replace_file(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take another picture for a draft."""
    photo = _own_photo_or_404(request, public_id)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _my_photo_page(request, photo, file_form=form, status=400)
    try:
        throttle.count_upload(
            throttle.origins(
                address=conf.client_address(request), contributor=photo.contributor
            )
        )
        services.replace_file(
            photo, file=form.cleaned_data["photo"], contributor=photo.contributor
        )
    except RefusedFile as refusal:
        form.add_error("photo", str(refusals.wording(refusal.code)))
        return _my_photo_page(request, photo, file_form=form, status=400)
    except TooManyUploads:
        form.add_error("photo", _("Please try again in about an hour."))
        return _my_photo_page(request, photo, file_form=form, status=429)
    except StorageUnavailable:
        form.add_error("photo", _("Please try again in a few minutes."))
        return _my_photo_page(request, photo, file_form=form, status=503)
    except NotPossible:
        pass  # it went on meanwhile; its page shows where it is
    return redirect(photo)


@private
@require_POST
def edit_photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change caption and alt text."""
    photo = _own_photo_or_404(request, public_id)
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _my_photo_page(request, photo, words_form=form, status=400)
    with suppress(NotPossible):  # decided meanwhile; its page says so
        services.edit_photo(photo, contributor=photo.contributor, **form.cleaned_data)
    return redirect(photo)


@private
@require_POST
def set_permissions(request: HttpRequest, public_id: str) -> HttpResponse:
    """Allow exactly the surfaces that are switched on."""
    photo = _own_photo_or_404(request, public_id)
    form = PermissionsForm(request.POST)
    if not form.is_valid():
        # Only a made-up surface gets here; there is nothing to correct on a page.
        return HttpResponse(status=400)
    services.set_permissions(
        photo, surfaces=form.cleaned_data["surfaces"], contributor=photo.contributor
    )
    return redirect(photo)


@private
@require_POST
def withdraw_photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take the photo back everywhere."""
    photo = _own_photo_or_404(request, public_id)
    services.withdraw_photo(photo, contributor=photo.contributor)
    return redirect(photo)


@private
@require_POST
def restore_photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the photo again."""
    photo = _own_photo_or_404(request, public_id)
    services.restore_photo(photo, contributor=photo.contributor)
    return redirect(photo)


@private
@require_POST
def stop_mails(request: HttpRequest, public_id: str) -> HttpResponse:
    """Forget the author's address."""
    photo = _own_photo_or_404(request, public_id)
    services.stop_mails(photo.contributor)
    return redirect(photo)


def _own_photo_or_404(request: HttpRequest, public_id: str) -> Photo:
    """One query: whose it is, and all that its answer reads."""
    photo = (
        access.holder_of(request)
        .photos()
        .filter(public_id=public_id)
        .select_related("asset", "decision", "persona", "contributor")
        .first()
    )
    if photo is None:
        raise Http404
    return photo


def _private_picture(photo: Photo) -> Any:
    # Any: media_pipeline's Picture, which only templates look into.
    if photo.asset is None:
        return None

    def url_for(rendition: Rendition) -> str:
        return reverse(
            "shoppable_ugc:private_file", args=[photo.public_id, rendition.pk]
        )

    return photo.asset.private_picture(url_for)


def _state_context(photo: Photo) -> dict[str, Any]:
    return {
        "photo": photo,
        "answer": author_page.answer_of(photo),
        "picture": _private_picture(photo),
        "public_url": conf.photo_url(photo.public_id) if photo.is_public else "",
        "public_surfaces": list(photo.public),
        "events": list(photo.events.all()),
        "accept": ACCEPT,
        "earlier": _earlier(photo),
        "product": (
            get_catalogue().card(photo.product_key, language=get_language() or "en")
            if photo.product_key
            else None
        ),
    }


def _earlier(photo: Photo) -> Photo | None:
    """The author's own first photo of the same picture; nobody else's is named."""
    same = author_page.seen_before(photo)
    if not same:
        return None
    own = Photo.objects.of(photo.contributor).filter(asset__public_id__in=same)
    return own.filter(pk__lt=photo.pk).order_by("pk").first()


def _my_photo_page(
    request: HttpRequest,
    photo: Photo,
    *,
    file_form: FileForm | None = None,
    words_form: WordsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        **_state_context(photo),
        "stamp": author_page.stamp_of(photo, get_language() or ""),
        "file_form": file_form or FileForm(),
        "words_form": words_form
        or WordsForm(initial={"caption": photo.caption, "alt_text": photo.alt_text}),
        "surfaces": list(Surface),
        "chosen": {surface.slug for surface in photo.allowed},
        "min_age": conf.min_age(),
        "secret_url": request.build_absolute_uri(
            reverse("shoppable_ugc:open_link", args=[access.photo_token(photo)])
        ),
        "can_edit": photo.state
        not in {Photo.State.REFUSED, Photo.State.REMOVED, Photo.State.EXPIRED},
    }
    return TemplateResponse(
        request, "shoppable_ugc/my_photo.html", context, status=status
    )
