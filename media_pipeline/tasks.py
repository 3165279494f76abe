"""Doorbells: each rings for one service."""

from __future__ import annotations

from celery import shared_task

from . import services
from . import warming as warming  # connects to the start of a worker's processes


@shared_task(name="media_pipeline.process_asset", ignore_result=True)
def process_asset(asset_id: int) -> None:
    """Ring once. May be delivered any number of times, or never."""
    services.process_asset(asset_id)


@shared_task(name="media_pipeline.render_asset", ignore_result=True)
def render_asset(rendering_id: int) -> None:
    """Ring once for a rendering."""
    services.render_asset(rendering_id)


@shared_task(name="media_pipeline.expire_incoming", ignore_result=True)
def expire_incoming() -> None:
    """Delete what an interrupted upload left behind, and names that nobody uses."""
    services.expire_incoming()
    services.expire_unclaimed()
    services.expire_former_names()


@shared_task(name="media_pipeline.index_catalogue", ignore_result=True)
def index_catalogue(indexing_id: int) -> None:
    """Ring once for a going-over of the catalogue."""
    from . import catalogue_index  # engines: not in a process that only rings

    catalogue_index.index_catalogue(indexing_id)


@shared_task(name="media_pipeline.request_indexing", ignore_result=True)
def request_indexing() -> None:
    """Ask for a going-over: products come and go without telling us."""
    from . import catalogue_index

    catalogue_index.request_indexing()
