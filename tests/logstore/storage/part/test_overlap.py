"""How much parts overlap in time."""

from __future__ import annotations

import pytest

from logstore.model.snapshot import Part, RowGroup
from logstore.model.timespan import NS_PER_DAY
from logstore.storage.part.overlap import follow_each_other, most_at_a_time


def a_part(*spans: tuple[int, int]) -> Part:
    """A part of row groups of ten rows, each with a span of time."""
    groups = tuple(RowGroup(10 * place, 10, start, end) for place, (start, end) in enumerate(spans))
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return Part("p", 1, 10 * len(spans), 100, start, end, 1, 9, (), has_more=False, tags=None, row_groups=groups)


@pytest.mark.parametrize(
    ("parts", "rows"),
    [
        ([a_part((0, 9))], 10),
        ([a_part((0, 4), (5, 9))], 10),
        ([a_part((0, 5), (5, 9))], 20),
        ([a_part((0, 9), (0, 9)), a_part((3, 4), (5, 6))], 30),
        ([a_part((0, 0)), a_part((0, 0)), a_part((1, 1))], 20),
    ],
)
def test_row_groups_of_one_time_are_needed_together(parts, rows):
    """The rows of all row groups that have any instant in common, both ends included."""
    assert most_at_a_time(parts) == rows


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 60), (40, 110), (90, 160), (150, 200)], True),
        ([(0, 100)] * 3, True),
        ([(0, 100)] * 4, False),
        ([(0, 10), (0, 100), (0, 100), (0, 100)], False),
        ([(0, 10), (NS_PER_DAY - 5, NS_PER_DAY + 5)], False),
        ([(7, 7)], True),
    ],
)
def test_parts_follow_each_other_while_few_are_of_one_time(spans, expected):
    """At most three at a time on average, and of one day."""
    assert follow_each_other([a_part(span) for span in spans]) is expected
