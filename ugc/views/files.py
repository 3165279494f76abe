"""Pictures that are not public."""

from __future__ import annotations

from typing import TypeVar

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from media_pipeline import services as media
from media_pipeline.exceptions import StorageUnavailable
from media_pipeline.models import Rendition

from .. import access
from .privacy import private

ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)

_CONTENT_TYPES = {"avif": "image/avif", "jpeg": "image/jpeg"}


@private
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
