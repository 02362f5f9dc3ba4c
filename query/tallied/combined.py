"""What is known of all parts as one: a column at a time, when it is asked for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from logstore.model.schema import ARROW_TYPES, Kind
from logstore.model.tally import Integers
from query.plan.coded import Coded, Key, Tallied, places_of


class Combined:
    """The rows of all pieces, one piece after the other.

    Attributes:
        rows: of each row, how many events it stands for.
    """

    def __init__(self, pieces: Sequence[Tallied]) -> None:
        self.rows = _joined([piece.rows for piece in pieces])
        self._pieces = pieces
        self._columns: dict[Key, Coded] = {}

    def kinds_of(self, field: str) -> tuple[Kind, ...]:
        """The kinds that a field's values may have here."""
        there = {kind for piece in self._pieces for name, kind in piece.columns if name == field}
        return tuple(kind for kind in Kind if kind in there)

    def times(self) -> Integers:
        """A time of each row."""
        return _joined([_times(piece) for piece in self._pieces])

    def column(self, field: str, kind: Kind) -> Coded:
        """The values of one kind of a field, each of them once and none of them null."""
        key = field, kind
        if key not in self._columns:
            self._columns[key] = self._combined(key)
        return self._columns[key]

    def _combined(self, key: Key) -> Coded:
        values: list[pa.Array] = [pa.nulls(0, ARROW_TYPES[key[1]])]
        codes: list[Integers] = []
        before = 0
        for piece in self._pieces:
            column = piece.columns.get(key)
            if column is None:
                codes.append(np.full(len(piece.rows), -1, np.int64))
                continue
            values.append(column.values)
            codes.append(np.where(column.codes < 0, -1, column.codes + before) if before else column.codes)
            before += len(column.values)
        encoded = pa.concat_arrays(values).dictionary_encode()
        # A code of -1 finds what is behind all others.
        places = np.append(places_of(encoded), -1)
        return Coded(encoded.dictionary, places[_joined(codes)])


def _times(piece: Tallied) -> Integers:
    if piece.times is None:
        raise TypeError("nobody asked for times")
    return piece.times


def _joined(arrays: Sequence[Integers]) -> Integers:
    return np.concatenate(arrays) if arrays else np.array([], np.int64)
