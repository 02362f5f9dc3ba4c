"""Events in memory, as what is known of them: a row each. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.batch import EventBatch
from logstore.model.schema import SEQ, TIME, columns_of
from logstore.model.snapshot import Deletion
from logstore.model.timespan import MIN_NS
from query.plan.coded import Coded, Key, Tallied, places_of
from query.plan.countable import Counted
from query.plan.erased import Missing, missing_of
from query.plan.prune import Bounds, covered
from query.tallied.keys import KINDS

MOST_ROWS = 50_000
"""Of which something is looked at. Of twice as many the database makes as short work, and counts its memory."""


def in_memory(
    head: Sequence[EventBatch], deletions: Sequence[Deletion], counted: Counted, bounds: Bounds
) -> list[Tallied] | None:
    """What a plan counts of batches; None where a statement has to look at them.

    Args:
        head: the batches.
        deletions: of the snapshot.
        counted: what is looked at of their events.
        bounds: beyond which events do not count.
    """
    is_by_row = counted.widths_ns or counted.fields or counted.tested
    if is_by_row and sum(batch.rows for batch in head) > MOST_ROWS:
        return None
    if any(missing != Missing() for missing in missing_of(head, deletions)):
        return None
    found = [_tallied(batch, counted, bounds) for batch in head]
    there = [each for each in found if each is not None]
    return there if len(there) == len(found) else None


def _tallied(batch: EventBatch, counted: Counted, bounds: Bounds) -> Tallied | None:
    if any(batch.time_min_ns // width * width < MIN_NS for width in counted.widths_ns):
        return None
    keys = _columns(batch, counted)
    if keys is None:
        return None
    table = batch.table if covered(batch, bounds) else batch.table.filter(_within(batch.table, bounds))
    if not keys and not counted.widths_ns:
        return Tallied(np.array([table.num_rows] if table.num_rows else [], np.int64))
    times = table.column(TIME).cast(pa.int64()).to_numpy() if counted.widths_ns else None
    columns = {key: _coded(table.column(name)) for key, name in keys.items()}
    return Tallied(np.ones(table.num_rows, np.int64), times, columns)


def _columns(batch: EventBatch, counted: Counted) -> dict[Key, str] | None:
    """The columns that are looked at; None when there are other values than these, or they are of other kinds."""
    if counted.fields is None or counted.tested is None:
        return None
    found: dict[Key, str] = {}
    for field in counted.fields | counted.tested:
        columns = columns_of(batch.columns, field)
        if any(column.kind not in KINDS for column in columns) or (batch.has_more and not columns):
            return None
        found |= {(field, column.kind): column.name for column in columns}
    return found


def _within(table: pa.Table, bounds: Bounds) -> pa.ChunkedArray:
    """Which rows are in sight."""
    times, seqs, window = table.column(TIME).cast(pa.int64()), table.column(SEQ), bounds.window
    tests = [(times, pc.greater_equal, window.start_ns), (times, pc.less, window.end_ns)]
    tests += [(seqs, pc.less_equal, bounds.seq), (seqs, pc.greater, bounds.after_seq)]
    found = pc.is_valid(times)
    for values, test, bound in tests:
        found = found if bound is None else pc.and_(found, test(values, bound))
    return found


def _coded(column: pa.ChunkedArray) -> Coded:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = encoded.unify_dictionaries().combine_chunks()
    return Coded(whole.dictionary, places_of(whole))
