"""What has happened to an asset. Sent inside the transaction that writes it."""

from __future__ import annotations

from django.dispatch import Signal

asset_settled = Signal()
"""Its outcome stands. Arguments: ``sender`` (Asset), ``asset_id``."""

asset_rescored = Signal()
"""All steps were asked anew of it. Arguments as above, and ``before``: the result that
it had until then."""

asset_rendered = Signal()
"""It gets other renditions. Arguments as of the first. Sent before they are written, in that
transaction; what follows from them waits for its commit."""
