"""What has happened to a photo; sent inside the transaction, with ``photo_id``."""

from __future__ import annotations

from django.dispatch import Signal

photo_submitted = Signal()
photo_settled = Signal()  # the pipeline has answered, whatever it said
photo_approved = Signal()
photo_refused = Signal()
photo_withdrawn = Signal()
photo_removed = Signal()
photo_published = Signal()  # public on a surface it was not on before
photo_unpublished = Signal()  # public nowhere any more
