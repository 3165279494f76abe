"""Figures for those who watch: what waits, for how long, and what is stuck.

A metric is a value with labels, rendered as Prometheus' text (exposition format
0.0.4), which other monitoring systems read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import services

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """One named figure: a gauge, as all of ours are read from rows."""

    name: str
    help: str
    samples: tuple[Sample, ...]


def gauge(name: str, help: str, values: Mapping[str, float], *, by: str) -> Metric:
    """Return a metric with one sample for each value of one label."""
    samples = tuple(Sample(value, {by: key}) for key, value in sorted(values.items()))
    return Metric(name=name, help=help, samples=samples)


def work_metrics() -> list[Metric]:
    """Return how each kind of work stands, and in which queue: four queries for each."""
    backlog = services.backlog()
    return [
        Metric(
            name=f"outbox_{name}",
            help=help,
            samples=tuple(
                Sample(
                    float(getattr(each, name)),
                    {"kind": each.label, "queue": each.queue},
                )
                for each in backlog
            ),
        )
        for name, help in (
            ("open", "Duties neither settled nor in quarantine."),
            ("due", "Duties that somebody should do now and nobody does."),
            (
                "oldest_due_seconds",
                "Wait of the duty that has been due for longest; alarm at 120.",
            ),
            ("quarantined", "Duties that wait for a person."),
        )
    ]


def rendered(metrics: Iterable[Metric]) -> str:
    """Return the metrics as Prometheus reads them."""
    lines: list[str] = []
    for metric in metrics:
        lines.append(f"# HELP {metric.name} {_escaped(metric.help)}")
        lines.append(f"# TYPE {metric.name} gauge")
        lines += [
            f"{metric.name}{_labels(s.labels)} {s.value:g}" for s in metric.samples
        ]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = ",".join(
        f'{name}="{_escaped(value).replace(chr(34), chr(92) + chr(34))}"'
        for name, value in labels.items()
    )
    return f"{{{pairs}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
