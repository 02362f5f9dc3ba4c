"""What can be said of a query before it is asked: what it means, or where it is wrong. Pure: no event is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from logstore.errors import QueryError, Span
from logstore.model.schema import Kind
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import TimeSpan
from query.lang import nodes as n
from query.lang.layout import laid_out
from query.lang.parse import parse
from query.lang.unparse import unparse_search, unparse_stage
from query.lang.walk import walk
from query.plan import logical
from query.plan.around import Lines
from query.plan.countable import width_of
from query.plan.lower import lower
from query.plan.pruning import Pruning
from query.plan.rewrite import bottom_up, in_subqueries
from query.plan.rules import optimise
from query.plan.shape import is_row_by_row
from query.sql.compile import SHAPE, compile_plan
from query.sql.final import Output

_NO_EVENTS = Snapshot(seq=-1)


class Yields(Enum):
    """What the rows of an answer are."""

    EVENTS = "events"
    """Each stems from one event."""
    SERIES = "series"
    """Each is a group, in a bin of time."""
    ROWS = "rows"
    """Anything else."""


@dataclass(frozen=True, slots=True)
class ReadStage:
    """A stage of a query: its name, and where it stands in the text."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reading:
    """A text that is a query.

    Attributes:
        canonical: the one text of all queries that mean the same by the same words, laid out for people.
        search: the canonical text of its search.
        yields: what its rows are.
        is_live: whether it can be followed as events arrive.
        stages: those of the query itself, not of queries inside it.
        fields: all fields that it names, each once, in the order of the text.
    """

    canonical: str
    search: str
    yields: Yields
    is_live: bool
    stages: tuple[ReadStage, ...]
    fields: tuple[str, ...]


def read_query(text: str, now_ns: int, window: TimeSpan) -> Reading:
    """What a text says, asked at `now_ns` within a window.

    Raises:
        QueryError: it is no query, or cannot be answered as it is written; with the place.
    """
    query = parse(text)
    try:
        plan = optimise(_around_nothing(lower(query, now_ns, window)))
        output = compile_plan(plan, Pruning(_NO_EVENTS), SHAPE).output
    except QueryError as error:
        raise QueryError(error.message, text, error.span, error.hint) from None
    return Reading(
        laid_out(query),
        unparse_search(query.search),
        _yields(plan, output),
        is_row_by_row(plan),
        tuple(ReadStage(unparse_stage(stage).split(maxsplit=1)[0], stage.span) for stage in query.stages),
        tuple(dict.fromkeys(node.name for node, _ in walk(query) if isinstance(node, n.Field))),
    )


def _around_nothing(plan: logical.Plan) -> logical.Plan:
    """The plan as it is when there are no lines to show the context of; which they are is known by asking only."""

    def settled(node: logical.Plan) -> logical.Plan:
        return logical.Picked(logical.Scan(TimeSpan(0, 0)), Lines()) if isinstance(node, logical.Context) else node

    return bottom_up(in_subqueries(plan, _around_nothing), settled)


def _yields(plan: logical.Plan, output: Output) -> Yields:
    if output.events:
        return Yields.EVENTS
    has_time = any(column.kind is Kind.TIME for column in output.columns)
    return Yields.SERIES if has_time and _is_over_time(plan) else Yields.ROWS


def _is_over_time(plan: logical.Plan) -> bool:
    """Whether the rows are groups, each in a bin of time."""
    while not isinstance(plan, logical.Scan | logical.Top | logical.Facets | logical.Sessions | logical.Patterns):
        if isinstance(plan, logical.Aggregate):
            return any(width_of(value) is not None for _, value in plan.groups)
        plan = plan.input
    return False
