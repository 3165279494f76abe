"""The complete site. Loads the Celery application, so that tasks find their broker."""

from .celery import app as celery_app

__all__ = ["celery_app"]
