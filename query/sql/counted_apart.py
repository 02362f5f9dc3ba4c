"""Parts that are counted apart from the database: what a statement is told of them, and what it still reads of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from logstore.model.schema import MORE, SEQ, TIME
from logstore.model.snapshot import Part, PartRead
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.plan.prune import Bounds, Pruned, row_groups_within, untested
from query.plan.slices import MAX_FILES
from query.sql import quote
from query.sql.counted_parts import CountedApart, CountedParts, Selection
from query.sql.rows import Rows
from query.sql.scan import time_bound
from query.sql.statement import Statement

_MOST_SELECTED = 4_000_000
"""Events that one statement chooses among: their numbers take eight bytes each while their parts are looked at."""

Choose: TypeAlias = Callable[[Pruned], Rows]
"""Adds to the statement the events of these pieces, with or without what filters leave out."""


def count_apart(statement: Statement, parts: Sequence[Part], bounds: Bounds, most_values: int) -> CountedApart:
    """Has these parts counted, before the statement runs.

    Args:
        statement: is added to.
        parts: of which nothing is left out but what lies outside the window.
        bounds: of which only the window counts.
        most_values: of a column that has more only their number is told.
    """
    row_groups = {part.path: row_groups_within(part, bounds) for part in parts}
    table = CountedParts(statement.fresh("p"), row_groups, most_values, bounds.window, tuple(parts))
    statement.tables.append(table)
    statement.reads += (_read_of(part, row_groups[part.path]) for part in parts)
    selects = list(_rest([part for part in parts if part.has_more], bounds))
    return CountedApart(table.name, statement.define("\nUNION ALL ".join(selects)) if selects else None)


@dataclass(frozen=True, slots=True)
class Choice:
    """How events are chosen.

    Attributes:
        chosen: those that filters leave.
        every: all of them, and with nothing taken out of their fields that have no columns.
    """

    chosen: Choose
    every: Choose


def count_selected(
    statement: Statement, pruned: Pruned, bounds: Bounds, most_values: int, choice: Choice
) -> CountedApart:
    """Likewise, but only the events that filters leave; which these are statements before it tell.

    Args:
        statement: is added to.
        pruned: its parts are counted.
        bounds: which of their events.
        most_values: of a column that has more only their number is told.
        choice: says which.
    """
    row_groups = {part.path: _left_of(part, pruned, bounds) for part in pruned.parts}
    selections: list[Selection] = []
    selects: list[str] = []
    for parts in _portions(pruned.parts, row_groups):
        first, failures = len(statement.relations), len(statement.failures)
        rows = choice.chosen(replace(pruned, parts=parts))
        selections.append(Selection(statement.select(_seq_of(rows), rows.relation, first=first), parts))
        if rare := tuple(part for part in parts if part.has_more):
            every = choice.every(replace(pruned, parts=rare))
            numbers = f"SELECT {_seq_of(rows)} FROM {rows.relation}"
            selects.append(f"SELECT {every.more} AS more FROM {every.relation} WHERE {_seq_of(every)} IN ({numbers})")
        elif len(statement.failures) == failures:
            # Nothing else looks at them.
            del statement.relations[first:]
    table = CountedParts(statement.fresh("p"), row_groups, most_values, selections=tuple(selections))
    statement.tables.append(table)
    statement.reads += (_read_of(part, row_groups[part.path], {SEQ}) for part in pruned.parts)
    return CountedApart(table.name, statement.define("\nUNION ALL ".join(selects)) if selects else None)


def _seq_of(rows: Rows) -> str:
    if rows.address is None:
        raise TypeError("filters leave events as they are")
    return rows.address.seq


def _left_of(part: Part, pruned: Pruned, bounds: Bounds) -> tuple[int, ...]:
    left = {group.first_row for group in pruned.row_groups_of(part)}
    return tuple(place for place in row_groups_within(part, bounds) if part.row_groups[place].first_row in left)


def _portions(parts: Sequence[Part], row_groups: Mapping[str, Sequence[int]]) -> Iterator[tuple[Part, ...]]:
    """The parts, as many at a time as one statement may choose among; of one part it always may."""
    portion: list[Part] = []
    rows = 0
    for part in parts:
        more = sum(part.row_groups[place].rows for place in row_groups[part.path])
        if portion and (rows + more > _MOST_SELECTED or len(portion) == MAX_FILES):
            yield tuple(portion)
            portion, rows = [], 0
        portion.append(part)
        rows += more
    if portion:
        yield tuple(portion)


def _read_of(part: Part, row_groups: tuple[int, ...], besides: Collection[str] = ()) -> PartRead:
    names = {column.name for column in part.columns if column.field != SEQ or SEQ in besides}
    return PartRead(part, frozenset(names | ({MORE} if part.has_more else set())), row_groups)


def _rest(parts: Sequence[Part], bounds: Bounds) -> Iterator[str]:
    cut = [part for part in parts if untested([part], bounds).window != EVERYTHING]
    whole = [part for part in parts if part not in cut]
    for group, window in ((whole, EVERYTHING), (cut, bounds.window)):
        if group:
            files = f"read_parquet({quote.texts(part.path for part in group)})"
            where = " AND ".join(_within(window))
            yield f"SELECT {quote.identifier(MORE)} AS more FROM {files}{' WHERE ' if where else ''}{where}"


def _within(window: TimeSpan) -> Iterator[str]:
    for operator, bound in ((">=", window.start_ns), ("<", window.end_ns)):
        if bound is not None:
            yield time_bound(quote.identifier(TIME), operator, bound)
