"""What the pipeline did lately, in figures: outcomes, failed steps, times, models."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from outbox.metrics import Metric, Sample, gauge

from .backends.model_files import MODEL_FILES, State, state_of
from .models import Asset

#: Assets looked at. By their keys, so that a table of millions is not read.
RECENT = 500
UNAVAILABLE = "_unavailable"


def pipeline_metrics() -> list[Metric]:
    """Return the figures of the newest ``RECENT`` assets and the models: one query."""
    outcomes: Counter[str] = Counter({state.value: 0 for state in Asset.State})
    refusals: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    times: defaultdict[str, list[float]] = defaultdict(list)
    newest = Asset.objects.order_by("-pk")[:RECENT]
    for state, reason, findings, timings in newest.values_list(
        "state", "reason", "result__findings", "result__timings_ms"
    ):
        outcomes[state] += 1
        if reason:
            refusals[reason] += 1
        for finding in findings or ():
            step = finding["step"]
            failures[step] += f"{step}{UNAVAILABLE}" in finding["reasons"]
        for step, milliseconds in (timings or {}).items():
            times[step].append(milliseconds / 1000)
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
        gauge(
            "media_recent_step_failures",
            f"Steps without an answer among the newest {RECENT} assets.",
            +failures,
            by="step",
        ),
        _quantiles(times),
        gauge(
            "media_model_ready",
            "Whether a model file is installed and whole.",
            {
                model.name: float(state_of(model) is State.READY)
                for model in MODEL_FILES
            },
            by="model",
        ),
    ]


def _quantiles(times: dict[str, list[float]]) -> Metric:
    return Metric(
        name="media_recent_step_seconds",
        help=f"Wall time per step over the newest {RECENT} assets.",
        samples=tuple(
            Sample(_quantile(values, share), {"step": step, "quantile": f"{share:g}"})
            for step, values in sorted(times.items())
            for share in (0.5, 0.95)
        ),
    )


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
