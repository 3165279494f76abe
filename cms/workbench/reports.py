"""Wagtail's report on the pipeline: the figures of ``/metrics``, for people."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from media_pipeline.metrics import pipeline_metrics
from media_pipeline.models import Asset
from media_pipeline.refusals import wording
from outbox.metrics import Metric
from outbox.services import backlog, work_models

PERMISSION = "shoppable_ugc.moderate_photo"


@require_GET
def pipeline_report(request: HttpRequest) -> HttpResponse:
    """Show what waits and what became of the newest uploads. Few queries."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    kinds = {
        model._meta.label: model._meta.verbose_name_plural for model in work_models()
    }
    figures = {metric.name: metric for metric in pipeline_metrics()}
    context = {
        "title": gettext("Pipeline"),
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": gettext("Home")},
            {"url": "", "label": gettext("Pipeline")},
        ],
        "backlog": [(kinds[each.label], each) for each in backlog()],
        "states": [
            (Asset.State(state).label, count)
            for state, count in _by("state", figures["media_recent_assets"])
        ],
        "refusals": [
            (wording(reason), count)
            for reason, count in _by("reason", figures["media_recent_refused_files"])
        ],
        "failures": _by("step", figures["media_recent_step_failures"]),
        "times": _times(figures["media_recent_step_seconds"]),
        "missing": [
            model
            for model, is_ready in _by("model", figures["media_model_ready"])
            if not is_ready
        ],
    }
    return TemplateResponse(
        request, "shoppable_workbench/pipeline_report.html", context
    )


def _by(label: str, metric: Metric) -> list[tuple[str, int]]:
    return [(sample.labels[label], int(sample.value)) for sample in metric.samples]


def _times(metric: Metric) -> list[tuple[str, dict[str, float]]]:
    """Return (step, {"p50": ms, "p95": ms}) in the steps' alphabetical order."""
    steps: dict[str, dict[str, float]] = {}
    for sample in metric.samples:
        share = f"p{float(sample.labels['quantile']) * 100:.0f}"
        steps.setdefault(sample.labels["step"], {})[share] = sample.value * 1000
    return sorted(steps.items())


@hooks.register("register_admin_urls")
def register_report_urls() -> list[URLPattern]:
    return [
        path("reports/pipeline/", pipeline_report, name="shoppable_pipeline_report")
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
