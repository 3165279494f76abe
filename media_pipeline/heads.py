"""A shop's own categories: a logistic regression over the embedder's vectors.

    python -m media_pipeline train-head --photos DIR --labels CSV [--out HEAD.npz]

The CSV has the columns ``file`` (below DIR) and ``label``; an empty label says that a
photo shows none of them. Switched on by ``MEDIA_PIPELINE_CATEGORY_HEAD``. Imports no
Django.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
import hashlib
import json
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from . import conf, sandbox
from .backends.lite0 import Lite0Embedder
from .backends.loading import build_backend
from .backends.pictures import Pixels
from .exceptions import BackendUnavailable, DecoderFailed, RefusedFile
from .results import Tag
from .similarity import Embedder, Vectors

logger = logging.getLogger(__name__)

MIN_PER_CLASS = 20  # pictures; with fewer a class is guessed right too seldom
FOLDS = 5
SHOWN_FROM = 0.7  # as the step's default
NONE = ""  # what shows none of the categories

# Weight of the squared weights. From 1e-5 to 3e-3 the five-fold accuracy on 153
# labelled photos lay between 80 and 84 %; here 98 % of what is shown was right.
_L2 = 3e-4
_ROUNDS = 300
_SEED = 1

Labels = Sequence[str]


class NotEnoughPictures(ValueError):
    """There are no two classes to tell apart; the message says what is lacking."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Head:
    """Weights that turn a vector into the probabilities of a shop's categories."""

    model: str  # the embedder's name
    labels: tuple[str, ...]
    weights: Vectors  # (labels, length)
    bias: Vectors  # (labels,)

    @property
    def sum_of_weights(self) -> str:
        """Return eight digits that another head would not have."""
        digest = hashlib.sha256(self.weights.tobytes() + self.bias.tobytes())
        digest.update("\n".join(self.labels).encode())
        return digest.hexdigest()[:8]

    def probabilities(self, vectors: Vectors) -> Vectors:
        """Return one row per vector, one column per label."""
        # einsum, not @: BLAS would wake a thread per core for this.
        logits = np.einsum("vf,lf->vl", vectors, self.weights) + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Vectors = odds / odds.sum(axis=1, keepdims=True)
        return shares

    def save(self, path: Path) -> None:
        np.savez(
            path,
            model=np.array(self.model),
            labels=np.array(self.labels),
            weights=self.weights,
            bias=self.bias,
        )

    @classmethod
    def load(cls, path: Path) -> Head:
        """Return a saved head. Raises ``BackendUnavailable`` for anything else."""
        try:
            with np.load(path, allow_pickle=False) as kept:
                head = cls(
                    model=str(kept["model"]),
                    labels=tuple(str(label) for label in kept["labels"]),
                    weights=kept["weights"].astype(np.float32),
                    bias=kept["bias"].astype(np.float32),
                )
        except (OSError, KeyError, ValueError, EOFError) as error:
            raise BackendUnavailable(f"{path} is no trained head: {error}") from error
        if head.weights.shape[:1] != head.bias.shape or len(head.labels) != len(
            head.bias
        ):
            raise BackendUnavailable(f"{path} is no trained head: its parts disagree.")
        return head


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadTagger:
    """Tags by a trained head; a backend of the steps ``categories`` and ``clothing``."""

    path: str = ""  # of the .npz; empty: what MEDIA_PIPELINE_CATEGORY_HEAD names
    embedder: str = "media_pipeline.backends.lite0.Lite0Embedder"

    @property
    def models(self) -> tuple[str, ...]:
        """Return the head's sum and what it was trained on."""
        head = self._head()
        return (f"head {head.sum_of_weights}", head.model)

    def tag(self, pixels: Pixels) -> tuple[Tag, ...]:
        """Return the most probable category alone; nothing if that is none."""
        head, engine = self._pair()
        (shares,) = head.probabilities(engine.embed([pixels]))
        best = int(shares.argmax())
        if head.labels[best] == NONE:
            return ()
        return (Tag(head.labels[best], float(shares[best])),)

    def check(self) -> None:
        """Raise ``BackendUnavailable`` for a head of another network."""
        self._pair()

    def _pair(self) -> tuple[Head, Embedder]:
        """Return the head and what it was trained on."""
        head = self._head()
        engine: Embedder = build_backend(self.embedder, {}, method="embed")
        if head.model != engine.name:
            raise BackendUnavailable(
                f"The head was trained on {head.model}, not {engine.name}."
            )
        return head, engine

    def _head(self) -> Head:
        path = self.path or conf.category_head()
        if not path:
            raise BackendUnavailable("MEDIA_PIPELINE_CATEGORY_HEAD names no head.")
        file = Path(path)
        try:
            changed = file.stat().st_mtime_ns
        except OSError as error:
            raise BackendUnavailable(f"The head can't be read: {error}") from error
        return _loaded(file, changed)


