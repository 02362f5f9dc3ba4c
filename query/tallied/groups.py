"""How many events there are of each combination of values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from logstore.model.tally import Integers
from query.tallied.keys import Group, number_of

_DENSE, _FEW = 4, 4096
"""So many possible combinations for each row, and these besides, are counted in a place of their own each."""
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Sums:
    """The combinations that occur, ascending by their first values, then by the next ones.

    Attributes:
        ids: for each group, those of the combinations' values.
        rows: how many events.
    """

    ids: tuple[Integers, ...]
    rows: Integers


def summed(groups: Sequence[Group], rows: Integers) -> Sums:
    """Adds up what is the same; of no groups there is one combination, even of no rows."""
    if not groups:
        return Sums((), rows.sum(keepdims=True))
    if number_of(groups) >= _LARGEST:
        return _summed_apart(groups, rows)
    keys = np.zeros(len(rows), np.int64)
    for group in groups:
        keys = keys * (group.missing + 1) + group.ids
    if number_of(groups) <= _DENSE * len(rows) + _FEW:
        numbers = _added(keys, rows, number_of(groups))
        found = np.flatnonzero(numbers)
        return Sums(_apart(groups, found), numbers[found])
    found, places = np.unique(keys, return_inverse=True)
    return Sums(_apart(groups, found), _added(places, rows, len(found)))


def _apart(groups: Sequence[Group], keys: Integers) -> tuple[Integers, ...]:
    """The ids that keys are made of."""
    ids: list[Integers] = []
    for group in reversed(groups):
        keys, last = np.divmod(keys, group.missing + 1)
        ids.append(last)
    return tuple(reversed(ids))


def _summed_apart(groups: Sequence[Group], rows: Integers) -> Sums:
    """Of so many possible combinations that their number is beyond an integer's range."""
    found, places = np.unique(np.stack([group.ids for group in groups]), axis=1, return_inverse=True)
    return Sums(tuple(found), _added(places.reshape(-1), rows, found.shape[1]))


def _added(places: Integers, rows: Integers, count: int) -> Integers:
    numbers = np.zeros(count, np.int64)
    np.add.at(numbers, places, rows)
    return numbers
