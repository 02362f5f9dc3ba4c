"""The end of a statement: from fields to result columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from logstore.errors import QueryError
from logstore.model.schema import FIXED_COLUMNS, Column, Kind, name_columns
from query.sql.order import order_by
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import SQL_TYPES

MOST_RARE_NAMES = 10_000
"""Names that are told at most. Senders that make names of ids make millions, of which nobody can use one."""

_FIXED = {(column.field, column.kind): column.name for column in FIXED_COLUMNS}


ROW_ID = "_row"
"""The column of row ids."""


class Addressing(Enum):
    """Whether rows that stem from events tell which."""

    NONE = "not"
    HIDDEN = "behind all columns"
    SHOWN = "in a column too"


@dataclass(frozen=True, slots=True)
class Output:
    """The columns of a statement's result, by position.

    Attributes:
        columns: what each holds, by the names that the answer gives them. TIME comes as BIGINT nanoseconds.
        more: whether a last column holds the map of the fields that have none of their own.
        events: whether each row stems from one event.
        is_addressed: whether two more columns, behind all others, hold time and `_seq` of the event.
        with_ids: whether the last of `columns` is to be made of these two.
        tells_failures: whether the last column of each row says how many values the statement could not compute.
    """

    columns: tuple[Column, ...]
    more: bool
    events: bool
    is_addressed: bool = False
    with_ids: bool = False
    tells_failures: bool = False


def select_output(
    statement: Statement,
    rows: Rows,
    most_rows: int | None,
    addressing: Addressing = Addressing.NONE,
    failures: str | None = None,
) -> tuple[str, Output]:
    """The statement for the rows, in their order, and what it yields; `failures` is told by each row."""
    found = [(field, kind, sql) for field, value in rows.shown().items() for kind, sql in value.items()]
    for field, value in rows.shown().items():
        if not value.kinds and rows.closed:
            # A column that is asked for is there, even when it is missing in every row.
            found.append((field, Kind.TEXT, f"NULL::{SQL_TYPES[Kind.TEXT]}"))
    places = {field: place for place, field in enumerate(rows.shown())}
    found.sort(key=lambda each: places[each[0]])
    terms = [f"{_of_type(statement, rows, sql, kind)} AS {statement.fresh('o')}" for _, kind, sql in found]
    if rows.more is not None:
        terms.append(f"{rows.more} AS {statement.fresh('o')}")
    is_addressed = rows.address is not None and addressing is not Addressing.NONE
    with_ids = is_addressed and addressing is Addressing.SHOWN
    if rows.address is not None and is_addressed:
        terms += [f"epoch_ns({rows.address.time}) AS {statement.fresh('o')}"]
        terms += [f"{rows.address.seq} AS {statement.fresh('o')}"]
    terms += [] if failures is None else [f"{failures} AS {statement.fresh('o')}"]
    cut = "" if most_rows is None else f" LIMIT {most_rows}"
    # A result without columns still has rows.
    sql = statement.select(", ".join(terms) or "NULL", rows.relation, f"{order_by(rows.order)}{cut}")
    if with_ids and ROW_ID in rows.shown():
        raise QueryError(f"the rows have a field {ROW_ID} of their own, so their ids cannot be shown", hint="rename it")
    columns = named([(field, kind) for field, kind, _ in found] + [(ROW_ID, Kind.TEXT)] * with_ids)
    events = rows.address is not None
    return sql, Output(columns, rows.more is not None, events, is_addressed, with_ids, failures is not None)


def _of_type(statement: Statement, rows: Rows, sql: str, kind: Kind) -> str:
    """A value of exactly the type of its kind."""
    flat = statement.flat.get(rows.relation)
    return sql if flat is not None and flat.is_typed and sql in flat.columns else f"({sql})::{SQL_TYPES[kind]}"


def select_addresses(statement: Statement, rows: Rows, most_rows: int) -> tuple[str, Output]:
    """The statement that yields where the first event rows are, in place of the rows: times and `_seq`."""
    if rows.address is None:
        raise TypeError("only event rows have addresses")
    time, seq = rows.address.time, rows.address.seq
    terms = f"epoch_ns({time}) AS o1, {seq} AS o2"
    sql = statement.select(terms, rows.relation, f"{order_by(rows.order)} LIMIT {most_rows}")
    return sql, Output((), more=False, events=False)


def select_census(statement: Statement, rows: Rows) -> tuple[str, Output]:
    """The statement that counts event rows and finds the newest one's time, in place of the rows."""
    if rows.address is None:
        raise TypeError("only event rows have times")
    sql = statement.select(f"count(*) AS o1, max(epoch_ns({rows.address.time})) AS o2", rows.relation)
    return sql, Output((), more=False, events=False)


def select_rare_names(statement: Statement, rows: Rows) -> tuple[str, Output]:
    """The statement that names the fields that event rows keep in `_more`, the commonest first."""
    if rows.more is None:
        return "SELECT NULL::VARCHAR AS o1 LIMIT 0", Output((), more=False, events=False)
    names = f"SELECT unnest(map_keys({rows.more})) AS name FROM {rows.relation}"
    sql = f"SELECT name AS o1 FROM ({names}) GROUP BY name ORDER BY count(*) DESC, name LIMIT {MOST_RARE_NAMES}"
    return statement.render(sql), Output((), more=False, events=False)


def named(wanted: list[tuple[str, Kind]]) -> tuple[Column, ...]:
    """Names as in stored files: the fixed fields keep theirs, kinds of one field stand side by side."""
    others = iter(name_columns((field, kind, 0) for field, kind in wanted if (field, kind) not in _FIXED))
    return tuple(
        Column(_FIXED[field, kind], field, kind) if (field, kind) in _FIXED else next(others) for field, kind in wanted
    )
