"""What became of a chunk: how many of its events were stored, and which were not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from logstore.model.batch import Rejection


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """A chunk after its decoding.

    Attributes:
        seq: sequence number of its first possible event.
        rows: events that were stored.
        rejected: how many were not, by reason (a short fixed phrase).
        rejections: the first of them, each with its place; `seq` of a rejection less `seq` here is the event's index
            in the chunk.
    """

    seq: int
    rows: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    rejections: tuple[Rejection, ...] = ()
