"""The most frequent values of every field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from logstore.clock import SystemClock
from logstore.model.batch import EventBatch
from logstore.model.snapshot import Deletion, Part, PartRead, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.plan.sampled import LEAST_ROWS
from query.sql.stage_facets import MOST_VALUES
from tests.query.sql.laid_down import NOW_NS, Event, Held, Json, ask, batch, engine_of, events, in_memory, part, read

_READ = "* | let never = null | drop never"
"""Rows that the database makes: what goes right into `facets` it is not asked for."""


def _short(source: object, text: str) -> list[tuple[object, ...]]:
    rows = ask(source, text).rows  # type: ignore[arg-type]
    return [(row["field"], row.get("value"), row["count"], row["share"]) for row in rows]


def test_every_field_has_its_values() -> None:
    """Fields that every event has go first; the share is of the rows that have the field, and `time` is left out."""
    source = events({"level": "warn", "a": 1}, {"level": "info", "a": 1.0, "b": "x"}, {"level": "info"}, {"a": 2})
    assert ask(source, "* | facets").columns[0] == "field"
    assert _short(source, "* | facets") == [
        ("level", "info", 2, 2 / 3),
        ("level", "warn", 1, 1 / 3),
        ("tag", "app", 4, 1.0),
        ("a", 1, 2, 2 / 3),
        ("a", 2, 1, 1 / 3),
        ("b", "x", 1, 1.0),
    ]


def test_only_so_many_are_shown() -> None:
    """Equal counts ascend by value, whatever kinds these are."""
    source = events(*({"v": value} for value in ("b", 5, Json("[]"), True, "a", 2.5)))
    assert [row[1] for row in _short(source, '* | facets 4 | where field == "v"')] == [True, 2.5, 5, "a"]


def test_facets_of_what_reaches_them() -> None:
    """Computed fields, renamed ones, and groups; nothing of no rows."""
    source = events({"a": 1, "b": 2}, {"a": 5, "b": 2})
    assert _short(source, "a:1 | let c = a + b | fields c | facets") == [("c", 3, 1, 1.0)]
    assert _short(source, "* | count by b | facets") == [("b", 2, 1, 1.0), ("count", 2, 1, 1.0)]
    assert _short(source, "a:7 | facets") == []


def test_the_same_wherever_a_field_is_kept(tmp_path: Path) -> None:
    """In columns, in the map of rare fields, in a file, or in several of these; and out of JSON text."""
    rows = [{"v": value, "message": f'{{"j": {n % 2}}}'} for n, value in enumerate((1, "x", 1, 0.5, 1.0, Json("[1]")))]
    plain = in_memory(batch(rows))
    later = [{**row, "_seq": 10 + n} for n, row in enumerate(rows[3:])]
    both = in_memory(batch(later, more=frozenset({"v"})), parts=[part(tmp_path / "p", batch(rows[:3]))])
    for text in ("* | facets", "* | json | facets"):
        assert _short(plain, text) == _short(both, text)
    assert ("j", 1, 3, 0.5) in _short(plain, "* | json | facets")


def test_a_field_of_too_many_values_is_not_listed(tmp_path: Path) -> None:
    """It has one row, which tells how often it is there; the limit is exact, and the same in columns and in the map."""
    rows = [{"id": f"id-{n}", "edge": n % MOST_VALUES, "over": n % (MOST_VALUES + 1)} for n in range(5000)]
    mapped = batch(rows, more=frozenset({"id", "over"}))
    for source in (in_memory(batch(rows)), in_memory(parts=[part(tmp_path / "p", mapped)])):
        found = _short(source, "* | facets 2")
        assert ("id", None, 5000, 1.0) in found
        assert ("over", None, 5000, 1.0) in found
        assert [row for row in found if row[0] == "edge"] == [("edge", 0, 5, 0.001), ("edge", 1, 5, 0.001)]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """More rows than are looked at before a sample of them is."""
    rows = [
        {
            "time": NOW_NS + n,
            "id": f"id-{n}",
            "edge": n % MOST_VALUES,
            "over": n % (MOST_VALUES + 1),
            # Two thousand in all, of which those that lie first in a row group are few.
            "late": max(n % 16_384 - 14_384, 0),
            "half": n % 1400 if n % 2 else f"{n % 1400}",
            "level": "error" if n % 64 == 0 else "info",
        }
        for n in range(LEAST_ROWS)
    ]
    return in_memory(parts=[part(tmp_path_factory.mktemp("many") / "p", batch(rows), rows_per_group=16_384)])


def test_a_sample_says_what_is_not_grouped_by(many: Held) -> None:
    """What has too many values in some rows has too many in all of them; of the rest it is counted."""
    engine = Engine(many, Limits(), SystemClock())
    try:
        explained = engine.explain(Request(f"{_READ} | facets 1", now_ns=NOW_NS))
    finally:
        engine.close()
    assert "fields of too many values to list: id\n" in explained
    found = _short(many, f"{_READ} | facets 1")
    assert found == _short(many, "* | facets 1")
    assert found == [
        ("level", "info", LEAST_ROWS - LEAST_ROWS // 64, 63 / 64),
        ("tag", "app", LEAST_ROWS, 1.0),
        ("edge", 0, 132, 132 / LEAST_ROWS),
        ("half", None, LEAST_ROWS, 1.0),
        ("id", None, LEAST_ROWS, 1.0),
        ("late", None, LEAST_ROWS, 1.0),
        ("over", None, LEAST_ROWS, 1.0),
    ]


def test_where_a_sample_has_too_few_rows(many: Held) -> None:
    """A filter, or stages that do not go row by row, leave it to a look at all rows: the answer is of the same kind."""
    found = _short(many, "level:error | facets 1")
    assert ("id", None, LEAST_ROWS // 64, 1.0) in found
    assert ("level", "error", LEAST_ROWS // 64, 1.0) in found
    assert ("n", None, LEAST_ROWS, 1.0) in _short(many, "* | sort time | let n = _seq | fields n | facets 1")


def test_files_are_counted_as_the_database_counts(tmp_path: Path) -> None:
    """Beside batches in memory and parts with rare fields, of all times and of some, and after a deletion."""
    values = (1, "x", 1.0, 0.0, -0.0, math.nan, True, Json("[1]"), 2**63, 'ä"', 0.5)
    rows = [
        {"v": values[n % len(values)], "w": n % 3, "id": f"id-{n}", **({"rare": n} if n % 7 else {})}
        for n in range(1500)
    ]
    files = [
        part(tmp_path / "a", batch(rows[:700]), rows_per_group=200),
        part(tmp_path / "b", _later(rows[700:1400], 700)),
        part(tmp_path / "c", _later(rows[1400:1430], 1400, more=frozenset({"rare"}))),
        part(tmp_path / "d", _later(rows[1430:1450], 1430, more=frozenset({"rare", "v"}))),
    ]
    plain = in_memory(_later(rows[1450:], 1450), parts=files)
    window = TimeSpan(NOW_NS, NOW_NS + 2000 * 10**9)
    gone = replace(plain.held, deletions=(Deletion(1, "w:2", window, 650, NOW_NS),))
    for source in (plain, Held(gone)):
        for asked in (EVERYTHING, TimeSpan(NOW_NS + 333 * 10**9, NOW_NS + 1433 * 10**9)):
            for search in ("*", "w:1", "rare:>100", "v:x OR w:0", "id:id-7*", "w:5", "* | where 6 / w > 3"):
                between = "let never = null | drop never | "
                told, read = (ask(source, f"{search} | {stages}facets 1000", window=asked) for stages in ("", between))
                assert list(map(repr, told.rows)) == list(map(repr, read.rows))
                assert told.columns == read.columns
                assert told.facts.could_not_compute == read.facts.could_not_compute
                assert told.facts.scanned_rows == read.facts.scanned_rows
    assert ("id", None, 1500, 1.0) in _short(plain, "* | facets")


def _later(rows: list[Event], before: int, more: frozenset[str] = frozenset()) -> EventBatch:
    """A batch of the events behind so many others."""
    numbered = [{**row, "time": NOW_NS + n * 10**9, "_seq": n + 1} for n, row in enumerate(rows, before)]
    return batch(numbered, more=more)


def test_a_damaged_file_is_left_out_and_told(tmp_path: Path) -> None:
    """Also where it is found to be damaged only when its values are about to be counted."""
    files = [part(tmp_path / "a", batch([{"a": 1}])), part(tmp_path / "b", _later([{"a": 1}, {"a": 2}], 1))]
    source = in_memory(parts=files)
    source.damaged.add(files[1].path)
    found = ask(source, "* | facets")
    assert [(row["field"], row["count"]) for row in found.rows] == [("tag", 1), ("a", 1)]
    assert found.facts.lacking is not None
    assert found.facts.lacking.rows == 2


def test_what_is_chosen_first_is_explained(many: Held) -> None:
    """The statement that chooses events is shown before the one that ranks their values."""
    with engine_of(many) as engine:
        told = engine.explain(Request("level:error | facets 1", now_ns=NOW_NS))
        run = engine.analyze(Request("level:error | facets 1", now_ns=NOW_NS))
    choosing, ranking = told.split("\nSQL\n")[1:]
    assert "read_parquet" in choosing
    assert "read_parquet" not in ranking
    assert re.search(r"\n  counting values in files +\d", run)


def test_analysis_tells_what_counting_takes(many: Held) -> None:
    """Its time, and what was read of the files."""
    with engine_of(many) as engine:
        told = engine.analyze(Request("* | facets 1", now_ns=NOW_NS))
    assert re.search(r"\n  counting values in files +\d", told)
    assert f"8 of 8 row groups in 1 file, {LEAST_ROWS:,} rows out of them" in told


def test_values_are_counted_once_for_rows_and_failures(tmp_path: Path) -> None:
    """What could not be computed is counted by a second statement, which has the table of values already."""
    source = in_memory(parts=[part(tmp_path / "a", batch([{"w": n % 3} for n in range(30)]), rows_per_group=10)])
    with engine_of(source) as engine:
        told = engine.analyze(Request("* | where 6 / w > 3 | facets", now_ns=NOW_NS))
    rows, failures, _ = re.findall(r"\n  (rows|counting what could not be computed|2 statements in all): (.*)", told)
    # The three row groups are chosen from and then counted in; of their thirty rows ten are.
    assert "6 of 6 row groups in 1 file, 40 rows out of them" in rows[1]
    assert "3 of 3 row groups in 1 file, 30 rows out of them" in failures[1]


@dataclass(slots=True)
class _Listening:
    """A source that takes down the parts that it is to make readable."""

    held: Held
    wanted: list[list[str]] = field(default_factory=list)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """As ever."""
        return self.held.snapshot()

    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> AbstractContextManager[dict[str, str]]:
        """Takes them down."""
        self.wanted.append([part.path for part in parts])
        return self.held.reading(parts, check)

    def are_local(self, parts: Sequence[Part]) -> bool:
        """As ever."""
        return self.held.are_local(parts)

    def unfit(self, reads: Sequence[PartRead]) -> Collection[Part]:
        """As ever."""
        return self.held.unfit(reads)


def test_a_part_is_brought_once_for_all_that_is_read_of_it(tmp_path: Path) -> None:
    """To choose its events, to count their values and for its rare fields: together, until the end."""
    known = part(tmp_path / "a", batch([{"w": n % 3, "rare": n} for n in range(30)], more=frozenset({"rare"})))
    source = _Listening(in_memory(parts=[known]))
    engine = Engine(source, Limits(threads=1), SystemClock())
    assert len(read(engine, "w:1 | facets").rows) == 12
    engine.close()
    assert source.wanted == [[known.path]]