@functools.lru_cache(maxsize=4)
def _loaded(path: Path, changed: int) -> Head:
    return Head.load(path)  # ``changed``: a head that was trained anew is read anew


# --- training -------------------------------------------------------------------


def train(
    vectors: Vectors, labels: Labels, *, model: str, per_class: int = MIN_PER_CLASS
) -> tuple[Head, dict[str, Any]]:
    """Return a head and a report of how well it does on pictures it has not seen.

    Classes with fewer than ``per_class`` pictures count as none of the others.
    The report holds the accuracy on a fifth that was held out, and of five folds;
    the head itself is trained on all. Raises ``NotEnoughPictures``.
    """
    counts = Counter(labels)
    kept = sorted(
        label for label, n in counts.items() if n >= per_class and label != NONE
    )
    known = [label if label in kept else NONE for label in labels]
    if NONE in known:
        kept.append(NONE)
    if len(kept) < 2 or kept == [NONE]:
        raise NotEnoughPictures(
            f"At least two classes of {per_class} pictures are needed; there are: "
            + (", ".join(f"{each or 'none'} {n}" for each, n in counts.most_common(9)))
        )
    answers = np.array([kept.index(label) for label in known])
    folds = _folds(answers)
    accuracies, shown, right = [], 0, 0
    hits: Counter[int] = Counter()
    guesses: Counter[int] = Counter()
    for fold in range(FOLDS):
        unseen = folds == fold
        head = _fit(vectors[~unseen], answers[~unseen], kept, model)
        shares = head.probabilities(vectors[unseen])
        best, truth = shares.argmax(axis=1), answers[unseen]
        accuracies.append(float((best == truth).mean()))
        guesses.update(best.tolist())
        hits.update(best[best == truth].tolist())
        sure = (shares.max(axis=1) >= SHOWN_FROM) & (best != _place(kept, NONE))
        shown += int(sure.sum())
        right += int((best[sure] == truth[sure]).sum())
    report = {
        "model": model,
        "pictures": len(answers),
        "per_class": per_class,
        "held_out_accuracy": round(accuracies[0], 4),
        "held_out_pictures": int((folds == 0).sum()),
        "five_folds": [round(each, 4) for each in accuracies],
        "mean_accuracy": round(float(np.mean(accuracies)), 4),
        "shown_from": SHOWN_FROM,
        "shown_share": round(shown / len(answers), 4),
        "shown_right": round(right / shown, 4) if shown else None,
        "classes": {
            label or "none": {
                "pictures": int((answers == place).sum()),
                "recall": round(hits[place] / int((answers == place).sum()), 4),
                "precision": (
                    round(hits[place] / guesses[place], 4) if guesses[place] else None
                ),
            }
            for place, label in enumerate(kept)
        },
        "too_few": {
            label: n for label, n in sorted(counts.items()) if label not in kept
        },
    }
    return _fit(vectors, answers, kept, model), report


def _place(labels: Labels, label: str) -> int:
    return list(labels).index(label) if label in labels else -1


