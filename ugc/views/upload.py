"""The upload page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from media_pipeline import refusals
from media_pipeline.exceptions import RefusedFile, StorageUnavailable

from .. import access, conf, services, throttle
from ..catalogue import ProductCard, get_catalogue
from ..exceptions import TooManyUploads
from ..forms import ACCEPT, PhotoForm, files_of
from ..models import Contributor, Photo, Surface
from .privacy import unstored


@unstored  # it may hold the e-mail of a person this browser knows
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
