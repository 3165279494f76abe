"""Rows that are written once and never changed."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.db import models

RecordT = TypeVar("RecordT", bound="Record")


class RecordQuerySet(models.QuerySet[RecordT]):
    def update(self, **columns: Any) -> NoReturn:
        """Refuse: a later row says what is different now."""
        raise TypeError(f"{self.model.__name__} rows are never changed.")


class Record(models.Model):
    """A fact with its time; a later one says what is different now."""

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} rows are never changed.")
        super().save(*args, **kwargs)
