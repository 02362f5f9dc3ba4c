"""The table `logs` over a snapshot, as SQL: a scan like any query's, and on top of it a column for each field. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from logstore.errors import QueryError
from logstore.model.schema import MORE, SEQ, TIME, Kind
from logstore.model.snapshot import Part, Snapshot
from logstore.model.timespan import TimeSpan
from query.lang.nearest import nearest
from query.plan.demand import Demand
from query.plan.logical import Scan
from query.plan.prune import Bounds, Pruned, Search, lacking, prune, without_parts
from query.sandbox.names import OF_SESSION, TIME_NS, Wanted, sql_names, wanted_of
from query.sandbox.tree import Checked, ascii_lower
from query.sql import quote
from query.sql.rows import Rows
from query.sql.scan import Reading, scan
from query.sql.spelling import spelled
from query.sql.statement import Notice, Statement
from query.sql.typed import NUMBER_KINDS, SQL_TYPES, Typed, coalesce

_NS_PER_US = 1_000
_INSTANT = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True, slots=True)
class Span:
    """The events that a statement can see: those of the window and, where it says so, of these tags."""

    window: TimeSpan
    tags: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    sql: str


@dataclass(frozen=True, slots=True)
class Table:
    """The table, as it stands in a statement.

    Attributes:
        sql: a SELECT that yields it.
        stand_in: one without rows that has the same columns, and reads nothing.
        statement: what has to be there for `sql`.
        pruned, lacking: what is read, and what cannot be.
        known: the names of all its columns, asked for or not.
        notices: what there is to say of the names that the statement uses.
        is_empty: whether there are no events that it could have columns of.
    """

    sql: str
    stand_in: str
    statement: Statement
    pruned: Pruned
    lacking: tuple[Part, ...]
    known: tuple[str, ...]
    notices: tuple[Notice, ...]
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """What a table is made for.

    Attributes:
        checked: what the statement refers to.
        span: what it can see.
        absent: names that are to be columns all the same: missing in every row.
    """

    checked: Checked
    span: Span
    absent: frozenset[str] = field(default_factory=frozenset)


def make_table(ask: Ask, snapshot: Snapshot, without: Collection[str] = frozenset()) -> Table:
    """The table over a snapshot, but for the parts with the paths `without`.

    Raises:
        QueryError: it would have a column that means something else to DuckDB.
    """
    bounds, search = Bounds(ask.span.window, snapshot.seq), Search(Demand(ask.span.tags))
    whole = prune(snapshot, bounds, search)
    known = {column.field for piece in whole.within for column in piece.columns}
    has_more = any(piece.has_more for piece in whole.within)
    wanted = wanted_of(ask.checked, known, has_more=has_more)
    _refuse_session_values(ask, wanted)
    statement = Statement()
    named = {*wanted.fields.values(), *wanted.rare, *(name for name, _ in wanted.kinds.values())}
    node = Scan(ask.span.window, None if MORE in wanted.on_demand else frozenset(named))
    rows = scan(
        statement, node, Reading(whole, without_parts(whole, without), bounds), frozenset(named) | {*wanted.rare}
    )
    columns = [*_columns(rows, wanted), *(_Column(name, '"NULL"', "NULL") for name in sorted(ask.absent))]
    terms = ", ".join(f"{column.sql} AS {quote.identifier(column.name)}" for column in columns)
    nothing = ", ".join(_typed_null(column) for column in columns)
    names = tuple(sorted({*sql_names(known), SEQ, TIME_NS, MORE}))
    return Table(
        statement.render(f"SELECT {terms or 'NULL'} FROM {rows.relation}"),
        f"SELECT {nothing or 'NULL'} WHERE false",
        statement,
        whole,
        (*lacking(snapshot, bounds, search.demand), *(part for part in whole.parts if part.path in without)),
        names,
        tuple(_of_rare(ask.checked, wanted, names)),
        not whole.within,
    )


def _of_rare(checked: Checked, wanted: Wanted, names: Sequence[str]) -> Iterator[Notice]:
    """A word on the names that look like those of columns and are looked for among the rare fields instead."""
    for name in sorted(wanted.rare):
        near = nearest(name, names)
        if near is not None:
            yield Notice(
                f"no column is called {name}; few events, if any, have it", checked.names[name], f"did you mean {near}?"
            )


def _refuse_session_values(ask: Ask, wanted: Wanted) -> None:
    there = {ascii_lower(name) for name in (*wanted.fields, *ask.absent)} | ask.checked.given
    for name, span in ask.checked.names.items():
        if ascii_lower(name) in OF_SESSION - there:
            raise QueryError(f"there is no field {name} here", span=span)


def _typed_null(column: _Column) -> str:
    value = "NULL" if column.type == '"NULL"' else f"NULL::{column.type}"
    return f"{value} AS {quote.identifier(column.name)}"


def _columns(rows: Rows, wanted: Wanted) -> list[_Column]:
    columns = [_column(name, rows.fields.get(field, Typed())) for name, field in wanted.fields.items()]
    columns += [_column(name, rows.fields.get(name, Typed())) for name in sorted(wanted.rare)]
    for name, (of, kind) in wanted.kinds.items():
        columns.append(_column(name, rows.fields.get(of, Typed()).only((kind,))))
    if SEQ in wanted.on_demand and rows.address is not None:
        columns.append(_Column(SEQ, "BIGINT", rows.address.seq))
    if TIME_NS in wanted.on_demand:
        columns.append(_Column(TIME_NS, "BIGINT", rows.fields[TIME].kinds[Kind.TIME]))
    if MORE in wanted.on_demand:
        columns.append(_Column(MORE, "VARCHAR", "NULL::VARCHAR" if rows.more is None else _object(rows.more)))
    return columns


def _column(name: str, value: Typed) -> _Column:
    """A field as a column of one type: its own, the widest of its numbers, or text when it holds this and that."""
    value = Typed({kind: _unforeseen(sql) if kind is Kind.FLOAT else sql for kind, sql in value.kinds.items()})
    kinds = list(value.kinds)
    if kinds == [Kind.TIME]:
        return _Column(name, _INSTANT, _microseconds(value.kinds[Kind.TIME]))
    if len(kinds) == 1:
        return _Column(name, SQL_TYPES[kinds[0]], value.kinds[kinds[0]])
    if kinds and set(kinds) <= set(NUMBER_KINDS):
        type_ = "DOUBLE" if Kind.FLOAT in kinds else "HUGEINT"
        numbers = coalesce(f"({sql})::{type_}" for sql in value.kinds.values())
        return _Column(name, type_, numbers or "NULL")
    return _Column(name, "VARCHAR", spelled(value) or "NULL::VARCHAR")


def _unforeseen(double: str) -> str:
    """The same doubles, of which DuckDB concludes nothing from what files tell of them.

    That leaves NaN out, and so `f < 10` would be taken for true of all rows where it is of the others.
    """
    return f"CASE WHEN {double} IS NOT NULL THEN {double} END"


def _microseconds(ns: str) -> str:
    """An instant, cut to microseconds: DuckDB's own cast would round some into the next minute."""
    return f"make_timestamptz(CASE WHEN {ns} < 0 THEN ({ns} + 1) // {_NS_PER_US} - 1 ELSE {ns} // {_NS_PER_US} END)"


def _object(more: str) -> str:
    """The fields of `_more` as one JSON object. NaN and the infinities, which JSON has not, become texts."""
    value = "CASE WHEN e.value IN ('NaN', 'Infinity', '-Infinity') THEN '\"' || e.value || '\"' ELSE e.value END"
    members = f"list_transform(map_entries({more}), lambda e: to_json(e.key)::VARCHAR || ':' || {value})"
    return f"'{{' || array_to_string({members}, ',') || '}}'"
