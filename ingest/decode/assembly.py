"""Events are gathered by plan, and those of one plan laid out as columns in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import compress
from operator import not_
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.decode.changes import Changes
from ingest.decode.columns import Columns
from ingest.decode.plan import Plan
from logstore.model.batch import EventBatch
from logstore.model.levels import LevelScale, normalize_level
from logstore.model.merge import batch_from_columns
from logstore.model.more_column import Sparse
from logstore.model.schema import ARROW_TYPES, LEVEL, SEQ, TAG, TIME, Kind

_Alike = tuple[list[int], list[Any]]
"""The events of one plan: the row of each, and the leaves of one after the other, in one list.

No object per event is kept: the garbage collector would visit each again and again, for a third of all time.
"""


class Assembly:
    """Events on their way to a batch."""

    def __init__(self) -> None:
        self._seqs: list[int] = []
        self._times: list[int] = []
        self._tags: list[str] = []
        self._alike: dict[Plan, _Alike] = defaultdict(lambda: ([], []))

    def __len__(self) -> int:
        return len(self._seqs)

    def add(self, seq: int, time_ns: int, tag: str, plan: Plan, leaves: Sequence[Any]) -> None:
        """Adds an event; `seq` must rise from call to call."""
        rows, all_leaves = self._alike[plan]
        rows.append(len(self._seqs))
        all_leaves += leaves
        self._seqs.append(seq)
        self._times.append(time_ns)
        self._tags.append(tag)

    def finish(self, max_columns: int, changes: Changes) -> EventBatch:
        """The events as a batch, what was changed in their records counted in `changes`."""
        columns = Columns()
        for plan, (rows, leaves) in self._alike.items():
            _lay_out(plan, rows, leaves, columns, changes)
        found, more = columns.finish(len(self), max_columns, changes)
        return batch_from_columns(len(self), [*self._own_columns(), *found], max_columns, more)

    def _own_columns(self) -> list[Sparse]:
        rows = np.arange(len(self), dtype=np.int64)
        return [
            Sparse(TIME, Kind.TIME, rows, pa.array(self._times, pa.int64()).cast(ARROW_TYPES[Kind.TIME])),
            Sparse(SEQ, Kind.INT, rows, pa.array(self._seqs, pa.int64())),
            Sparse(TAG, Kind.TEXT, rows, pa.array(self._tags, pa.string())),
        ]


def _lay_out(plan: Plan, rows: list[int], leaves: list[Any], columns: Columns, changes: Changes) -> None:
    """Adds the values of the events of one plan to `columns`."""
    width = len(leaves) // len(rows)

    def values(leaf: int) -> list[Any]:
        return leaves[leaf::width]

    levels = _levels(map(values, plan.levels), len(rows), plan.scale)
    has_level = [level is not None for level in levels]
    columns.add(LEVEL, str, list(compress(rows, has_level)), list(compress(levels, has_level)))
    idle = [False] * len(rows)
    if plan.own_level is not None:
        idle = [_says_no_more(own, level) for own, level in zip(values(plan.own_level), levels, strict=True)]
    for naming, chosen in ((plan.without_own_level, idle), (plan.with_own_level, list(map(not_, idle)))):
        count = chosen.count(True)
        for leaf, field, kind in naming.targets if count else ():
            columns.add(field, kind, list(compress(rows, chosen)), list(compress(values(leaf), chosen)))
        for change, times in naming.changes.items():
            changes[change] += times * count


def _levels(candidates: Iterable[Sequence[Any]], count: int, scale: LevelScale) -> list[str | None]:
    """The level of each of `count` events: the first that a candidate's value stands for."""
    levels: list[str | None] = [None] * count
    for values in candidates:
        levels = [level or _level_of(value, scale) for level, value in zip(levels, values, strict=True)]
    return levels


def _level_of(value: str | bytes | int, scale: LevelScale) -> str | None:
    return normalize_level(value.decode("utf-8", "replace") if isinstance(value, bytes) else value, scale)


def _says_no_more(own: str | bytes, level: str | None) -> bool:
    """Whether a record's own level is the level, case ignored."""
    text = own.decode("utf-8", "replace") if isinstance(own, bytes) else own
    return text == level or (text.isascii() and text.lower() == level)
