"""Events are added up by their values, however many combinations there could be."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logstore.model.schema import Kind
from logstore.model.tally import Integers
from query.plan.coded import Tallied
from query.tallied.combined import Combined
from query.tallied.groups import summed
from query.tallied.keys import Group, group_of_bins


class Nothing:
    """Nobody asks what the numbers stand for."""

    def arrays(self, ids: Integers) -> dict[Kind, object]:
        """Of none of them."""
        return dict.fromkeys((), ids)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(1, 9)), max_size=12),
    st.lists(st.sampled_from([3, 1000, 2**40, 2**62]), max_size=3),
)
def test_sums_are_those_of_each_combination(rows, sizes):
    """In the order of the first values, then of the next ones; few combinations or more than there are numbers."""
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    groups = [Group(columns[place], missing, Nothing()) for place, missing in enumerate(sizes)]
    found = summed(groups, columns[3])
    expected = Counter()
    for row in rows:
        expected[row[: len(sizes)]] += row[3]
    if not sizes:
        expected[()] += 0
    keys = list(zip(*(ids.tolist() for ids in found.ids), strict=True)) if sizes else [()]
    assert keys == sorted(expected)
    assert found.rows.tolist() == [expected[key] for key in keys]


@given(
    st.lists(st.integers(-(2**62), 2**63 - 1) | st.integers(-50, 50), max_size=12),
    st.sampled_from([1, 7, 10, 10**9, 2**62]),
)
def test_bins_are_told_from_each_other_however_far_apart(times, width_ns):
    """Each begins at a multiple of its width, at the time or before it, also before 1970."""
    known = Combined([Tallied(np.ones(len(times), np.int64), np.array(times, np.int64))])
    group = group_of_bins(known, width_ns)
    (instants,) = group.values.arrays(group.ids).values()
    assert instants.to_pylist() == [time // width_ns * width_ns for time in times]
    assert all(0 <= number < group.missing for number in group.ids.tolist())
    assert np.array_equal(np.argsort(group.ids, stable=True), np.argsort(instants.to_numpy(), stable=True))
