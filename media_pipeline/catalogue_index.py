"""The catalogue's pictures as vectors, kept up by the worker.

This package knows products by opaque keys alone; ``MEDIA_PIPELINE_CATALOGUE`` names
who lists their pictures.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Any, Protocol, cast

import numpy as np
from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from outbox import leases

from . import conf, sandbox
from .exceptions import (
    BackendUnavailable,
    DecoderFailed,
    RefusedFile,
    SandboxUnavailable,
    StorageUnavailable,
)
from .known_pictures import CatalogueIndexing, IndexVersion, ProductLikeness
from .registry import discover
from .similarity import (
    Embedder,
    Fingerprint,
    Vectors,
    fingerprint_of,
    vector_from_bytes,
)

logger = logging.getLogger(__name__)

# A going-over stops here and the next takes over: a worker's task may last 45 s.
_SECONDS = 20.0
# Pictures settle one by one when a catalogue is imported; one going-over is enough.
_GATHER = timedelta(seconds=3)


class CataloguePicture(Protocol):
    """One picture of a product. ``reference``, if there, changes with the picture."""

    @property
    def key(self) -> str: ...

    def open(self) -> IO[bytes]:
        """Open it; may raise ``LookupError`` while there is nothing to open."""
        ...


class ListedPictures(Protocol):
    """What ``MEDIA_PIPELINE_CATALOGUE`` names."""

    def pictures(self) -> Iterator[CataloguePicture]: ...


def request_indexing() -> bool:
    """Have the worker go over the catalogue soon. Return whether it is news.

    Cheap to ask: a going-over that waits already will see the same pictures.
    """
    if not conf.catalogue():
        return False
    with transaction.atomic():
        if CatalogueIndexing.objects.open().unleased().exists():
            return False
        # The sweep rings for it when it is due.
        CatalogueIndexing.objects.create(not_before=Now() + _GATHER)
    return True


def index_catalogue(indexing_id: int) -> bool:
    """Go over the catalogue for a due request. Return whether this call settled it."""
    lease = leases.claim(CatalogueIndexing, indexing_id)
    if lease is None:
        return False
    try:
        with lease.kept_alive():
            is_complete = bring_up_to_date(seconds=_SECONDS)
    except (BackendUnavailable, SandboxUnavailable, StorageUnavailable) as failure:
        logger.warning("The catalogue's index waits: %s", failure)
        lease.release(not_before=leases.backoff(lease))
        return False
    with transaction.atomic():
        settled = lease.finish()
        CatalogueIndexing.objects.filter(settled_at__isnull=False).exclude(
            pk=indexing_id
        ).delete()
    if settled and not is_complete:
        request_indexing()
    return settled


def bring_up_to_date(*, seconds: float | None = None) -> bool:
    """Index new pictures and forget those that are gone; return whether all is done.

    Stops after some seconds, if told. Pictures that were refused are kept without a
    vector, so that they aren't tried each time. Raises ``BackendUnavailable``.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    embedder = _embedder()
    catalogue = cast("ListedPictures", import_string(conf.catalogue())())
    known = {
        (key, reference): model
        for key, reference, model in ProductLikeness.objects.values_list(
            "key", "reference", "model"
        )
    }
    listed: set[tuple[str, str]] = set()
    is_complete = True
    is_changed = False
    for picture in catalogue.pictures():
        reference = str(getattr(picture, "reference", "") or "")
        content = None
        if not reference:
            content = _read(picture)
            if content is None:
                continue
            reference = hashlib.sha256(content).hexdigest()
        listed.add((picture.key, reference))
        if known.get((picture.key, reference)) == embedder.name:
            continue
        if deadline is not None and time.monotonic() > deadline:
            is_complete = False
            continue
        content = _read(picture) if content is None else content
        if content is not None:
            _keep(picture.key, reference, _fingerprint(content, embedder), embedder)
            is_changed = is_changed or (picture.key, reference) in known
    gone = [pair for pair in known if pair not in listed]
    for key, reference in gone:
        ProductLikeness.objects.filter(key=key, reference=reference).delete()
    # Workers read new rows by themselves, and all of them after a change.
    if is_changed or gone:
        IndexVersion.count_change(IndexVersion.Name.CATALOGUE)
    return is_complete


def labelled_vectors() -> tuple[Vectors, list[str], str]:
    """Return the indexed pictures' vectors, categories and model, to train on.

    The category is what the catalogue's pictures name as ``category``.
    """
    embedder = _embedder()
    catalogue = cast("ListedPictures", import_string(conf.catalogue())())
    categories = {
        picture.key: str(getattr(picture, "category", "") or "")
        for picture in catalogue.pictures()
    }
    rows = ProductLikeness.objects.filter(model=embedder.name).exclude(pixels_sha256="")
    pairs = list(rows.order_by("pk").values_list("key", "vector"))
    vectors = np.zeros((len(pairs), embedder.length), np.float32)
    for place, (_, vector) in enumerate(pairs):
        vectors[place] = vector_from_bytes(bytes(vector))
    labels = [categories.get(key, "") for key, _ in pairs]
    return vectors, labels, embedder.name


def _read(picture: CataloguePicture) -> bytes | None:
    """Return its bytes; None while there is nothing to read."""
    try:
        with picture.open() as file:
            content = file.read(conf.max_upload_bytes() + 1)
    except (LookupError, FileNotFoundError):
        return None
    return content if len(content) <= conf.max_upload_bytes() else b""


def _fingerprint(content: bytes, embedder: Embedder) -> Fingerprint | None:
    try:
        with sandbox.opened(content) as picture:
            return fingerprint_of(picture.frame.pixels, embedder)
    except (RefusedFile, DecoderFailed) as error:
        logger.warning("A product's picture is left out of the index: %s", error)
        return None


def _keep(
    key: str, reference: str, fingerprint: Fingerprint | None, embedder: Embedder
) -> None:
    columns: dict[str, Any] = (
        {"pixels_sha256": "", "hashes": b"", "model": embedder.name}
        if fingerprint is None
        else dict(ProductLikeness.columns(fingerprint))
    )
    with transaction.atomic():
        # Anew, not changed in place: workers read new rows by their id.
        ProductLikeness.objects.filter(key=key, reference=reference).delete()
        ProductLikeness.objects.create(key=key, reference=reference, **columns)


def _embedder() -> Embedder:
    options = dict(conf.step_options().get("products", {}))
    step = discover().build("products", options)
    return cast("Embedder", step.engine)  # type: ignore[attr-defined]  # it is Products
