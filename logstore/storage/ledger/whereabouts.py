"""In which parts the events of a chunk lie: by their sequence numbers, which no rewriting of parts changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from logstore.errors import CorruptionError
from logstore.model.schema import SEQ
from logstore.model.snapshot import Part
from logstore.storage.part.load import load_table

_KEPT_PARTS = 4
"""So many parts' numbers are kept: eight bytes for each event. Chunks that are asked for together came together."""

Seqs = np.ndarray[Any, np.dtype[np.int64]]


class Whereabouts:
    """Finds parts by sequence numbers. For one thread.

    Args:
        parts: the parts at one instant; their files must stay for as long as this is used.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._first = np.array([part.seq_min for part in parts], np.int64)
        self._last = np.array([part.seq_max for part in parts], np.int64)
        self._seqs: OrderedDict[str, Seqs | None] = OrderedDict()

    def holding(self, seq: int, end_seq: int) -> tuple[Part, ...]:
        """The parts with any event of [`seq`, `end_seq`); such that cannot be read are among them when they may be."""
        near = np.flatnonzero((self._first < end_seq) & (self._last >= seq)).tolist()
        found = [self._parts[place] for place in near]
        # Spans of merged parts overlap, so the spans alone would name too many.
        return tuple(found) if len(found) <= 1 else tuple(part for part in found if self._holds(part, seq, end_seq))

    def _holds(self, part: Part, seq: int, end_seq: int) -> bool:
        if part.seq_max - part.seq_min + 1 == part.rows:
            return True
        seqs = self._seqs_of(part)
        if seqs is None:
            return True
        place = int(np.searchsorted(seqs, seq))
        return place < len(seqs) and int(seqs[place]) < end_seq

    def _seqs_of(self, part: Part) -> Seqs | None:
        """The sequence numbers of a part, ascending; None when they cannot be read."""
        if part.path not in self._seqs:
            try:
                self._seqs[part.path] = np.sort(load_table(part.path, part, [SEQ]).column(SEQ).to_numpy())
            except CorruptionError:
                self._seqs[part.path] = None
            while len(self._seqs) > _KEPT_PARTS:
                self._seqs.popitem(last=False)
        self._seqs.move_to_end(part.path)
        return self._seqs[part.path]
