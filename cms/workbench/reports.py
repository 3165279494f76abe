"""Wagtail's report on the pipeline: the figures of ``/metrics``, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse, reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from media_pipeline import services as media
from media_pipeline.metrics import pipeline_metrics
from media_pipeline.models import Asset, Rendering
from media_pipeline.refusals import wording
from outbox import leases
from outbox.metrics import Metric
from outbox.models import Work
from outbox.queues import CHECKS, RENDITIONS, SWEEPS, WORK
from outbox.services import backlog, work_models
from ugc.models import Photo

from .findings import Words, reason_words, step_words
from .flash import pop_told, tell

PERMISSION = "shoppable_ugc.moderate_photo"


# A due row that nobody took for so long says that no worker runs.
ALARM_SECONDS = 120
MOST_STUCK = 50  # rows of quarantine shown

# A stage of a photo is named as its queue.
QUEUES: Mapping[str, Words] = {
    SWEEPS: _("Sweeps"),
    CHECKS: _("Checks"),
    WORK: _("Other work"),
    RENDITIONS: _("Renditions"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A queue, stage or step, by its code and in words."""

    code: str
    words: Words

    @classmethod
    def queue(cls, code: str) -> Named:
        return cls(code, QUEUES.get(code, code))

    @classmethod
    def step(cls, code: str) -> Named:
        return cls(code, step_words(code))


@dataclass(frozen=True, slots=True)
class Stuck:
    """One piece of work in quarantine, and what can be done about it."""

    kind: str | Promise
    label: str
    pk: int
    since: datetime
    asset: Asset | None = None
    photo: Photo | None = None
    can_discard: bool = False


@require_GET
def pipeline_report(request: HttpRequest) -> HttpResponse:
    """Show what waits and what became of the newest uploads. Few queries."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    kinds = {
        model._meta.label: model._meta.verbose_name_plural for model in work_models()
    }
    figures = {metric.name: metric for metric in pipeline_metrics()}
    waiting = backlog()
    oldest = max((each.oldest_due_seconds for each in waiting), default=0.0)
    models = list(dict(_by("model", figures["media_model_ready"])).items())
    context = {
        "title": gettext("Pipeline"),
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": gettext("Home")},
            {"url": "", "label": gettext("Pipeline")},
        ],
        "oldest": oldest,
        "is_late": oldest >= ALARM_SECONDS,
        "backlog": [
            (kinds[each.label], Named.queue(each.queue), each) for each in waiting
        ],
        "stuck": _stuck() if any(each.quarantined for each in waiting) else [],
        "stuck_count": sum(each.quarantined for each in waiting),
        "states": [
            (Asset.State(state).label, count)
            for state, count in _by("state", figures["media_recent_assets"])
        ],
        "refusals": [
            (wording(reason), count)
            for reason, count in _by("reason", figures["media_recent_refused_files"])
        ],
        "failures": _failures(figures["media_recent_step_failures"]),
        "times": _times(figures["media_recent_step_seconds"]),
        "models": models,
        "missing": [model for model, is_ready in models if not is_ready],
        "told": pop_told(request),
    }
    return TemplateResponse(
        request, "shoppable_workbench/pipeline_report.html", context
    )


@require_POST
def decide_on_stuck(request: HttpRequest) -> HttpResponse:
    """Try a piece of work in quarantine once more, or give it up."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    kinds = {model._meta.label: model for model in work_models()}
    model = kinds.get(request.POST.get("kind", ""))
    pk = request.POST.get("pk", "")
    if model is None or not pk.isdecimal():
        raise Http404
    if request.POST.get("do") == "discard":
        is_done, words = _discard(model, int(pk)), gettext("It was given up.")
    else:
        is_done, words = _retry(model, int(pk)), gettext("It is tried once more.")
    if is_done:
        tell(request, words)
    else:
        tell(
            request,
            gettext("It was not in quarantine any more, or cannot be given up."),
            level="warning",
        )
    return redirect("shoppable_pipeline_report")


def _retry(model: type[Work], pk: int) -> bool:
    if model is Asset:
        return media.retry_asset(pk)
    if model is Rendering:
        return media.retry_rendering(_asset_of(pk))
    return leases.retry(model, pk)


def _discard(model: type[Work], pk: int) -> bool:
    # Only what would be missed by nobody: a mail or a purge is still a duty.
    if model is Asset:
        return media.discard_asset(pk)
    if model is Rendering:
        return media.discard_rendering(_asset_of(pk))
    return False


def _asset_of(rendering_id: int) -> int:
    return get_object_or_404(Rendering, pk=rendering_id).asset_id


def _stuck() -> list[Stuck]:
    """Return what is in quarantine, longest first; two queries for each kind."""
    stuck: list[Stuck] = []
    for model in work_models():
        for row in _quarantined(model):
            asset = row if isinstance(row, Asset) else getattr(row, "asset", None)
            stuck.append(
                Stuck(
                    kind=model._meta.verbose_name or model._meta.label,
                    label=model._meta.label,
                    pk=row.pk,
                    since=cast("datetime", row.quarantined_at),
                    asset=asset if isinstance(asset, Asset) else None,
                    can_discard=model in (Asset, Rendering),
                )
            )
    stuck = sorted(stuck, key=lambda each: each.since)[:MOST_STUCK]
    photos = {
        photo.asset_id: photo
        for photo in Photo.objects.filter(
            asset__in=[each.asset.pk for each in stuck if each.asset is not None]
        )
    }
    return [
        replace(each, photo=photos.get(each.asset.pk)) if each.asset else each
        for each in stuck
    ]


def _quarantined(model: type[Work]) -> Iterable[Work]:
    order = ("quarantined_at", "pk")
    if model is Rendering:
        renderings = Rendering.objects.quarantined().select_related("asset")
        return renderings.order_by(*order)[:MOST_STUCK]
    return leases.rows(model).quarantined().order_by(*order)[:MOST_STUCK]


def _by(label: str, metric: Metric) -> list[tuple[str, int]]:
    return [(sample.labels[label], int(sample.value)) for sample in metric.samples]


def _failures(metric: Metric) -> list[tuple[Named, Named, str, int]]:
    """Return (stage, step, why in words, number)."""
    return [
        (
            Named.queue(sample.labels["stage"]),
            Named.step(sample.labels["step"]),
            str(reason_words(sample.labels["reason"])),
            int(sample.value),
        )
        for sample in metric.samples
    ]


def _times(metric: Metric) -> list[tuple[Named, Named, dict[str, float]]]:
    """Return (stage, step, {"p50": ms, "p95": ms}) in the codes' order."""
    steps: dict[tuple[str, str], dict[str, float]] = {}
    for sample in metric.samples:
        share = f"p{float(sample.labels['quantile']) * 100:.0f}"
        name = sample.labels["stage"], sample.labels["step"]
        steps.setdefault(name, {})[share] = sample.value * 1000
    return [
        (Named.queue(stage), Named.step(step), times)
        for (stage, step), times in sorted(steps.items())
    ]


@hooks.register("register_admin_urls")
def register_report_urls() -> list[URLPattern]:
    return [
        path("reports/pipeline/", pipeline_report, name="shoppable_pipeline_report"),
        path(
            "reports/pipeline/stuck/",
            decide_on_stuck,
            name="shoppable_pipeline_stuck",
        ),
    ]


class PipelineMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)


@hooks.register("register_reports_menu_item")
def register_pipeline_menu_item() -> PipelineMenuItem:
    return PipelineMenuItem(
        _("Pipeline"),
        reverse_lazy("shoppable_pipeline_report"),
        name="pipeline",
        icon_name="cogs",
        order=900,
    )
