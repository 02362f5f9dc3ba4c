"""What kind of rows a plan yields, as far as its nodes tell."""

from __future__ import annotations

from collections.abc import Sequence

from query.plan import logical

_ROW_BY_ROW = (
    logical.Filter | logical.Extend | logical.Parse | logical.Unpack | logical.Project | logical.Drop | logical.Rename
)

_COMPUTING = logical.Extend | logical.Parse | logical.Unpack


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
        if isinstance(plan, logical.Aggregate | logical.Top | logical.Facets | logical.Sessions | logical.Patterns):
            return False
        if isinstance(plan, logical.Union) and not is_event_rows(plan.other):
            return False
        plan = plan.input
    return True


def is_pageable(plan: logical.Plan) -> bool:
    """Whether each row stems from one event and no other row does, in the natural order of events."""
    while isinstance(plan, _ROW_BY_ROW | logical.Dedup):
        plan = plan.input
    return isinstance(plan, logical.Scan)


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
        if isinstance(plan, logical.Union) and is_unshaped(plan.other):
            return True
        plan = plan.input
    return True


def most_rows_of(plan: logical.Plan) -> int | None:
    """How many rows it yields at most, as far as its nodes tell; None: any number."""
    most: int | None = None
    while not isinstance(plan, logical.Scan):
        own = _most_rows(plan)
        if own is not None:
            most = own if most is None else min(most, own)
        if isinstance(plan, logical.Aggregate | logical.Top):
            break
        plan = plan.input
    return most


def _most_rows(node: logical.Plan) -> int | None:
    match node:
        case logical.Limit(_, count) | logical.Top(_, _, count):
            return count
        case logical.Aggregate(groups=()):
            return 1
        case _:
            return None


def scan_of(plan: logical.Plan) -> logical.Scan:
    """The scan at the bottom."""
    while not isinstance(plan, logical.Scan):
        plan = plan.input
    return plan


def chain_of(plan: logical.Plan) -> list[logical.Plan]:
    """What stands above the scan, from there upwards."""
    found: list[logical.Plan] = []
    while not isinstance(plan, logical.Scan):
        found.append(plan)
        plan = plan.input
    return found[::-1]


def leading_filters(chain: Sequence[logical.Plan]) -> list[logical.Filter]:
    """Those that a chain begins with."""
    found: list[logical.Filter] = []
    for node in chain:
        if not isinstance(node, logical.Filter):
            break
        found.append(node)
    return found


def is_computing(plan: logical.Plan) -> bool:
    """Whether a plan that goes row by row ends with stages that compute something of each row, and leave none out."""
    while not isinstance(plan, logical.Scan | logical.Filter):
        if isinstance(plan, _COMPUTING):
            return True
        plan = plan.input
    return False


def row_makers(chain: Sequence[logical.Plan]) -> int | None:
    """Where in a chain those stages begin that compute something of each row, and leave none out.

    None when there are none: only the first rows in the natural order may be asked for before them.
    """
    if not chain or not is_row_by_row(chain[-1]) or not is_computing(chain[-1]):
        return None
    return max((place + 1 for place, node in enumerate(chain) if isinstance(node, logical.Filter)), default=0)
