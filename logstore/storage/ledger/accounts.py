"""What a decoded run was for each of its entries: rows stored, events rejected and why. Pure.

Runs can be thousands of entries of one message each, so nothing here is done per event but for rejected ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from logstore.model.batch import Rejection
from logstore.model.outcome import ChunkOutcome
from logstore.model.schema import SEQ
from logstore.storage.decoding import UNDECODABLE, DecodedRun
from logstore.storage.wal.format import LoggedEntry

MOST_REJECTIONS = 100
"""Rejections that are kept one by one for a chunk; all are counted."""


@dataclass(slots=True)
class Rejected:
    """The events of one entry that were not stored: how many by reason, and the first of them."""

    reasons: dict[str, int]
    first: list[Rejection]

    @property
    def total(self) -> int:
        """How many they are."""
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class Accounts:
    """What became of a run.

    Attributes:
        bounds: entry i has the rows [bounds[i], bounds[i + 1]) of the run's batch.
        rejected: by place of the entry in the run, only entries that have any.
    """

    bounds: list[int]
    rejected: Mapping[int, Rejected]

    def rows(self, place: int) -> int:
        """Rows of the entry at this place."""
        return self.bounds[place + 1] - self.bounds[place]

    def outcome(self, place: int, seq: int) -> ChunkOutcome:
        """The outcome of the entry at this place, whose first sequence number is `seq`."""
        rejected = self.rejected.get(place)
        if rejected is None:
            return ChunkOutcome(seq, self.rows(place))
        return ChunkOutcome(seq, self.rows(place), dict(rejected.reasons), tuple(rejected.first))


def account(run: Sequence[LoggedEntry], decoded: DecodedRun) -> Accounts:
    """Settles what became of each entry of a run."""
    starts = np.fromiter((logged.entry.seq for logged in run), np.int64, len(run))
    seqs = decoded.decoded.batch.table.column(SEQ).to_numpy()
    bounds = np.searchsorted(seqs, starts).tolist()
    bounds.append(len(seqs))
    return Accounts(bounds, _rejected(starts, decoded))


def _rejected(starts: np.ndarray[tuple[int], np.dtype[np.int64]], decoded: DecodedRun) -> dict[int, Rejected]:
    rejections = decoded.decoded.rejections
    found: dict[int, Rejected] = {}
    if rejections:
        seqs = np.fromiter((one.seq for one in rejections), np.int64, len(rejections))
        places = (np.searchsorted(starts, seqs, "right") - 1).tolist()
        for place, rejection in zip(places, rejections, strict=True):
            _count(found, place, rejection)
    for logged in decoded.undecodable:
        place = int(np.searchsorted(starts, logged.entry.seq))
        _count(found, place, Rejection(logged.entry.seq, UNDECODABLE))
    return found


def _count(found: dict[int, Rejected], place: int, rejection: Rejection) -> None:
    rejected = found.get(place)
    if rejected is None:
        rejected = found[place] = Rejected({}, [])
    rejected.reasons[rejection.reason] = rejected.reasons.get(rejection.reason, 0) + 1
    if len(rejected.first) < MOST_REJECTIONS:
        rejected.first.append(rejection)
