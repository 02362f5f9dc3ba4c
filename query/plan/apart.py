"""Which parts `facets` can count apart from the database: page by page, column by column. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from logstore.model.snapshot import Part
from logstore.model.timespan import EVERYTHING
from query.pages.choice import compiled
from query.plan import logical
from query.plan.erased import Missing, missing_of
from query.plan.prune import Bounds, Piece, Pruned, untested
from query.plan.shape import chain_of, leading_filters
from query.plan.split import has_subqueries


def apart(
    chain: list[logical.Plan], scan: logical.Scan, pruned: Pruned, bounds: Bounds
) -> tuple[tuple[Part, ...], Pruned]:
    """The parts that can be, and what is left to be read.

    Of such a part nothing is left out but what lies outside the window, and what filters leave out. Its fields that
    have no columns are none of it.

    Args:
        chain: the stages above the scan, the first one first.
        scan: the scan.
        pruned: what is to be read of it.
        bounds: which of its events.
    """
    filters = leading_filters(chain)
    if not isinstance(next(iter(chain[len(filters) :]), None), logical.Facets) or scan.moved_ns:
        return (), pruned
    if scan.fields is not None or any(has_subqueries(each.condition) for each in filters):
        return (), pruned
    if compiled() is None:
        # To read columns as values takes longer than the database does.
        return (), pruned
    missing = missing_of(pruned.parts, pruned.deletions)
    counted = tuple(
        part
        for part, lacks in zip(pruned.parts, missing, strict=True)
        # The statement that asks for the rows that filters leave knows of all else that is left out.
        if filters or (lacks == Missing() and part.path not in pruned.chosen and _is_seen(part, bounds))
    )
    paths = {part.path for part in counted}
    return counted, replace(pruned, parts=tuple(part for part in pruned.parts if part.path not in paths))


def _is_seen(part: Part, bounds: Bounds) -> bool:
    """Whether nothing but the window bounds its events."""
    return replace(untested([part], bounds), window=EVERYTHING) == Bounds(EVERYTHING, None)


def most_values_of(plan: logical.Plan, pieces: Sequence[Piece]) -> int | None:
    """How many rows `facets` of a search yields at most, of pieces with such columns; None: any number."""
    chain = chain_of(plan)
    if not isinstance(plan, logical.Facets) or len(leading_filters(chain)) < len(chain) - 1:
        return None
    if any(piece.has_more for piece in pieces):
        return None
    return plan.limit * len({column.field for piece in pieces for column in piece.columns})
