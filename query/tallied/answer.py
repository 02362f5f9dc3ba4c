"""The rows of a plan that counts, of nothing but what is known: the same as statements make of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from logstore.model.schema import LEVEL, Column, Kind
from logstore.model.tally import Integers
from query.plan import logical
from query.plan.coded import Tallied
from query.plan.countable import filters_of, width_of
from query.plan.expressions import FieldRef, Value
from query.plan.split import Split
from query.tallied.combined import Combined
from query.tallied.conditions import holds
from query.tallied.groups import Sums, summed
from query.tallied.keys import Group, group_of_bins, group_of_field
from query.tallied.table import Groups, Series, is_staged

_WIDEST_BIN = 2**62
_COUNT, _SHARE = "count", "share"


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Events by values.

    Attributes:
        groups: the values, by the name of their column.
        rows: of each row that is known, how many events it stands for.
    """

    groups: Mapping[str, Group]
    rows: Integers


def known_answer(
    split: Split, pieces: Sequence[Tallied], columns: Sequence[Column], most_rows: int | None
) -> pa.RecordBatch | None:
    """The rows; None where a statement has to make them.

    Args:
        split: a plan that counts, see `countable`.
        pieces: all that it counts.
        columns: those that the rows have.
        most_rows: how many rows are wanted; None: all.
    """
    if not columns or not all(map(is_staged, split.rest)):
        return None
    grouped = _grouped(split, Combined(pieces))
    made = None if grouped is None else _made(split.groups, grouped)
    if made is None:
        return None
    for node in split.rest:
        made = made.stage(node)
    return made.batch(columns).slice(0, most_rows)


def _grouped(split: Split, known: Combined) -> _Grouped | None:
    wanted = _values(split.groups)
    groups = {name: _group(name, value, known) for name, value in wanted}
    kept = np.ones(len(known.rows), bool)
    for node in filters_of(split.each):
        found = holds(node.condition, known)
        if found is None:
            return None
        kept &= found
    there = {name: group for name, group in groups.items() if group is not None}
    if len(there) < len(wanted):
        return None
    if isinstance(split.groups, logical.Top):
        # What has none of the values is in no row of it.
        kept &= np.logical_or.reduce([group.ids != group.missing for group in there.values()])
    if kept.all():
        return _Grouped(there, known.rows)
    of_kept = {name: Group(group.ids[kept], group.missing, group.values) for name, group in there.items()}
    return _Grouped(of_kept, known.rows[kept])


def _values(node: logical.Plan | None) -> tuple[tuple[str, Value], ...]:
    match node:
        case logical.Aggregate():
            return node.groups
        case logical.Top():
            return tuple({field.name: (field.name, field) for field in node.fields}.values())
    raise TypeError(node)


def _group(name: str, value: Value, known: Combined) -> Group | None:
    width = width_of(value)
    if width is not None:
        return group_of_bins(known, width) if width <= _WIDEST_BIN else None
    return group_of_field(known, value.name, by_severity=name == LEVEL) if isinstance(value, FieldRef) else None


def _made(node: logical.Plan | None, grouped: _Grouped) -> Groups | None:
    sums = summed(tuple(grouped.groups.values()), grouped.rows)
    match node:
        case logical.Aggregate():
            return _aggregated(node, grouped.groups, sums)
        case logical.Top():
            return _topmost(node, grouped.groups, sums)
    return None


def _aggregated(node: logical.Aggregate, groups: Mapping[str, Group], sums: Sums) -> Groups | None:
    series = _series(groups, sums)
    for each in node.aggregations:
        if each.function == "count":
            series[each.name] = Series(sums.rows)
        elif each.function == "rate" and node.seconds:
            series[each.name] = Series(sums.rows / float(node.seconds), kind=Kind.FLOAT)
        else:
            return None
    # Combinations come in the order of their values already.
    return Groups(series, np.arange(len(sums.rows)))


def _topmost(node: logical.Top, groups: Mapping[str, Group], sums: Sums) -> Groups:
    counts = Series(sums.rows)
    shares = Series(sums.rows / max(1, int(sums.rows.sum())), kind=Kind.FLOAT)
    values = _series(groups, sums)
    made = Groups({**values, _COUNT: counts, _SHARE: shares}, np.arange(len(sums.rows)))
    terms = [counts.sort_key(made.places, descending=not node.rare)]
    made = made.sorted([*terms, *(each.sort_key(made.places) for each in values.values())])
    return made.stage(logical.Limit(node, node.limit))


def _series(groups: Mapping[str, Group], sums: Sums) -> dict[str, Series]:
    pairs = zip(groups.items(), sums.ids, strict=True)
    return {name: Series(ids, group.missing, group.values) for (name, group), ids in pairs}
