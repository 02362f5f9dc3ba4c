"""What kind of rows a plan yields, as far as its nodes tell."""

from __future__ import annotations

from collections.abc import Sequence

from query.plan import logical

_ROW_BY_ROW = (
    logical.Filter | logical.Extend | logical.Parse | logical.Unpack | logical.Project | logical.Drop | logical.Rename
)


def is_row_by_row(plan: logical.Plan) -> bool:
    """Whether each event yields one row or none, whatever the others are."""
    while not isinstance(plan, logical.Scan):
        if not isinstance(plan, _ROW_BY_ROW):
            return False
        plan = plan.input
    return True


def is_event_rows(plan: logical.Plan) -> bool:
    """Whether each row stems from one event."""
    while not isinstance(plan, logical.Scan):
        if isinstance(plan, logical.Aggregate | logical.Top | logical.Facets | logical.Sessions):
            return False
        plan = plan.input
    return True


def is_search(plan: logical.Plan) -> bool:
    """Whether events are found and nothing is done with them."""
    while isinstance(plan, logical.Filter):
        plan = plan.input
    return isinstance(plan, logical.Scan)


def is_unshaped(plan: logical.Plan) -> bool:
    """Whether the query itself neither ordered nor cut nor grouped its rows."""
    while not isinstance(plan, logical.Scan):
        if isinstance(plan, logical.Sort | logical.Limit | logical.Sample):
            return False
        plan = plan.input
    return True


def scan_of(plan: logical.Plan) -> logical.Scan:
    """The scan at the bottom."""
    while not isinstance(plan, logical.Scan):
        plan = plan.input
    return plan


def row_makers(chain: Sequence[logical.Plan]) -> int | None:
    """Where in a chain, which goes row by row, the stages begin that yield each row and compute something of it.

    None when there are none: only the first rows in the natural order may be asked for before them.
    """
    if not all(isinstance(node, _ROW_BY_ROW) for node in chain):
        return None
    start = max((place + 1 for place, node in enumerate(chain) if isinstance(node, logical.Filter)), default=0)
    computes = any(isinstance(node, logical.Extend | logical.Parse | logical.Unpack) for node in chain[start:])
    return start if computes else None
