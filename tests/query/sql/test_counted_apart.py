"""Which statements choose the events that are counted apart from the database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from logstore.model.snapshot import Part, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan.lower import lower
from query.plan.pruning import Pruning
from query.sql.compile import compile_plan
from query.sql.counted_parts import CountedParts
from tests.query.sql.laid_down import NOW_NS, batch, part


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Part:
    """A part of two row groups of two seconds each."""
    return part(tmp_path_factory.mktemp("apart") / "p", batch([{"a": n % 2} for n in range(4)]), rows_per_group=2)


def _portions(parts: tuple[Part, ...], window: TimeSpan = EVERYTHING) -> list[int]:
    """How many parts each of the statements reads that choose events."""
    compiled = compile_plan(lower(parse("a:1 | facets"), NOW_NS, window), Pruning(Snapshot(10**9, parts)))
    (table,) = compiled.tables
    assert isinstance(table, CountedParts)
    for selection in table.selections:
        assert [path for path in (each.path for each in parts) if f"'{path}'" in selection.sql] == [
            each.path for each in selection.parts
        ]
    assert table.parts == parts
    return [len(selection.parts) for selection in table.selections]


def _copies(known: Part, number: int, times_rows: int = 1) -> tuple[Part, ...]:
    groups = tuple(replace(group, rows=group.rows * times_rows) for group in known.row_groups)
    made = replace(known, rows=known.rows * times_rows, row_groups=groups)
    return tuple(replace(made, path=f"{Path(known.path).parent}/{place:03}") for place in range(number))


def test_a_statement_reads_so_many_files_at_most(known: Part) -> None:
    """As other statements do where a question can be divided."""
    assert _portions(_copies(known, 501)) == [500, 1]


def test_a_statement_chooses_among_so_many_events_at_most(known: Part) -> None:
    """Among those of the row groups that are left, or of one part."""
    large = _copies(known, 3, 400_000)
    assert _portions(large) == [2, 1]
    assert _portions(large, TimeSpan(NOW_NS, NOW_NS + 2 * 10**9)) == [3]
    assert _portions(_copies(known, 2, 4_000_000)) == [1, 1]
