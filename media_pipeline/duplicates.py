"""Pictures that were here before: other photos, the catalogue's, banned ones.

Candidates come from exact scans of hashes and vectors held in memory; local
features confirm them. Nothing here refuses: only a confirmed match with the ban
list advises to reject, all else asks a person.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import QuerySet

from . import conf, sandbox
from .exceptions import BackendUnavailable
from .known_pictures import (
    BannedPicture,
    IndexVersion,
    LiftedBan,
    Likeness,
    PhotoLikeness,
    ProductLikeness,
)
from .models import Asset
from .pipeline_steps.duplicates import Duplicates
from .registry import discover
from .results import StepResult, Verdict
from .services.files import read_master
from .similarity import (
    Appearance,
    Features,
    ProductIndex,
    agreeing,
    fingerprint_of,
    hashes_from_bytes,
    nearest_hashes,
    vector_from_bytes,
)

logger = logging.getLogger(__name__)

Number = TypeVar("Number", np.int64, np.uint64, np.float32)
_Row = TypeVar("_Row")

# Kinds of evidence, as the result names them.
PHOTO, PRODUCT, BANNED = "photo", "product", "banned"

_MODELS: dict[str, type[Likeness]] = {
    PHOTO: PhotoLikeness,
    PRODUCT: ProductLikeness,
    BANNED: BannedPicture,
}
_NAMES = {PHOTO: "asset__public_id", PRODUCT: "key", BANNED: "public_id"}
_VERSIONS = {PRODUCT: IndexVersion.Name.CATALOGUE, BANNED: IndexVersion.Name.BANS}
# Reason codes of confirmed matches and of those that only look so.
_CONFIRMED = {
    PHOTO: "seen_before",
    PRODUCT: "catalogue_picture",
    BANNED: "banned_picture",
}
_MAYBE = {kind: f"maybe_{code}" for kind, code in _CONFIRMED.items()}

_BATCH = 2000  # rows
# Rows read again with each refresh: on PostgreSQL a lower id may be committed after
# a higher one.
_OVERLAP = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One picture that this one may be. ``id`` is a public id or a product's key."""

    kind: str  # PHOTO, PRODUCT or BANNED
    id: str
    how: str  # "bytes", "pixels", "features", "hash" or "vector": the strongest
    is_confirmed: bool
    distance: int | None = None  # bits of 64
    cosine: float | None = None
    agreeing: int | None = None  # local features

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


# --- what is in memory ----------------------------------------------------------


