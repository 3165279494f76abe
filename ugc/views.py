"""Upload, and the author's own pages of a photo."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    HttpResponseNotModified,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from media_pipeline import refusals
from media_pipeline import services as media
from media_pipeline.exceptions import RefusedFile, StorageUnavailable
from media_pipeline.models import Rendition

from . import access, author_page, conf, services, throttle
from .catalogue import ProductCard, get_catalogue
from .exceptions import NotPossible, TooManyUploads
from .forms import ACCEPT, FileForm, PermissionsForm, PhotoForm, WordsForm, files_of
from .models import Contributor, Photo, Surface

P = ParamSpec("P")
ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_CONTENT_TYPES = {"avif": "image/avif", "jpeg": "image/jpeg"}


def _private(view: View[P]) -> View[P]:
    """Of nobody's business but the holder's: kept by no cache, found by no search."""

    @wraps(view)
    def answer(
        request: HttpRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return cast("View[P]", answer)


# --- upload -------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def submit_photo(request: HttpRequest, product_key: str = "") -> HttpResponseBase:
    """Show the upload page, or take photos; the script asks for JSON."""
    product_key = product_key or request.GET.get("product", "")
    product = _product_or_404(product_key) if product_key else None
    contributor = access.holder_of(request).contributor()
    if request.method != "POST":
        form = PhotoForm(initial=_remembered(contributor))
        return _upload_page(request, form, product)
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, form, product, status=400)
    return _take_photos(request, form, product, contributor)


def _take_photos(
    request: HttpRequest,
    form: PhotoForm,
    product: ProductCard | None,
    contributor: Contributor | None,
) -> HttpResponseBase:
    is_new = contributor is None
    data = form.cleaned_data
    photos: list[Photo] = []
    status = 400
    for file in files_of(form):
        try:
            throttle.count_upload(
                throttle.origins(
                    address=conf.client_address(request), contributor=contributor
                )
            )
            photo = services.submit_photo(
                contributor=contributor,
                persona_name=data["persona_name"],
                file=file,
                caption=data["caption"],
                alt_text=data["alt_text"],
                product_key=product.key if product else "",
                surfaces=data["surfaces"],
                email=data["email"],
                language=get_language() or "en",
            )
        except RefusedFile as refusal:
            form.add_error("photos", f"{file.name}: {refusals.wording(refusal.code)}")
        except StorageUnavailable:
            status = 503
            form.add_error(
                "photos",
                _(
                    "We cannot store photos just now. Please try again in a few minutes."
                ),
            )
        except TooManyUploads:
            status = 429
            form.add_error(
                None,
                _(
                    "You have sent many photos within an hour. Please send the next "
                    "ones in about an hour."
                ),
            )
            break
        else:
            photos.append(photo)
            contributor = photo.contributor
    if form.errors:
        response = _refused(request, form, product, status=status, photos=photos)
    else:
        response = _taken(request, photos)
    if is_new and contributor is not None:
        access.remember(request, response, access.issue_token(contributor), first=True)
    return response


def _taken(request: HttpRequest, photos: list[Photo]) -> HttpResponse:
    url = (
        photos[0].get_absolute_url()
        if len(photos) == 1
        else reverse("shoppable_ugc:my_photos")
    )
    if _wants_json(request):
        return JsonResponse(
            {"url": url, "all_url": reverse("shoppable_ugc:my_photos")}, status=201
        )
    return redirect(url)


def _refused(
    request: HttpRequest,
    form: PhotoForm,
    product: ProductCard | None,
    *,
    status: int,
    photos: list[Photo] | None = None,
) -> HttpResponse:
    if _wants_json(request):
        errors = {field: list(messages) for field, messages in form.errors.items()}
        return JsonResponse({"errors": errors}, status=status)
    response = _upload_page(request, form, product, photos=photos)
    response.status_code = status
    return response


def _upload_page(
    request: HttpRequest,
    form: PhotoForm,
    product: ProductCard | None,
    *,
    photos: list[Photo] | None = None,
) -> TemplateResponse:
    return TemplateResponse(
        request,
        "shoppable_ugc/submit_photo.html",
        {
            "form": form,
            "product": product,
            "photos": photos or [],
            "accept": ACCEPT,
            "max_bytes": conf.max_upload_bytes(),
            "min_age": conf.min_age(),
            "surfaces": list(Surface),
            "chosen": _chosen(form),
            "wording": {
                "too_many_bytes": refusals.wording("too_many_bytes"),
                "unsupported_format": refusals.wording("unsupported_format"),
            },
        },
    )


def _chosen(form: PhotoForm) -> set[str]:
    # Nothing is switched on beforehand: a permission is given, not left standing.
    return set(form["surfaces"].value() or []) if form.is_bound else set()


def _remembered(contributor: Contributor | None) -> dict[str, str]:
    """What a recognised person need not type again."""
    if contributor is None:
        return {}
    last = contributor.photos.select_related("persona").order_by("-pk").first()
    return {
        "persona_name": last.persona.name if last else "",
        "email": contributor.email,
    }


def _product_or_404(key: str) -> ProductCard:
    card = get_catalogue().card(key, language=get_language() or "en")
    if card is None:
        raise Http404
    return card


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


# --- the author's pages ---------------------------------------------------------


@sensitive_variables("token")
@_private
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Open a secret link: remember it in the cookie, go to the clean address.

    Only opens a page, so that a mail scanner that follows it changes nothing.
    """
    row = access.open_token(token)
    if row is None:
        raise Http404
    response = redirect(row.photo or reverse("shoppable_ugc:my_photos"))
    access.remember(request, response, token, first=row.photo is None)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@_private
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


@_private
@require_safe
def my_photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page of one photo, for its author."""
    return _my_photo_page(request, _own_photo_or_404(request, public_id))


@_private
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


@_private
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


@_private
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


@_private
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


@_private
@require_POST
def withdraw_photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take the photo back everywhere."""
    photo = _own_photo_or_404(request, public_id)
    services.withdraw_photo(photo, contributor=photo.contributor)
    return redirect(photo)


@_private
@require_POST
def restore_photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the photo again."""
    photo = _own_photo_or_404(request, public_id)
    services.restore_photo(photo, contributor=photo.contributor)
    return redirect(photo)


@_private
@require_POST
def stop_mails(request: HttpRequest, public_id: str) -> HttpResponse:
    """Forget the author's address."""
    photo = _own_photo_or_404(request, public_id)
    services.stop_mails(photo.contributor)
    return redirect(photo)


@_private
@require_safe
def private_file(
    request: HttpRequest, public_id: str, rendition_id: int
) -> HttpResponseBase:
    """A picture that is not public, for its author and for moderators."""
    renditions = Rendition.objects.filter(
        pk=rendition_id, asset__photo__public_id=public_id
    )
    mine = access.holder_of(request).photos().filter(public_id=public_id)
    rendition = renditions.filter(asset__photo__in=mine).first()
    if rendition is None and access.may_moderate(request.user):
        rendition = renditions.first()
    if rendition is None:
        return _no_file()
    try:
        file = media.open_private(rendition.private_name)
    except FileNotFoundError:
        return _no_file()
    except StorageUnavailable:
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    response = FileResponse(file, content_type=_CONTENT_TYPES[rendition.format])
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return _nosniff(response)


def _no_file() -> HttpResponse:
    # Byte for byte the same whether there is such a file or not.
    return _nosniff(HttpResponseNotFound(b"", content_type="text/plain"))


def _nosniff(response: ResponseT) -> ResponseT:
    # Not left to the site's middleware: these are bytes that people sent.
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


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
