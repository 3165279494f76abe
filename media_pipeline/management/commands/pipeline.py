"""``manage.py pipeline status | retry | discard | requeue | rescore | rerender | expire``."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.db.models import Count
from django.db.models.functions import Now

from media_pipeline import reruns, services
from media_pipeline.backends.needed import needed_now
from media_pipeline.exceptions import MediaPipelineError
from media_pipeline.management.progress import Progress
from media_pipeline.models import Asset, Rendering
from outbox.models import Work
from outbox.services import backlog

#: The kinds of work of the two stages, in their order.
STAGES: tuple[type[Work], ...] = (Asset, Rendering)


class Command(BaseCommand):
    help = "Shows what the pipeline has to do, and decides on what it couldn't."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser(
            "status",
            help="count assets by state, backlog by stage; list quarantine and what"
            " the steps lack",
        )
        for action, words in (
            ("retry", "try again what is in quarantine, in either stage"),
            ("discard", "refuse quarantined assets' files; do without renditions"),
        ):
            chosen = actions.add_parser(action, help=words)
            chosen.add_argument("assets", nargs="*", type=int, metavar="ID")
            chosen.add_argument("--all", action="store_true", help="all in quarantine")
        actions.add_parser("requeue", help="make all that waits due now")
        for action, words in (
            ("rescore", "ask all steps anew, of the masters"),
            ("rerender", "encode renditions anew, from the masters"),
        ):
            chosen = actions.add_parser(action, help=words)
            chosen.add_argument("assets", nargs="*", type=int, metavar="ID")
            chosen.add_argument("--all", action="store_true", help="all processed")
            if action == "rescore":
                chosen.add_argument(
                    "--outdated",
                    action="store_true",
                    help="those whose scores came from other models or thresholds,"
                    " or of which a step gave no answer",
                )
            if action == "rerender":
                chosen.add_argument(
                    "--later", action="store_true", help="leave it to the workers"
                )
        actions.add_parser("expire", help="delete uploads that nobody refers to")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "status":
                self._status()
            case "expire":
                expired = services.expire_incoming() + services.expire_unclaimed()
                services.expire_former_names()
                self.stdout.write(f"{expired} uploads expired.")
            case "requeue":
                assets, renderings = (
                    model.objects.open()
                    .unleased()
                    .update(not_before=Now(), rung_at=None)
                    for model in (Asset, Rendering)
                )
                self.stdout.write(
                    f"{assets} assets are due now, {renderings} renderings."
                )
            case "rescore":
                self._rerun("rescored", _rescore, options)
            case "rerender" if options["later"]:
                self._rerun("left to the workers", _leave, options)
            case "rerender":
                self._rerun("rerendered", _rerender, options)
            case "retry":
                self._each("tried again", _retry, options)
            case "discard":
                self._each("discarded", _discard, options)

    def _status(self) -> None:
        counts = dict(
            Asset.objects.values_list("state").annotate(count=Count("pk")).order_by()
        )
        for state in Asset.State:
            self.stdout.write(f"{state.value:14}{counts.get(state.value, 0):>8}")
        labels = [model._meta.label for model in STAGES]
        for stage in backlog():
            if stage.label in labels:
                self.stdout.write(
                    f"{stage.queue:14}{stage.open:>8} open, {stage.due} due,"
                    f" the oldest for {stage.oldest_due_seconds:.0f} s,"
                    f" {stage.quarantined} in quarantine"
                )
        for asset in Asset.objects.quarantined().order_by("quarantined_at"):
            failure = asset.result.get("failure", "lost")
            self.stdout.write(
                f"quarantined: {asset.pk} since {_since(asset)}: {failure}"
            )
        for rendering in Rendering.objects.quarantined().order_by("quarantined_at"):
            self.stdout.write(
                f"quarantined: {rendering.asset_id}, renditions ({rendering.kind})"
                f" since {_since(rendering)}: {rendering.reason or 'lost'}"
            )
        for each in needed_now():
            if each.problem:
                self.stdout.write(
                    f"{each.state.value}: {each.name} ({', '.join(each.steps)}):"
                    f" {each.problem}"
                )

    def _rerun(
        self, done: str, rerun: Callable[[int], _Told], options: dict[str, Any]
    ) -> None:
        """Do one after the other, newest first, and say how far it is."""
        outdated = options.get("outdated", False)
        if [options["all"], outdated, bool(options["assets"])].count(True) != 1:
            or_outdated = ", or --outdated" if options["action"] == "rescore" else ""
            raise CommandError(f"Name assets by their ids, or say --all{or_outdated}.")
        processed = Asset.objects.filter(state=Asset.State.PROCESSED)
        ids = _named(options) or list(
            reruns.outdated_assets()
            if outdated
            else processed.order_by("-pk").values_list("pk", flat=True)
        )
        missing = failed = changed = 0
        progress = Progress(len(ids), self.stdout)
        for asset_id in ids:
            try:
                told = rerun(asset_id)
                changed += told.is_done
                if told.words:
                    stream = self.stdout if told.is_done else self.stderr
                    progress.say(f"{asset_id}: {told.words}", stream)
            except Asset.DoesNotExist:
                missing += 1
                progress.say(f"{asset_id}: {_MISSING}", self.stderr)
            except (MediaPipelineError, OperationalError) as failure:
                # Of the database: a lock that this one didn't get, for instance.
                failed += 1
                progress.say(
                    f"{asset_id}: {type(failure).__name__}: {failure}", self.stderr
                )
            progress.advance()
        left = len(ids) - changed - missing - failed
        self.stdout.write(
            f"{changed} assets {done}" + (f", {left} left alone." if left else ".")
        )
        if options["action"] == "rerender":
            waiting = Rendering.objects.filter(
                settled_at=None, kind=Rendering.Kind.ALL
            ).count()
            self.stdout.write(f"{waiting} wait for a worker or are in quarantine.")
        problems = []
        if failed:
            problems.append(f"{failed} failed; they are as they were.")
        if missing and options["assets"]:  # else erased since they were listed
            problems.append(f"{missing} not found.")
        if problems:
            raise CommandError(" ".join(problems))

    def _each(
        self, done: str, service: Callable[[int], bool], options: dict[str, Any]
    ) -> None:
        if options["all"] == bool(options["assets"]):
            raise CommandError("Name assets by their ids, or say --all.")
        ids = _named(options) or _quarantined()
        if not ids:
            self.stdout.write("Nothing is in quarantine.")
        missing = 0
        for asset_id in ids:
            if service(asset_id):
                self.stdout.write(f"{asset_id}: {done}.")
                continue
            asset = Asset.objects.filter(pk=asset_id).first()
            if asset is None:
                missing += 1
                self.stderr.write(f"{asset_id}: {_MISSING}")
            elif Rendering.objects.quarantined().filter(asset=asset).exists():
                self.stderr.write(
                    f"{asset_id}: can't be {done}: its renditions show a recipe that"
                    " no longer holds. Try it again."
                )
            else:
                self.stderr.write(f"{asset_id}: is {asset.state}, not in quarantine.")
        if missing and options["assets"]:
            raise CommandError(f"{missing} not found.")


_MISSING = "there is no such asset."


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of one asset; ``words`` if there is more to say, or why nothing."""

    is_done: bool
    words: str = ""