class _Rows(Generic[Number]):
    """An array that grows at its end without being copied each time."""

    def __init__(self, *shape: int, of: type[Number]) -> None:
        self._kept: npt.NDArray[Number] = np.zeros((0, *shape), of)
        self.count = 0

    @property
    def all(self) -> npt.NDArray[Number]:
        rows: npt.NDArray[Number] = self._kept[: self.count]
        return rows

    def append(self, rows: npt.NDArray[Number]) -> None:
        needed = self.count + len(rows)
        if needed > len(self._kept):
            room = needed if not self.count else max(needed, self.count * 5 // 4)
            grown = np.zeros((room, *self._kept.shape[1:]), self._kept.dtype)
            grown[: self.count] = self.all
            self._kept = grown
        self._kept[self.count : needed] = rows
        self.count = needed

    def keep_last(self, count: int) -> None:
        """Forget the first rows, once there are a quarter too many."""
        if self.count > count * 5 // 4:
            self._kept = self.all[-count:].copy()
            self.count = count


class _Pool:
    """One kind's hashes and vectors, once per process, refreshed by id and version."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.state: tuple[int, str] = (-1, "")  # version, embedder's name
        self._clear(0)

    def _clear(self, length: int) -> None:
        self.ids: _Rows[np.int64] = _Rows(of=np.int64)
        # One run of memory per hash: the scan reads it through.
        self.hashes: tuple[_Rows[np.uint64], ...] = tuple(
            _Rows(of=np.uint64) for _ in range(4)
        )
        # Of the last rows alone; rows of another model are zeros and like nothing.
        self.vectors: _Rows[np.float32] = _Rows(length, of=np.float32)

    def refresh(self, *, version: int, embedder_name: str, length: int) -> None:
        if self.state != (version, embedder_name):
            self._clear(length)
            self.state = (version, embedder_name)
        self._append(length)
        if self.kind == PHOTO:
            self.vectors.keep_last(conf.compared_photos())

    def _append(self, length: int) -> None:
        ids = self.ids.all
        after = int(ids[-_OVERLAP]) if len(ids) >= _OVERLAP else 0
        known = ids[ids > after].tolist()
        fresh = (
            _MODELS[self.kind]
            ._default_manager.filter(pk__gt=after)
            .exclude(pk__in=known)
            .exclude(pixels_sha256="")  # a catalogue's picture that was refused
            .order_by("pk")
            .values_list("pk", "hashes", "model", "vector")
        )
        for rows in _batches(fresh.iterator(chunk_size=_BATCH), _BATCH):
            vectors = np.zeros((len(rows), length), np.float32)
            for place, (_, _, model, kept) in enumerate(rows):
                if model == self.state[1] and len(kept) == 2 * length:
                    vectors[place] = vector_from_bytes(bytes(kept))
            hashes = np.stack([hashes_from_bytes(bytes(row[1])) for row in rows])
            self.ids.append(np.array([row[0] for row in rows], np.int64))
            for column, of in enumerate(self.hashes):
                of.append(hashes[:, column])
            self.vectors.append(vectors)

    def candidates(self, appearance: Appearance, step: Duplicates) -> list[_Candidate]:
        """Return the nearest by hash and the most alike by vector, each id once."""
        found: dict[int, _Candidate] = {}
        ids, vectors = self.ids.all, self.vectors.all
        for columns, queries in (
            ((0, 2), appearance.phashes),
            ((1, 3), appearance.dhashes),
        ):
            for column in columns:
                for near in nearest_hashes(
                    self.hashes[column].all,
                    queries,
                    within=step.hash_within,
                    limit=step.candidates,
                ):
                    pk = int(ids[near.row])
                    candidate = found.setdefault(pk, _Candidate(pk))
                    if candidate.distance is None or near.distance < candidate.distance:
                        candidate.distance = near.distance
        if len(vectors):
            cosines = (vectors @ appearance.vectors.T).max(axis=1)
            skipped = len(ids) - len(vectors)
            best = np.argsort(-cosines, kind="stable")[: step.candidates]
            for row in best[cosines[best] >= step.alike_from]:
                pk = int(ids[skipped + int(row)])
                candidate = found.setdefault(pk, _Candidate(pk))
                candidate.cosine = min(1.0, float(cosines[row]))
        return list(found.values())


@dataclass(slots=True)
class _Candidate:
    pk: int
    distance: int | None = None
    cosine: float | None = None


_pools = {kind: _Pool(kind) for kind in _MODELS}
_lock = threading.Lock()


def forget() -> None:
    """Drop what is in memory; the next comparison reads everything anew."""
    with _lock:
        _indexes.clear()
        _pools.update({kind: _Pool(kind) for kind in _MODELS})


def _batches(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def _refreshed(kinds: Iterable[str], *, embedder_name: str, length: int) -> None:
    versions = dict(IndexVersion.objects.values_list("name", "version"))
    for kind in kinds:
        _pools[kind].refresh(
            version=versions.get(_VERSIONS.get(kind, ""), 0),
            embedder_name=embedder_name,
            length=length,
        )


def product_index(*, embedder_name: str, length: int) -> ProductIndex:
    """Return the catalogue's vectors by product key, as the worker has them.

    One query when nothing changed. ``MEDIA_PIPELINE_PRODUCT_INDEX`` may name another
    way to find products.
    """
    with _lock:
        _refreshed([PRODUCT], embedder_name=embedder_name, length=length)
        pool = _pools[PRODUCT]
        state = (*pool.state, pool.ids.count)
        if state not in _indexes:
            keys = dict(ProductLikeness.objects.values_list("pk", "key"))
            _indexes.clear()
            _indexes[state] = ProductIndex(
                model=embedder_name,
                keys=tuple(keys.get(pk, "") for pk in pool.ids.all.tolist()),
                vectors=pool.vectors.all,
            )
        return _indexes[state]


_indexes: dict[tuple[int, str, int], ProductIndex] = {}  # the last one


# --- comparing ------------------------------------------------------------------


def compare(
    appearance: Appearance, step: Duplicates, *, sha256: str, asset_id: int
) -> tuple[StepResult, tuple[Evidence, ...]]:
    """Return the advice and every picture that this one may be, surest first.

    Photos of the same asset are left out. Four queries, and one for each kind with
    candidates.
    """
    with _lock:
        _refreshed(
            _MODELS,
            embedder_name=appearance.fingerprint.model,
            length=appearance.vectors.shape[1],
        )
        candidates = {
            kind: pool.candidates(appearance, step) for kind, pool in _pools.items()
        }
    evidence: dict[tuple[str, str], Evidence] = {}
    for each in (
        *_exactly_the_same(appearance, sha256, asset_id),
        *_alike(appearance, step, candidates, asset_id),
    ):
        known = evidence.get((each.kind, each.id))
        if known is None or _rank(each) < _rank(known):
            evidence[each.kind, each.id] = each
    ordered = tuple(sorted(evidence.values(), key=_rank))
    return _advice(ordered, step.name), ordered


def _rank(evidence: Evidence) -> tuple[bool, int, int, float]:
    how = ("bytes", "pixels", "features", "hash", "vector").index(evidence.how)
    return (
        not evidence.is_confirmed,
        how,
        -(evidence.agreeing or 0),
        -(evidence.cosine or 0.0),
    )


def _advice(evidence: Sequence[Evidence], step: str) -> StepResult:
    reasons: list[str] = []
    verdict = Verdict.PASS
    for each in evidence:
        # What looks alike but doesn't agree is shown to a person, and says nothing.
        if not each.is_confirmed and each.how == "vector":
            continue
        reasons.append((_CONFIRMED if each.is_confirmed else _MAYBE)[each.kind])
        is_banned = each.kind == BANNED and each.is_confirmed
        verdict = max(verdict, Verdict.REJECT if is_banned else Verdict.REVIEW)
    return StepResult(step=step, verdict=verdict, reasons=tuple(dict.fromkeys(reasons)))


def _exactly_the_same(
    appearance: Appearance, sha256: str, asset_id: int
) -> Iterable[Evidence]:
    pixels = appearance.fingerprint.pixels_sha256
    twins = (
        Asset.objects.filter(
            sha256=sha256, profile=Asset.Profile.PHOTO, state=Asset.State.PROCESSED
        )
        .exclude(pk=asset_id)
        .order_by("pk")
    )
    for name in twins.values_list("public_id", flat=True)[:5]:
        yield Evidence(kind=PHOTO, id=name, how="bytes", is_confirmed=True)
    for name in BannedPicture.objects.filter(sha256=sha256).values_list(
        "public_id", flat=True
    )[:5]:
        yield Evidence(kind=BANNED, id=name, how="bytes", is_confirmed=True)
    for kind in _MODELS:
        rows = _others(kind, asset_id).filter(pixels_sha256=pixels).order_by("pk")
        for name in rows.values_list(_NAMES[kind], flat=True)[:5]:
            yield Evidence(kind=kind, id=name, how="pixels", is_confirmed=True)


def _others(kind: str, asset_id: int) -> QuerySet[Likeness]:
    """Return the rows of a kind without the asset's own."""
    if kind == PHOTO:
        return PhotoLikeness.objects.exclude(asset_id=asset_id)
    return _MODELS[kind]._default_manager.all()


def _alike(
    appearance: Appearance,
    step: Duplicates,
    candidates: dict[str, list[_Candidate]],
    asset_id: int,
) -> Iterable[Evidence]:
    fingerprint = appearance.fingerprint
    for kind, found in candidates.items():
        by_pk = {candidate.pk: candidate for candidate in found}
        if not by_pk:
            continue
        rows = _others(kind, asset_id).filter(pk__in=by_pk)
        # Those erased meanwhile are still in memory, and not in the table.
        for pk, name, kept in rows.values_list("pk", _NAMES[kind], "features"):
            candidate = by_pk[pk]
            agree = _agreement(fingerprint.features, appearance.mirrored, bytes(kept))
            needed = step.ban_from if kind == BANNED else step.agree_from
            confirmed = agree is not None and agree >= needed
            if confirmed:
                how = "features"
            else:
                how = "vector" if candidate.distance is None else "hash"
            yield Evidence(
                kind=kind,
                id=name,
                how=how,
                is_confirmed=confirmed,
                distance=candidate.distance,
                cosine=candidate.cosine and round(candidate.cosine, 4),
                agreeing=agree,
            )


def _agreement(
    features: Features | None, mirrored: Features | None, kept: bytes
) -> int | None:
    """Return how many features agree; None if that can't be said."""
    if features is None or mirrored is None or not kept:
        return None
    try:
        other = Features.from_bytes(kept)
        return max(agreeing(features, other), agreeing(mirrored, other))
    except (ValueError, BackendUnavailable) as error:
        logger.warning("Features can't be compared: %s", error)
        return None


# --- keeping --------------------------------------------------------------------


def remember_photo(asset_id: int, appearance: Appearance) -> None:
    """Keep what a photo looks like; in the transaction that settles it."""
    PhotoLikeness.objects.update_or_create(
        asset_id=asset_id, defaults=PhotoLikeness.columns(appearance.fingerprint)
    )


def ban_picture(asset_id: int, *, reason: str, by: str = "") -> BannedPicture:
    """Put a picture on the ban list, from which software alone may turn it away.

    It stays there when the asset is erased; a second call changes nothing. Reads
    the master if the photo's likeness was never taken. Raises ``LookupError``, and
    then ``StorageUnavailable``, ``SandboxUnavailable`` and ``DecoderFailed`` too.
    """
    asset = Asset.objects.filter(pk=asset_id, state=Asset.State.PROCESSED).first()
    if asset is None:
        raise LookupError(f"No processed asset {asset_id}.")
    banned = BannedPicture.objects.filter(public_id=asset.public_id).first()
    if banned is not None:
        return banned
    likeness = likeness_of(asset)
    columns = {
        name: getattr(likeness, name)
        for name in ("pixels_sha256", "hashes", "model", "vector", "features")
    }
    with transaction.atomic():
        banned, is_new = BannedPicture.objects.get_or_create(
            public_id=asset.public_id,
            defaults={
                **columns,
                "sha256": asset.sha256,
                "reason": reason[:200],
                "banned_by": by[:150],
            },
        )
        if is_new:
            IndexVersion.count_change(IndexVersion.Name.BANS)
    return banned


def likeness_of(asset: Asset) -> PhotoLikeness:
    """Return what a photo looks like; taken of the master now if it never was.

    Raises ``StorageUnavailable``, ``SandboxUnavailable`` and ``DecoderFailed``.
    """
    likeness = PhotoLikeness.objects.filter(asset=asset).first()
    if likeness is None:
        with sandbox.opened(read_master(asset), is_ours=True) as picture:
            fingerprint = fingerprint_of(picture.frame.pixels, _embedder())
        likeness, _is_new = PhotoLikeness.objects.get_or_create(
            asset=asset, defaults=PhotoLikeness.columns(fingerprint)
        )
    return likeness


@transaction.atomic
def lift_ban(public_id: str, *, by: str = "") -> bool:
    """Take a picture off the ban list. Return whether it was on it.

    ``LiftedBan`` keeps who did, and what had been banned why.
    """
    banned = (
        BannedPicture.objects.select_for_update().filter(public_id=public_id).first()
    )
    if banned is None:
        return False
    banned.delete()
    LiftedBan.objects.create(
        public_id=banned.public_id,
        reason=banned.reason,
        banned_by=banned.banned_by,
        banned_at=banned.banned_at,
        lifted_by=by[:150],
    )
    IndexVersion.count_change(IndexVersion.Name.BANS)
    return True


def _embedder() -> Any:
    step = discover().build("duplicates", conf.step_options().get("duplicates"))
    return step.engine  # type: ignore[attr-defined]  # it is Duplicates
