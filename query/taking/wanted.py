"""Which questions rows can be taken for, and which rows those are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from logstore.model.row_id import RowId
from query.plan import logical
from query.plan.erased import Missing, missing_of
from query.plan.prune import Bounds, Piece, Pruned
from query.plan.shape import chain_of, scan_of
from query.sql.final import Output
from query.taking.conditions import All, Check, Opposite, can_tell, check_of

MOST_ROWS = 10_001
"""More are read faster by the database, whole columns at a time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The newest rows of those that meet a condition.

    Attributes:
        pruned: where they can be.
        missing: what of each of those pieces is deleted.
        bounds: of events.
        after: only rows behind this one; None: all.
        checks: what they must be like, for each piece: the same for all but for what is deleted.
        output: the columns to give.
        most_rows: how many at most.
    """

    pruned: Pruned
    missing: tuple[Missing, ...]
    bounds: Bounds
    after: RowId | None
    checks: tuple[Check, ...]
    output: Output
    most_rows: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan, and which of its rows are asked for.

    Attributes:
        plan: without a `limit` at its end.
        checks: what its events must be like, by its filters.
        pruned: what its scan has to look at.
        bounds: of its events.
        after: only rows behind this one; None: all.
        most_rows: how many at most.
    """

    plan: logical.Plan
    checks: tuple[Check, ...]
    pruned: Pruned
    bounds: Bounds
    after: RowId | None
    most_rows: int


def checks_of(plan: logical.Plan, kernel: ModuleType) -> tuple[Check, ...] | None:
    """What the events of a plan must be like; None where there is more to do than to find them.

    Args:
        plan: without a `limit` at its end.
        kernel: `query.pages.taking`.
    """
    chain = chain_of(plan)
    if scan_of(plan).moved_ns or not all(map(_is_finding, chain)):
        return None
    checks = [check_of(node.condition, kernel) for node in chain if isinstance(node, logical.Filter)]
    known = tuple(check for check in checks if check is not None)
    return known if len(known) == len(checks) else None


def wanted_of(asked: Asked, output: Output, kernel: ModuleType) -> Wanted | None:
    """The rows that are asked for; None where some of them may need more than to be found.

    Args:
        asked: what is asked for.
        output: the columns of the answer.
        kernel: `query.pages.taking`.
    """
    is_shaped = not all(isinstance(node, logical.Filter) for node in chain_of(asked.plan))
    if output.tells_failures or (output.more and is_shaped):
        return None
    if is_shaped and not all(_has_all(piece, output) for piece in asked.pruned.shaping):
        return None
    pieces, deletions = asked.pruned.pieces, asked.pruned.deletions
    missing = tuple(missing_of(pieces, deletions))
    every = All(asked.checks)
    checks = [_check(every, each, kernel) for each in missing]
    told = tuple(check for check in checks if check is not None)
    if len(told) < len(checks) or not _are_told(pieces, told, asked.pruned.shaping):
        return None
    return Wanted(asked.pruned, missing, asked.bounds, asked.after, told, output, asked.most_rows)


def _is_finding(node: logical.Plan) -> bool:
    return isinstance(node, logical.Filter | logical.Project | logical.Drop)


def _has_all(piece: Piece, output: Output) -> bool:
    """Whether none of the columns of an answer may be of values in `_more`."""
    columns = output.columns[: len(output.columns) - output.with_ids]
    return not piece.has_more or {column.field for column in columns} <= {column.field for column in piece.columns}


def _check(every: All, missing: Missing, kernel: ModuleType) -> Check | None:
    if not missing.tests:
        return every
    found = [check_of(test.condition, kernel) for test in missing.tests]
    kept = tuple(Opposite(check) for check in found if check is not None)
    return All((*every.items, *kept)) if len(kept) == len(found) else None


def _are_told(pieces: tuple[Piece, ...], checks: tuple[Check, ...], shaping: tuple[Piece, ...]) -> bool:
    """Whether tests tell everything of all pieces; those of one shape have the very same columns."""
    known: set[tuple[int, bool, int]] = set()
    every = [*zip(pieces, checks, strict=True), *((piece, check) for check in checks[:1] for piece in shaping)]
    for piece, check in every:
        key = id(piece.columns), piece.has_more, id(check)
        if key not in known:
            known.add(key)
            if not can_tell(check, piece.columns, has_more=piece.has_more):
                return False
    return True
