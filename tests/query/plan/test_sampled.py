"""A few rows from all over what is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from logstore.model.snapshot import Part, RowGroup
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.plan.prune import Pruned
from query.plan.sampled import LEAST_ROWS, sample_of
from tests.query.sql.laid_down import batch, part

_GROUP = LEAST_ROWS // 4


def _file(path: Path, groups: int) -> Part:
    """A file that is said to have so many row groups, each of an instant of its own."""
    known = tuple(RowGroup(place * _GROUP, _GROUP, place, place) for place in range(groups))
    return replace(part(path, batch([{}])), row_groups=known)


def _pruned(*parts: Part, window: TimeSpan = EVERYTHING) -> Pruned:
    return Pruned(parts, (), (), {}, window)


def test_rows_are_taken_from_everywhere(tmp_path: Path) -> None:
    """Some rows of a few row groups, from the first file to the last, in their order."""
    files = [_file(tmp_path / name, groups=16) for name in "ab"]
    sample = sample_of(_pruned(*files))
    assert sample is not None
    assert sample.chosen is not None
    assert sample.parts == tuple(files)
    places = [[group.first_row // _GROUP for group in sample.chosen[file.path]] for file in files]
    assert places == [[0, 4, 8, 12], [0, 4, 8, 12]]
    assert all(group.rows < _GROUP for groups in sample.chosen.values() for group in groups)
    assert sample.of(_pruned(*files)).rows == sum(group.rows for groups in sample.chosen.values() for group in groups)


def test_only_what_would_be_read(tmp_path: Path) -> None:
    """Neither row groups outside the window, nor those that an index left out."""
    file = _file(tmp_path / "a", groups=16)
    sample = sample_of(_pruned(file, window=TimeSpan(8, 12)))
    assert sample is not None
    assert sample.chosen is not None
    assert [group.time_min_ns for group in sample.chosen[file.path]] == [8, 9, 10, 11]
    left = replace(_pruned(file), chosen={file.path: file.row_groups[:5]})
    sample = sample_of(left)
    assert sample is not None
    assert sample.chosen is not None
    assert [group.time_min_ns for group in sample.chosen[file.path]] == [0, 1, 2, 3, 4]


def test_few_rows_have_no_sample(tmp_path: Path) -> None:
    """All of them are looked at as soon."""
    assert sample_of(_pruned()) is None
    assert sample_of(_pruned(_file(tmp_path / "a", groups=3))) is None
    assert sample_of(_pruned(_file(tmp_path / "b", groups=4))) is not None
