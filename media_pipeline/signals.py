"""What has happened to an asset. Sent inside the transaction that writes it."""

from __future__ import annotations

from django.dispatch import Signal

asset_settled = Signal()
"""Its outcome stands. Arguments: ``sender`` (Asset), ``asset_id``."""

asset_rendered = Signal()
"""It gets other renditions. Arguments as above. Sent before they are written, in that
transaction; what follows from them waits for its commit."""
