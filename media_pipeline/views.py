"""Serves the public storage where no web server or store does."""

from __future__ import annotations

from django.db.models.functions import Now
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from . import storage
from .models import FormerPublicName, Rendition

_CONTENT_TYPES = {"avif": "image/avif", "jpg": "image/jpeg"}


@require_safe
def public_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Return a public rendition. Everything else is 404, whatever lies there.

    The rows are asked too: what was taken down is gone with its commit, even while
    its file waits to be deleted.
    """
    if not storage.is_public_name(name):
        raise Http404
    if not (
        Rendition.objects.filter(public_name=name).exists()
        or FormerPublicName.objects.filter(name=name, valid_until__gt=Now()).exists()
    ):
        raise Http404
    try:
        with storage.storage_errors():
            file = storage.public().open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    content_type = _CONTENT_TYPES[name.rpartition(".")[2]]
    response = FileResponse(file, content_type=content_type)
    # A new publication gets a new name, so an address never changes its content.
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    # A picture opened by itself runs nothing, loads nothing, frames nothing.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
