"""Values, collected by field and Python type, become Arrow columns.

Collecting is per event and does nothing but append; all work on values is done here, a column at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgpack import Timestamp

from ingest.decode.changes import NOT_FINITE, Changes
from ingest.decode.texts import bytes_to_text, clean_text, extension_to_text, json_text
from ingest.decode.values import Ext
from logstore.model.merge import fields_to_fold
from logstore.model.more import to_more_text
from logstore.model.more_column import MoreEntries, Rows, Sparse
from logstore.model.schema import ARROW_TYPES, Kind

Piece = tuple[Kind, Rows, pa.Array]
"""Some values of one kind, and their rows, in any order."""


class Columns:
    """The values of a run of events. A row may have one value of a field."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, type], tuple[list[int], list[Any]]] = defaultdict(lambda: ([], []))

    def add(self, field: str, of_type: type, rows: Sequence[int], values: Sequence[Any]) -> None:
        """Adds to `field` the values, all of the type `of_type`, of these rows."""
        all_rows, all_values = self._values[field, of_type]
        all_rows += rows
        all_values += values

    def finish(self, num_rows: int, max_columns: int, changes: Changes) -> tuple[list[Sparse], list[MoreEntries]]:
        """The columns, one for each field and kind, and what stands in `_more` from the start.

        A column costs a hundred times what a value costs, so when keys are made up of data (ids), their values go
        straight to `_more`.
        """
        counts = {key: len(rows) for key, (rows, _) in self._values.items()}
        folded = fields_to_fold(counts, num_rows, max_columns, 0.0)
        pieces: dict[tuple[str, Kind], list[Piece]] = defaultdict(list)
        for (field, of_type), (rows, values) in self._values.items():
            if field not in folded:
                for piece in _MAKERS[of_type](np.array(rows, np.int64), values, changes):
                    pieces[field, piece[0]].append(piece)
        columns = [_join(field, kind, found) for (field, kind), found in pieces.items()]
        return columns, list(self._entries(folded, changes))

    def _entries(self, fields: Collection[str], changes: Changes) -> Iterator[MoreEntries]:
        """All values of these fields as entries of `_more`."""
        by_type: dict[type, tuple[list[str], list[int], list[Any]]] = defaultdict(lambda: ([], [], []))
        for (field, of_type), (rows, values) in self._values.items():
            if field in fields:
                all_fields, all_rows, all_values = by_type[of_type]
                all_fields += [field] * len(rows)
                all_rows += rows
                all_values += values
        for of_type, (all_fields, all_rows, all_values) in by_type.items():
            for kind, places, array in _MAKERS[of_type](np.arange(len(all_values)), all_values, changes):
                texts = [to_more_text(kind, value) for value in array.to_pylist()]
                names = pa.array(all_fields, pa.string()).take(pa.array(places))
                yield MoreEntries(np.array(all_rows, np.int64)[places], names, pa.array(texts, pa.string()))


def _join(field: str, kind: Kind, pieces: Sequence[Piece]) -> Sparse:
    rows = np.concatenate([rows for _, rows, _ in pieces])
    values = pieces[0][2] if len(pieces) == 1 else pa.concat_arrays([values for _, _, values in pieces])
    if bool((rows[1:] > rows[:-1]).all()):
        return Sparse(field, kind, rows, values)
    order = np.argsort(rows, kind="stable")
    return Sparse(field, kind, rows[order], values.take(pa.array(order)))


def _bools(rows: Rows, values: list[Any], _: Changes) -> Iterator[Piece]:
    yield Kind.BOOL, rows, pa.array(values, ARROW_TYPES[Kind.BOOL])


def _integers(rows: Rows, values: list[Any], _: Changes) -> Iterator[Piece]:
    try:
        yield Kind.INT, rows, pa.array(values, ARROW_TYPES[Kind.INT])
    except OverflowError:
        large = np.array([value >= 2**63 for value in values])
        numbers = np.array(values, object)
        yield Kind.UINT, rows[large], pa.array(numbers[large], ARROW_TYPES[Kind.UINT])
        if not large.all():
            yield Kind.INT, rows[~large], pa.array(numbers[~large], ARROW_TYPES[Kind.INT])


def _floats(rows: Rows, values: list[Any], changes: Changes) -> Iterator[Piece]:
    array = pa.array(values, ARROW_TYPES[Kind.FLOAT])
    changes[NOT_FINITE] += len(values) - int(pc.sum(pc.is_finite(array)).as_py())
    yield Kind.FLOAT, rows, array


def _texts(rows: Rows, values: list[Any], changes: Changes) -> Iterator[Piece]:
    try:
        yield Kind.TEXT, rows, pa.array(values, ARROW_TYPES[Kind.TEXT])
    except UnicodeEncodeError:
        yield Kind.TEXT, rows, pa.array([clean_text(value, changes) for value in values], ARROW_TYPES[Kind.TEXT])


def _converted(kind: Kind, convert: Callable[[Any, Changes], str]) -> Callable[..., Iterator[Piece]]:
    def make(rows: Rows, values: list[Any], changes: Changes) -> Iterator[Piece]:
        yield kind, rows, pa.array([convert(value, changes) for value in values], ARROW_TYPES[kind])

    return make


_MAKERS: dict[type, Callable[[Rows, list[Any], Changes], Iterator[Piece]]] = {
    bool: _bools,
    int: _integers,
    float: _floats,
    str: _texts,
    bytes: _converted(Kind.TEXT, bytes_to_text),
    Ext: _converted(Kind.TEXT, extension_to_text),
    Timestamp: _converted(Kind.TEXT, extension_to_text),
    list: _converted(Kind.JSON, json_text),
    tuple: _converted(Kind.JSON, json_text),
}
