"""Whether this process answers, whether the worker keeps up, and all the figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from media_pipeline.metrics import models_now, pipeline_metrics
from outbox.metrics import CONTENT_TYPE, rendered, work_metrics
from outbox.queues import urgency
from outbox.services import Backlog, backlog

#: Seconds. A worker that runs takes a due row up within a few.
BEHIND = 120
LOOPBACK = ("127.0.0.1", "::1")
#: A proxy on this machine asks from the loopback address for everybody.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say whether this process reaches its database; for a load balancer.

    Says nothing of the workers: taking the web processes away because of them
    would help nobody.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except AnyDatabaseError:
        return _answer("no database", status=503)
    return _answer("ok")


@never_cache
@require_safe
def worker_healthz(request: HttpRequest) -> HttpResponse:
    """Say whether the workers keep up, and in which queues not; for whoever to wake.

    Who may read the figures is told more: each queue's backlog, oldest due row and
    quarantine, and the models that are missing.
    """
    try:
        work = backlog()
    except AnyDatabaseError:
        return _answer("no database", status=503)
    late = {each.queue for each in work if each.oldest_due_seconds > BEHIND}
    lines = [f"behind: {', '.join(_by_urgency(late))}" if late else "ok"]
    if _may_read(request):
        lines += [*_queue_lines(work), *_model_lines()]
    return _answer("\n".join(lines), status=503 if late else 200)


def _by_urgency(queues: Iterable[str]) -> list[str]:
    return sorted(queues, key=lambda queue: (urgency(queue), queue))


def _queue_lines(work: Sequence[Backlog]) -> Iterator[str]:
    for queue in _by_urgency({each.queue for each in work}):
        kinds = [each for each in work if each.queue == queue]
        oldest = max(each.oldest_due_seconds for each in kinds)
        yield (
            f"{queue}: {sum(each.due for each in kinds)} due,"
            f" oldest due for {oldest:.0f} s,"
            f" {sum(each.open for each in kinds)} open,"
            f" {sum(each.quarantined for each in kinds)} in quarantine"
        )


def _model_lines() -> Iterator[str]:
    for each in models_now():
        if each.problem and each.steps:
            yield f"missing or changed: {each.name} ({', '.join(each.steps)})"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all figures, for Prometheus and those who read its format.

    With ``METRICS_TOKEN`` to whoever sends it (``Authorization: Bearer …``), else
    to this machine alone.
    """
    if not _may_read(request):
        return _answer("not for you", status=403)
    return HttpResponse(
        rendered([*work_metrics(), *pipeline_metrics()]), content_type=CONTENT_TYPE
    )


def _may_read(request: HttpRequest) -> bool:
    token: str = getattr(settings, "METRICS_TOKEN", "")
    if token:
        sent = request.headers.get("Authorization", "")
        return constant_time_compare(sent, f"Bearer {token}")
    forwarded = any(name in request.headers for name in FORWARDED)
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not forwarded


def _answer(text: str, *, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
