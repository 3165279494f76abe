"""Doorbells for the worker."""

from __future__ import annotations

from celery import shared_task

from . import services


@shared_task(name="storefront.expire_reservation", ignore_result=True)
def expire_reservation(expiry_id: int) -> None:
    """Ring once. May be delivered any number of times, or never."""
    services.expire_reservation(expiry_id)


@shared_task(name="storefront.forget_old_baskets", ignore_result=True)
def forget_old_baskets() -> None:
    """For the beat, now and then."""
    services.forget_old_baskets()
