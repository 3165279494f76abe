"""What the pipeline did lately, in figures: outcomes, failed steps, times, models."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from outbox.metrics import Metric, Sample, gauge

from .backends.model_files import MODEL_FILES
from .backends.needed import Needed, needed_file, needed_now
from .models import Asset, Rendering
from .results import UNAVAILABLE

#: Assets and renderings looked at. By their keys, so that a table of millions is not
#: read.
RECENT = 500

#: Of whatever decodes and encodes: the limited child.
SANDBOX = "sandbox"

CHECKS, RENDITIONS = Asset.work_queue, Rendering.work_queue

#: Stage, step, reason; and stage, step.
_Failure = tuple[str, str, str]
_Step = tuple[str, str]


def pipeline_metrics() -> list[Metric]:
    """Return the figures of the newest ``RECENT`` assets and renderings, and of the
    models: two queries. A stage is named as its queue."""
    outcomes: Counter[str] = Counter({state.value: 0 for state in Asset.State})
    refusals: Counter[str] = Counter()
    failures: Counter[_Failure] = Counter()
    times: defaultdict[_Step, list[float]] = defaultdict(list)
    answers: Counter[tuple[str, str]] = Counter()  # by step and model
    newest = Asset.objects.order_by("-pk")[:RECENT]
    for state, reason, failure, findings, timings, models in newest.values_list(
        "state",
        "reason",
        "result__failure",
        "result__findings",
        "result__timings_ms",
        "result__models",
    ):
        outcomes[state] += 1
        if reason:
            refusals[reason] += 1
        if failure:
            failures[CHECKS, SANDBOX, failure] += 1
        for finding in findings or ():
            step = finding["step"]
            for code in finding["reasons"]:
                failures[CHECKS, step, code] += code == f"{step}{UNAVAILABLE}"
        for step, milliseconds in (timings or {}).items():
            times[CHECKS, step].append(milliseconds / 1000)
        for step, names in (models or {}).items():
            answers.update((step, name) for name in names)
    renderings = Rendering.objects.order_by("-pk")[:RECENT]
    for reason, timings in renderings.values_list("reason", "timings_ms"):
        if reason:
            failures[RENDITIONS, SANDBOX, reason] += 1
        for step, milliseconds in timings.items():
            times[RENDITIONS, step].append(milliseconds / 1000)
    return [
        gauge(
            "media_recent_assets",
            f"The newest {RECENT} assets by state.",
            outcomes,
            by="state",
        ),
        gauge(
            "media_recent_refused_files",
            f"Files refused among the newest {RECENT} assets, by reason.",
            refusals,
            by="reason",
        ),
        Metric(
            name="media_recent_step_failures",
            help="Steps without an answer, and sandboxes that crashed, among the newest"
            f" {RECENT} of each stage.",
            samples=tuple(
                Sample(count, {"stage": stage, "step": step, "reason": reason})
                for (stage, step, reason), count in sorted((+failures).items())
            ),
        ),
        _quantiles(times),
        Metric(
            name="media_recent_model_answers",
            help="Answers that workers gave by each model, of the newest"
            f" {RECENT} assets: what they had loaded.",
            samples=tuple(
                Sample(count, {"step": step, "model": model})
                for (step, model), count in sorted(answers.items())
            ),
        ),
        Metric(
            name="media_model_ready",
            help="Whether a model lies on this machine with the sum it should have, or"
            " a package is installed; by the steps that ask it. Not whether a worker"
            " has loaded it.",
            samples=tuple(
                Sample(
                    float(not each.problem),
                    {
                        "model": each.name,
                        "version": each.version,
                        "sha256": each.sha256,
                        "step": step,
                    },
                )
                for each in models_now()
                for step in sorted(each.steps) or ("",)
            ),
        ),
    ]


def models_now() -> tuple[Needed, ...]:
    """Return what the steps need and, after it, default models that no step asks."""
    needed = needed_now()
    names = {each.name for each in needed}
    unused = (model for model in MODEL_FILES if model.name not in names)
    return (*needed, *map(needed_file, unused))


def _quantiles(times: dict[_Step, list[float]]) -> Metric:
    return Metric(
        name="media_recent_step_seconds",
        help=f"Wall time per step over the newest {RECENT} of each stage.",
        samples=tuple(
            Sample(
                _quantile(values, share),
                {"stage": stage, "step": step, "quantile": f"{share:g}"},
            )
            for (stage, step), values in sorted(times.items())
            for share in (0.5, 0.95)
        ),
    )


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
