"""The pipeline's wording of why it could not use a file."""

from __future__ import annotations

from django.utils.functional import Promise


def wording(code: str) -> Promise:
    """What the author reads: what is wrong with the file and what helps."""
    from media_pipeline import refusals

    return refusals.wording(code)
