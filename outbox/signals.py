"""What the outbox says has happened."""

from __future__ import annotations

from django.dispatch import Signal

#: A row went into quarantine: it crashed its worker or lost its lease too often.
#: Sent with ``sender`` (the model) and ``pk``, inside the transaction that
#: quarantines.
work_quarantined = Signal()
