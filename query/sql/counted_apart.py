"""Parts that are counted apart from the database: what a statement is told of them, and what it still reads of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logstore.model.schema import MORE, SEQ, TIME
from logstore.model.snapshot import Part, PartRead
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.plan.prune import Bounds, row_groups_within, untested
from query.sql import quote
from query.sql.counted_parts import CountedApart, CountedParts
from query.sql.scan import time_bound
from query.sql.statement import Statement


def count_apart(statement: Statement, parts: Sequence[Part], bounds: Bounds, most_values: int) -> CountedApart:
    """Has these parts counted, before the statement runs.

    Args:
        statement: is added to.
        parts: of which nothing is left out but what lies outside the window.
        bounds: of which only the window counts.
        most_values: of a column that has more only their number is told.
    """
    table = CountedParts(statement.fresh("p"), tuple(parts), bounds.window, most_values)
    statement.tables.append(table)
    statement.reads += (_read_of(part, bounds) for part in parts)
    selects = list(_rest([part for part in parts if part.has_more], bounds))
    return CountedApart(table.name, statement.define("\nUNION ALL ".join(selects)) if selects else None)


def _read_of(part: Part, bounds: Bounds) -> PartRead:
    names = {column.name for column in part.columns if column.field != SEQ} | ({MORE} if part.has_more else set())
    return PartRead(part, frozenset(names), row_groups_within(part, bounds))


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
