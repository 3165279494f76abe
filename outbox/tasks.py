"""The doorbells. May be rung any number of times, or never."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task

from . import services
from .exceptions import OutOfMemory


class Doorbell(Task):
    """A task that never lets a ``MemoryError`` out.

    Celery 5.7 takes one for unrecoverable and ends the whole worker, not only
    the process that raised it. The base of all tasks of the complete site; a
    site with its own Celery application passes ``base=Doorbell``, as we do.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # Any: what a task takes and returns is its own affair.
        try:
            return super().__call__(*args, **kwargs)
        except MemoryError:
            # Without the traceback, which would keep the memory.
            raise OutOfMemory(self.name) from None


@shared_task(name="outbox.sweep", base=Doorbell, ignore_result=True)
def sweep() -> None:
    services.sweep()


@shared_task(name="outbox.deliver_mail", base=Doorbell, ignore_result=True)
def deliver_mail(mail_id: int) -> None:
    services.deliver_mail(mail_id)


@shared_task(name="outbox.purge_files", base=Doorbell, ignore_result=True)
def purge_files(purge_id: int) -> None:
    services.run_purge(purge_id)


@shared_task(name="outbox.forget_settled", base=Doorbell, ignore_result=True)
def forget_settled() -> None:
    services.forget_settled()
