"""The language once more, as plain Python over lists of dicts: slow, short, and written from its documentation alone.

It shares the parser's syntax tree with the engine and nothing else: no plan, no SQL, no column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang import nodes
from tests.query.differential.context_model import context
from tests.query.differential.events import Event
from tests.query.differential.expressions_model import Evaluator, Row
from tests.query.differential.literals import duration_ns, instant_span
from tests.query.differential.rows_model import Origin, Rows
from tests.query.differential.search_model import Searcher
from tests.query.differential.stages_model import Stages, columns_in_order, compared
from tests.query.differential.values import Time, Value

DEFAULT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query yields.

    Attributes:
        columns: in order; of open event rows those that any row has.
        rows: in order, without missing values.
        cut: whether there were more rows than the limit.
        failures: how many values could not be computed.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    cut: bool
    failures: int


def answer(
    query: nodes.Query, events: Sequence[Event], now_ns: int, window: TimeSpan = EVERYTHING, limit: int | None = None
) -> Answer:
    """Runs a query over events, as of an instant, within a window.

    Args:
        query: the parsed text.
        events: all of them, in any order.
        now_ns: the start of the query.
        window: given from outside.
        limit: on the outermost rows; None for the default.
    """
    evaluator = Evaluator(now_ns)
    rows = _rows(query, events, evaluator, window)
    uncut = rows.rows
    if limit is not None or (rows.origins is not None and not rows.shaped):
        uncut = rows.rows[: DEFAULT_LIMIT if limit is None else limit]
    shown = uncut if rows.columns is not None else [_without_seq(row) for row in uncut]
    return Answer(columns_in_order(rows), shown, len(uncut) < len(rows.rows), evaluator.failures)


def _without_seq(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "_seq"}


def _rows(query: nodes.Query, events: Sequence[Event], evaluator: Evaluator, window: TimeSpan) -> Rows:
    def subquery(inner: nodes.Query) -> Sequence[Value]:
        found = _rows(inner, events, evaluator, window)
        assert found.columns is not None
        (column,) = found.columns
        return [row.get(column) for row in found.rows]

    searcher = Searcher(evaluator.now_ns, subquery)
    within = [event for event in events if window.covers(_time(event), _time(event))]
    found = [event for event in within if searcher.matches(query.search, event)]
    found.sort(key=lambda event: (-_time(event), -_seq(event)))
    rows = Rows([dict(event) for event in found], [Origin(_time(event), _seq(event)) for event in found])
    seconds = _seconds(window.intersect(_required(query.search, evaluator.now_ns)))
    stages = Stages(evaluator, seconds, lambda inner: _rows(inner, events, evaluator, window))
    for place, stage in enumerate(query.stages):
        if isinstance(stage, nodes.Compare):
            # The same question of events that are later than they were.
            before = _rows(
                nodes.Query(query.search, query.stages[:place]), _later(events, stage.length), evaluator, window
            )
            rows = compared(query.stages[place - 1], rows, before)
        elif isinstance(stage, nodes.Context):
            rows = context(rows, stage, events)
        else:
            rows = stages.run(stage, rows)
    return rows


def _later(events: Sequence[Event], length: nodes.Number) -> list[Event]:
    by_ns = duration_ns(length.text) or 0
    moved = [(event, _time(event) + by_ns) for event in events]
    return [{**event, "time": Time(ns)} for event, ns in moved if ns < 2**63]


def _required(term: nodes.Search, now_ns: int) -> TimeSpan:
    """The span of time that a search cannot hold outside of."""
    match term:
        case nodes.And(terms):
            span = EVERYTHING
            for each in terms:
                span = span.intersect(_required(each, now_ns))
            return span
        case nodes.TimeWithin(length):
            return TimeSpan(now_ns - (duration_ns(length.text) or 0), now_ns + 1)
        case nodes.TimeAt(at):
            return TimeSpan(*(instant_span(at.text) or ()))
        case nodes.TimeRange(low, high):
            return TimeSpan((instant_span(low.text) or (0,))[0], (instant_span(high.text) or (0,))[0])
        case nodes.TimeCompare(op, at):
            start = (instant_span(at.text) or (0,))[0]
            edge = start + 1 if op in {">", "<="} else start
            return TimeSpan(edge, None) if op in {">", ">="} else TimeSpan(None, edge)
    return EVERYTHING


def _seconds(window: TimeSpan) -> float | None:
    if window.start_ns is None or window.end_ns is None:
        return None
    return (window.end_ns - window.start_ns) / 10**9


def _time(event: Event) -> int:
    time = event["time"]
    assert isinstance(time, Time)
    return time.ns


def _seq(event: Event) -> int:
    seq = event["_seq"]
    assert isinstance(seq, int)
    return seq
