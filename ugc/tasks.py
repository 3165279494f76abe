"""Doorbells; each may be rung any number of times, or never."""

from __future__ import annotations

from celery import shared_task

from . import publishing, services


@shared_task(name="ugc.publish_photo", ignore_result=True)
def publish_photo(publication_id: int) -> None:
    publishing.run_publication(publication_id)


@shared_task(name="ugc.end_permissions", ignore_result=True)
def end_permissions(expiry_id: int) -> None:
    services.end_permissions(expiry_id)
