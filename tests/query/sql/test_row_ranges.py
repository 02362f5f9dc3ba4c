"""Which rows of files are read."""

from __future__ import annotations

from dataclasses import replace

from logstore.model.schema import FIXED_COLUMNS
from logstore.model.snapshot import Part, RowGroup
from query.plan.prune import Pruned
from query.sql.row_ranges import joined, row_ranges, union

PART = Part("/p", 1, 1, 1, 0, 1, 1, 1, FIXED_COLUMNS, has_more=False, tags=None, row_groups=())


def group(first: int, rows: int = 10) -> RowGroup:
    """Ten rows."""
    return RowGroup(first, rows, 0, 1)


def test_neighbours_become_one_range():
    """And others stay apart."""
    assert joined([group(0), group(10), group(30)]) == ((0, 19), (30, 39))
    assert union([((0, 5), (20, 30)), ((4, 9), (31, 40))]) == ((0, 9), (20, 40))


def test_parts_that_are_read_whole_have_no_ranges():
    """Only those have that an index was asked about."""
    parts = (PART, replace(PART, path="/q"))
    pruned = Pruned(parts, (), parts, {}, chosen={"/q": (group(10),), "/gone": ()})
    assert row_ranges(pruned) == {"/q": ((10, 19),)}


def test_many_different_ranges_become_few():
    """Each part still reads all that it needs, and those with the fewest rows read nothing else."""
    parts = tuple(replace(PART, path=f"/{number}") for number in range(300))
    chosen = {f"/{number}": (group(number * 10, 1 + number % 7),) for number in range(300)}
    ranges = row_ranges(Pruned(parts, (), parts, {}, chosen=chosen))
    assert len(set(ranges.values())) == 100
    for path, (one,) in chosen.items():
        assert any(first <= one.first_row and one.first_row + one.rows - 1 <= last for first, last in ranges[path])
