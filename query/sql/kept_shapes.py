"""The shapes of the answers that were asked for last: their columns and notices, as a statement that reads nothing has.

To find them out takes as long as to compile the statement that is run, and for an answer that is put together without
one, nothing takes longer. Dashboards and pages ask the same texts again and again, of windows that move and of pieces
that have the same columns. What a statement reads is no part of a shape, and answers are never kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from typing import TypeAlias

from logstore.model.schema import Column
from query.plan import logical
from query.plan.members import members
from query.plan.prune import Piece, Pruned
from query.plan.pruning import Pruning
from query.sql.compile import Compiled, Extent, compile_plan

MOST_SHAPES = 256
"""Some ten KiB each, most of it columns."""

LONGEST = 16_384
"""Characters of a text, and of the statement that tells its shape. Longer ones are rare, and would take most room."""

_MOST_COLUMNS = 1024
"""Tuples of columns that are known by their places in memory. Each batch of events brings its own."""

_KEPT = (
    logical.Filter,
    logical.Extend,
    logical.Parse,
    logical.Unpack,
    logical.Project,
    logical.Drop,
    logical.Rename,
    logical.Aggregate,
    logical.Top,
    logical.Sort,
    logical.Limit,
    logical.Dedup,
)
"""Stages whose columns follow from themselves and from the columns of what they are given."""

_Columns: TypeAlias = tuple[Column, ...]


class KeptShapes:
    """Tells shapes, and keeps the last of them. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shapes: OrderedDict[Hashable, Compiled] = OrderedDict()
        # An object stands for all that are equal to it, so that columns are compared once and not at each question.
        self._same: dict[_Columns, _Columns] = {}
        self._seen: dict[int, tuple[_Columns, _Columns]] = {}

    def __len__(self) -> int:
        """How many shapes are kept."""
        return len(self._shapes)

    def shape(self, text: str, plan: logical.Plan, pruning: Pruning, extent: Extent) -> Compiled:
        """What `compile_plan` makes of a plan and an extent that reads nothing; its statement may be another window's.

        Args:
            text: what was asked; what is noticed has places in it.
            plan: what it means.
            pruning: of the snapshot that it is asked of.
            extent: of no pieces.

        Raises:
            QueryError: as of `compile_plan`.
        """
        stages = _stages(plan)
        if stages is None or not extent.is_of_all_rows or pruning.snapshot.unfit or len(text) > LONGEST:
            return compile_plan(plan, pruning, extent)
        pruned = pruning.of_plan(plan)
        with self._lock:
            key = text, stages, extent, self._columns_of(pruned)
            found = self._shapes.get(key)
            if found is not None:
                self._shapes.move_to_end(key)
                return replace(found, pruned=(pruned,))
        made = compile_plan(plan, pruning, extent)
        if _is_kept(made):
            with self._lock:
                self._shapes[key] = replace(made, pruned=())
                if len(self._shapes) > MOST_SHAPES:
                    self._shapes.popitem(last=False)
        return made

    def _columns_of(self, pruned: Pruned) -> Hashable:
        """What is looked at of the pieces that a shape follows from."""
        return tuple(
            (id(self._one(piece)), piece.has_more) for pieces in (pruned.within, pruned.shaping) for piece in pieces
        ), len(pruned.within)

    def _one(self, piece: Piece) -> _Columns:
        """The object that stands for columns like those of a piece; it is kept as long as any shape."""
        seen = self._seen.get(id(piece.columns))
        if seen is not None:
            return seen[1]
        if len(self._seen) >= _MOST_COLUMNS:
            for kept in (self._seen, self._same, self._shapes):
                kept.clear()
        columns = piece.columns
        one = self._same.setdefault(columns, columns)
        # Held, so that no other columns can come to be in the same place.
        self._seen[id(columns)] = columns, one
        return one


def _stages(plan: logical.Plan) -> Hashable:
    """A plan without its window; None: its shape is not kept."""
    found: list[Hashable] = []
    while not isinstance(plan, logical.Scan):
        if not isinstance(plan, _KEPT):
            return None
        # The first member is the input.
        found.append((type(plan), *members(plan)[1:]))
        plan = plan.input
    return *found, plan.fields, plan.moved_ns


def _is_kept(made: Compiled) -> bool:
    """Whether nothing but one scan is in it: queries inside a query read pieces of their own."""
    is_alone = len(made.pruned) == 1 and not (made.reads or made.tables or made.steps or made.lacking)
    return is_alone and len(made.sql) <= LONGEST
