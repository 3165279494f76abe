"""Doorbells of this package's services."""

from __future__ import annotations

from celery import shared_task

from . import services


@shared_task(name="cms.publish_picture", ignore_result=True)
def publish_picture(publication_id: int) -> None:
    """Ring once. May be delivered any number of times, or never."""
    services.publish_picture(publication_id)
