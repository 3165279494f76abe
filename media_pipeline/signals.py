"""What has happened to an asset. Sent inside the transaction that writes it."""

from __future__ import annotations

from django.dispatch import Signal

asset_settled = Signal()
"""Its outcome stands. Arguments: ``sender`` (Asset), ``asset_id``."""
