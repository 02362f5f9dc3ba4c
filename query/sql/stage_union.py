"""`union`: the rows of two queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from logstore.errors import QueryError
from logstore.model.schema import Kind
from query.plan.logical import Union
from query.sql.more import MORE_SQL_TYPE
from query.sql.order import SortTerm
from query.sql.rows import Address, Rows
from query.sql.stacking import Stacked, stack
from query.sql.statement import Statement


def union(statement: Statement, rows: Rows, other: Rows, node: Union) -> Rows:
    """The rows of both, with the columns of both; events stay events if all of them are."""
    if rows.address is not None and other.address is not None:
        return _of_events(statement, rows, other, (rows.address, other.address))
    if not rows.closed or not other.closed:
        hint = "settle the events' columns with `| fields a, b`, or group them too"
        raise QueryError("events with all their fields do not go together with groups", span=node.span, hint=hint)
    return _in_turn(statement, rows, other)


def _of_events(statement: Statement, rows: Rows, other: Rows, addresses: Sequence[Address]) -> Rows:
    ties = max(len(address.ties) for address in addresses)
    inputs, has_more = (rows, other), rows.more is not None or other.more is not None
    carried = []
    for each, address in zip(inputs, addresses, strict=True):
        padded = [*address.ties, *["0"] * (ties - len(address.ties))]
        more = [each.more or f"NULL::{MORE_SQL_TYPE}"] if has_more else []
        carried.append([address.time, address.seq, *padded, *more])
    stacked = stack(statement, inputs, carried)
    time, seq, *rest = stacked.carried
    address = Address(time, seq, (stacked.side, *rest[:ties]))
    return Rows(
        stacked.relation,
        stacked.fields,
        address,
        order=address.newest_first(),
        closed=rows.closed and other.closed,
        gone=_gone(rows, other),
        more=rest[ties] if has_more else None,
        hidden=rows.hidden | other.hidden,
        known=_known(rows, other),
        more_within=rows.more_within or other.more_within,
    )


def _in_turn(statement: Statement, rows: Rows, other: Rows) -> Rows:
    """First the one's rows, then the other's, each in their order."""
    mine, theirs = ([term.sql for term in each.order] for each in (rows, other))
    carried = ([*mine, *["NULL"] * len(theirs)], [*["NULL"] * len(mine), *theirs])
    stacked = stack(statement, (rows, other), carried)
    return Rows(stacked.relation, stacked.fields, order=_order(stacked, (*rows.order, *other.order)), closed=True)


def _order(stacked: Stacked, terms: Sequence[SortTerm]) -> tuple[SortTerm, ...]:
    kept = (SortTerm(name, term.descending) for name, term in zip(stacked.carried, terms, strict=True))
    return SortTerm(stacked.side), *kept


def _gone(rows: Rows, other: Rows) -> frozenset[str]:
    """Names that neither side can have any more."""
    return frozenset(
        name for name in rows.gone | other.gone if not _may_have(rows, name) and not _may_have(other, name)
    )


def _may_have(rows: Rows, name: str) -> bool:
    return name in rows.fields or not (rows.closed or name in rows.gone)


def _known(rows: Rows, other: Rows) -> Mapping[str, frozenset[Kind]]:
    names = rows.known.keys() | other.known.keys()
    return {name: rows.known.get(name, frozenset()) | other.known.get(name, frozenset()) for name in names}
