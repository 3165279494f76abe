"""A foreign site: a garden club that shows its members' photos of its plants."""

from __future__ import annotations

from .celery import app as celery_app

__all__ = ["celery_app"]
