"""What events are grouped by: values as numbers that ascend as the values do, missing ones last. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.schema import LEVELS, Kind
from logstore.model.tally import Integers
from query.plan.coded import Coded
from query.tallied.combined import Combined

KINDS = (Kind.BOOL, Kind.INT, Kind.TEXT, Kind.JSON)
"""Of the fields that there are tallies of; in the order of their values."""
_SPARSE, _FEW = 4, 1024
"""Bins that would be more than so many for each row, and more than these, are numbered by those that occur."""

_FURTHEST = 2**62
"""Bins so far apart have no difference within an integer's range."""


class Values(Protocol):
    """What the numbers of a key stand for."""

    def arrays(self, ids: Integers) -> Mapping[Kind, pa.Array]:
        """The values of each kind that there are, null where a value is missing or of another kind."""


@dataclass(frozen=True, slots=True)
class Group:
    """A value to group by.

    Attributes:
        ids: of each row that is known, the number of its value: 0 <= id < `missing`, or `missing`.
        missing: the number of a missing value, beyond all others.
        values: what the numbers stand for.
    """

    ids: Integers
    missing: int
    values: Values


@dataclass(frozen=True, slots=True)
class _OfKinds:
    """Values of each kind in their order, one kind after the other."""

    kinds: tuple[tuple[Kind, pa.Array], ...]

    def arrays(self, ids: Integers) -> Mapping[Kind, pa.Array]:
        found: dict[Kind, pa.Array] = {}
        before = 0
        for kind, values in self.kinds:
            places = ids - before
            is_other = (places < 0) | (places >= len(values))
            found[kind] = values.take(pa.array(places, mask=is_other))
            before += len(values)
        return found


@dataclass(frozen=True, slots=True)
class _OfTimes:
    """Instants: numbers, as in what statements yield."""

    instants: Integers

    def arrays(self, ids: Integers) -> Mapping[Kind, pa.Array]:
        return {Kind.TIME: pa.array(self.instants[ids])}


def group_of_field(known: Combined, field: str, *, by_severity: bool) -> Group | None:
    """The values of a field; None: it has such as are not told apart here."""
    kinds = known.kinds_of(field)
    if not set(kinds) <= set(KINDS):
        return None
    ids = np.full(len(known.rows), -1, np.int64)
    parts: list[tuple[Kind, pa.Array]] = []
    before = 0
    for kind in (kind for kind in KINDS if kind in kinds):
        column = known.column(field, kind)
        order = _order(column, by_severity=by_severity and kind is Kind.TEXT)
        ranks = np.empty(len(order) + 1, np.int64)
        ranks[order], ranks[-1] = np.arange(before, before + len(order)), -1
        found = ranks[column.codes]
        ids = np.where(found < 0, ids, found)
        parts.append((kind, column.values.take(pa.array(order))))
        before += len(order)
    return Group(np.where(ids < 0, before, ids), before, _OfKinds(tuple(parts)))


def group_of_bins(known: Combined, width_ns: int) -> Group:
    """Bins of time; none of the times is so early that its bin has no beginning."""
    times = known.times()
    bins = times - times % width_ns
    if not len(bins):
        return Group(bins, 0, _OfTimes(bins))
    first, last = int(bins.min()), int(bins.max())
    span = (last - first) // width_ns + 1
    if last - first > _FURTHEST or span > _SPARSE * len(bins) + _FEW:
        instants, ids = np.unique(bins, return_inverse=True)
        return Group(ids.astype(np.int64), len(instants), _OfTimes(instants))
    return Group((bins - first) // width_ns, span, _OfTimes(first + np.arange(span) * width_ns))


def _order(column: Coded, *, by_severity: bool) -> Integers:
    """The places of the values, the least one first."""
    if by_severity:
        return np.array(sorted(range(len(column.values)), key=list(_severities(column.values)).__getitem__), np.int64)
    return np.asarray(pc.array_sort_indices(column.values).to_numpy(), np.int64)


def _severities(texts: pa.Array) -> Iterator[tuple[int, str]]:
    for text in texts.to_pylist():
        yield (LEVELS.index(text) if text in LEVELS else len(LEVELS)), text


def number_of(groups: Sequence[Group]) -> int:
    """How many combinations there can be."""
    number = 1
    for group in groups:
        number *= group.missing + 1
    return number