def _folds(answers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return each picture's fold; every class is spread evenly over the five."""
    pick = np.random.default_rng(_SEED)
    folds = np.zeros(len(answers), np.int64)
    for label in np.unique(answers):
        rows = np.flatnonzero(answers == label)
        folds[pick.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return folds


def _fit(
    vectors: Vectors, answers: npt.NDArray[np.int64], labels: Labels, model: str
) -> Head:
    """Return the softmax regression with squared weights, by Nesterov's descent.

    Classes weigh the same, however many pictures they have. The vectors are centred
    and brought to a mean square length of 1, so that one step size fits all; both
    are undone in the weights.
    """
    count = len(labels)
    mean = vectors.mean(axis=0)
    centred = (vectors - mean).astype(np.float64)
    scale = 1 / np.sqrt((centred**2).sum(axis=1).mean() + 1e-12)
    x = np.concatenate((centred * scale, np.ones((len(vectors), 1))), axis=1)
    y = np.eye(count)[answers]
    sizes = np.maximum(y.sum(axis=0), 1)
    weight = (1 / sizes)[answers] / len(np.unique(answers))  # sums to 1
    step = 1 / (np.einsum("nf,nf,n->", x, x, weight) / 2 + _L2)
    at = ahead = np.zeros((count, x.shape[1]))
    for turn in range(_ROUNDS):
        logits = x @ ahead.T
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        wrong = (odds / odds.sum(axis=1, keepdims=True) - y) * weight[:, None]
        slope = wrong.T @ x
        slope[:, :-1] += _L2 * ahead[:, :-1]
        before, at = at, ahead - step * slope
        ahead = at + turn / (turn + 3) * (at - before)
    weights = at[:, :-1] * scale
    return Head(
        model=model,
        labels=tuple(labels),
        weights=weights.astype(np.float32),
        bias=(at[:, -1] - weights @ mean).astype(np.float32),
    )


def write(head: Head, report: dict[str, Any], path: Path) -> Path:
    """Save a head, and its report as JSON beside it; return the report's path."""
    head.save(path)
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    return beside


# --- the command ----------------------------------------------------------------


def main(arguments: Sequence[str], answers: IO[str] = sys.stdout) -> int:
    """Train on a folder of photos, print the report; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m media_pipeline train-head")
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--labels", type=Path, required=True, metavar="CSV", help="columns file, label"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("head.npz"), metavar="HEAD.npz"
    )
    parser.add_argument(
        "--per-class",
        type=at_least_folds,
        default=MIN_PER_CLASS,
        metavar="N",
        help="leave out classes with fewer pictures; default: %(default)s",
    )
    with contextlib.redirect_stdout(answers):  # for --help
        options = parser.parse_args(arguments)
    if options.out.suffix != ".npz":
        parser.error("--out: its name ends with .npz")
    try:
        pairs = _pairs(options.labels)
    except (OSError, ValueError) as error:
        parser.error(f"--labels: {error}")
    try:
        vectors, labels = _vectors(options.photos, pairs)
        head, report = train(
            vectors, labels, model=Lite0Embedder.name, per_class=options.per_class
        )
        beside = write(head, report, options.out)
    except (NotEnoughPictures, BackendUnavailable, OSError) as error:
        print(f"train-head: {error}", file=sys.stderr)
        return 1
    finally:
        sandbox.close()
    answers.write(json.dumps(report, indent=2) + "\n")
    print(f"Written: {options.out}, {beside}", file=sys.stderr)
    return 0


def at_least_folds(given: str) -> int:
    """Return a number of pictures: every fold needs one to test with."""
    count = int(given)
    if count < FOLDS:
        raise argparse.ArgumentTypeError(f"at least {FOLDS} are needed")
    return count


def _pairs(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"file", "label"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{path} lacks the columns file and label.")
        return [(row["file"], (row["label"] or "").strip()) for row in rows]


def _vectors(
    folder: Path, pairs: Sequence[tuple[str, str]]
) -> tuple[Vectors, list[str]]:
    embedder = Lite0Embedder()
    rows, labels = [], []
    for name, label in pairs:
        try:
            content = (folder / name).read_bytes()
            with sandbox.opened(content) as picture:
                rows.append(embedder.embed([picture.frame.pixels])[0])
        except (OSError, RefusedFile, DecoderFailed) as error:
            logger.warning("%s is left out: %s", name, error)
            continue
        labels.append(label)
    empty = np.zeros((0, embedder.length), np.float32)
    return (np.stack(rows) if rows else empty), labels
