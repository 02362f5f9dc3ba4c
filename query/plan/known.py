"""What the catalog knows of parts that are counted: how many rows, of which bin of time, of which tag. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from logstore.model.deletions import touches
from logstore.model.schema import TAG, TIME
from logstore.model.snapshot import Part
from logstore.model.timespan import MIN_NS, NS_PER_SECOND
from query.plan import logical
from query.plan.expressions import Call, Constant, FieldRef, Value
from query.plan.portions import Portion
from query.plan.prune import Bounds, Pruned, covered

_NUMBERS_OF_ROWS = frozenset({"count", "rate"})

Alike: TypeAlias = Callable[[Part], bool]
"""Whether all events of a part have the same value."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """Numbers of rows: (a time, a tag, how many); where nothing is grouped by one of these it may be any."""

    counts: tuple[tuple[int, str | None, int], ...] = ()


def known_rows(plan: logical.Plan, pruned: Pruned, bounds: Bounds) -> tuple[KnownRows, Portion]:
    """What a plan would count in parts of which no event is searched for, lies outside or is deleted; and the rest.

    Args:
        plan: whose groups are asked for.
        pruned: of its scan.
        bounds: of its scan.
    """
    alike = _alike(plan)
    if alike is None:
        return KnownRows(), Portion(pruned.parts, pruned.head)
    known: list[Part] = []
    unknown: list[Part] = []
    for part in pruned.parts:
        (known if _is_known(part, pruned, bounds, alike) else unknown).append(part)
    counts = tuple((part.time_min_ns, part.tags[0] if part.tags else None, part.rows) for part in known)
    return KnownRows(counts), Portion(tuple(unknown), pruned.head)


def _is_known(part: Part, pruned: Pruned, bounds: Bounds, alike: Sequence[Alike]) -> bool:
    if not covered(part, bounds) or (pruned.deletions and any(touches(one, part) for one in pruned.deletions)):
        return False
    return all(same(part) for same in alike) if alike else True


def _alike(plan: logical.Plan) -> list[Alike] | None:
    """What all events of a part must have in common to be counted as one; None when they have to be read."""
    if not isinstance(plan, logical.Aggregate) or not isinstance(plan.input, logical.Scan):
        return None
    if any(each.function not in _NUMBERS_OF_ROWS or each.argument is not None for each in plan.aggregations):
        return None
    found = [_alike_by(value) for _, value in plan.groups]
    return None if any(each is None for each in found) else [each for each in found if each is not None]


def _alike_by(value: Value) -> Alike | None:
    match value:
        case FieldRef(name) if name == TAG:
            return _has_one_tag
        case Call("bin", (FieldRef(name), Constant(width, _))) if name == TIME and isinstance(width, int | float):
            width_ns = max(1, round(width * NS_PER_SECOND))
            return partial(_is_in_one_bin, width_ns)
    return None


def _is_in_one_bin(width_ns: int, part: Part) -> bool:
    """A bin that begins before all times has no name: those of its events that have none must be counted."""
    first = part.time_min_ns // width_ns
    return first == part.time_max_ns // width_ns and first * width_ns >= MIN_NS


def _has_one_tag(part: Part) -> bool:
    return part.tags is not None and len(part.tags) == 1