def _named(options: dict[str, Any]) -> list[int]:
    return list(dict.fromkeys(options["assets"]))


def _quarantined() -> list[int]:
    assets = Asset.objects.quarantined().order_by("quarantined_at")
    renderings = Rendering.objects.quarantined().order_by("quarantined_at")
    return list(
        dict.fromkeys(
            [
                *assets.values_list("pk", flat=True),
                *renderings.values_list("asset_id", flat=True),
            ]
        )
    )


def _retry(asset_id: int) -> bool:
    return services.retry_asset(asset_id) or services.retry_rendering(asset_id)


def _discard(asset_id: int) -> bool:
    return services.discard_asset(asset_id) or services.discard_rendering(asset_id)


def _rescore(asset_id: int) -> _Told:
    before = _verdict(asset_id)
    if not reruns.rescore_asset(asset_id):
        return _Told(False, _why_not(asset_id))
    now = _verdict(asset_id)
    return _Told(True, "" if now == before else f"{before} is now {now}.")


def _verdict(asset_id: int) -> str:
    return str(Asset.objects.values_list("verdict", flat=True).get(pk=asset_id))


def _rerender(asset_id: int) -> _Told:
    if reruns.rerender_asset(asset_id):
        return _Told(True)
    if Rendering.objects.filter(asset_id=asset_id, settled_at=None).exists():
        return _Told(False, "a worker is at it, or will be.")
    return _Told(False, _why_not(asset_id))


def _leave(asset_id: int) -> _Told:
    if services.render_anew(asset_id) is not None:
        return _Told(True)
    return _Told(False, _why_not(asset_id))


def _why_not(asset_id: int) -> str:
    """Return why nothing was done. Raises ``Asset.DoesNotExist``."""
    state = Asset.objects.values_list("state", flat=True).get(pk=asset_id)
    if state != Asset.State.PROCESSED:
        return f"is {state}; there is only a master of what is processed."
    return "changed meanwhile."


def _since(work: Work) -> str:
    return (
        f"{work.quarantined_at:%Y-%m-%d %H:%M}"
        f" ({work.crashes} crashes, {work.losses} losses)"
    )
