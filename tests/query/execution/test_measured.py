"""Tests of query.execution.measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from logstore.clock import SystemClock
from logstore.errors import QueryCancelledError
from logstore.model.snapshot import Snapshot
from query.execution.book import Book
from query.execution.executor import Executor
from query.execution.limits import Limits
from query.execution.measured import MeasuredIndexes, MeasuredSession, MeasuredSource
from query.execution.purpose import Purpose
from tests.query.sql.laid_down import batch, in_memory, part

ROWS = 5000


@dataclass(frozen=True, slots=True)
class Sitting:
    """A measured session, and its book."""

    book: Book
    session: MeasuredSession


@pytest.fixture
def sitting() -> Iterator[Sitting]:
    """One of an executor of its own."""
    executor, book = Executor(Limits(threads=1)), Book(SystemClock())
    session = executor.session(make=partial(MeasuredSession, book))
    assert isinstance(session, MeasuredSession)
    yield Sitting(book, session)
    session.close()
    executor.close()


@dataclass(frozen=True, slots=True)
class Numbers:
    """A table of numbers in memory."""

    name: str

    def arrow(self) -> pa.Table:
        """Its rows."""
        return pa.table({"n": range(ROWS)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The same numbers in a file of five row groups."""
    pq.write_table(Numbers("").arrow(), tmp_path / "n.parquet", row_group_size=ROWS // 5)
    return tmp_path / "n.parquet"


@pytest.mark.parametrize(
    "ask",
    [lambda session, sql: list(session.run(sql, ())), lambda session, sql: session.few(sql, ())],
    ids=["run", "few"],
)
def test_a_statement_is_taken_down(sitting: Sitting, file: Path, ask: Callable[[Any, str], Any]) -> None:
    """What for, its rows, and what DuckDB tells of that very statement, not of what comes after it."""
    sitting.session.will_run(Purpose.LOOKUP)
    ask(sitting.session, f"SELECT n FROM read_parquet('{file}') WHERE n % 2 = 0")
    ask(sitting.session, "SELECT 1")
    first, second = sitting.book.closed().ran
    assert (first.purpose, first.rows) == (Purpose.LOOKUP, ROWS // 2)
    assert first.profile is not None
    assert (first.profile.row_groups, first.profile.of_row_groups) == (5, 5)
    assert first.profile.bytes_read > 0
    assert first.profile.rows > 0
    assert (second.rows, second.profile and second.profile.bytes_read) == (1, 0)


def test_what_is_put_into_a_table_is_counted(sitting: Sitting, file: Path) -> None:
    """Of statements that gather too DuckDB tells what they read."""
    assert sitting.session.execute("CREATE TEMP TABLE kept (n BIGINT)", ()) == 0
    assert sitting.session.execute(f"INSERT INTO kept SELECT n FROM read_parquet('{file}') WHERE n < 7", ()) == 7
    made, filled = sitting.book.closed().ran
    assert (made.rows, filled.rows) == (0, 7)
    assert filled.profile is not None
    assert filled.profile.bytes_read > 0


def test_tables_in_memory_are_counted(sitting: Sitting) -> None:
    """Their number, and all of their rows."""
    sitting.session.few("SELECT count(*) FROM numbers", (Numbers("numbers"),))
    (ran,) = sitting.book.closed().ran
    assert (ran.rows, ran.batches, ran.memory_rows) == (1, 1, ROWS)


def test_what_is_not_read_to_its_end_is_taken_down_too(sitting: Sitting) -> None:
    """With the rows so far. Of such DuckDB tells nothing."""
    rows = sitting.session.run("SELECT range FROM range(10000000)", ())
    first = next(rows)
    sitting.session.cancel()
    with pytest.raises(QueryCancelledError):
        list(rows)
    (ran,) = sitting.book.closed().ran
    assert ran.rows >= first.num_rows
    assert ran.profile is None


def test_nothing_is_written_for_being_measured(sitting: Sitting, tmp_path: Path) -> None:
    """No statement can have the figures written to a file."""
    with pytest.raises(duckdb.Error, match="locked"):
        sitting.session.few(f"SET profiling_output = '{tmp_path / 'told'}'", ())


def test_other_sessions_are_not_measured(sitting: Sitting) -> None:
    """Measuring is set for one cursor, and ends with it."""
    setting = "SELECT current_setting('enable_profiling') AS told"
    assert sitting.session.few(setting, ()).to_pylist() == [{"told": "no_output"}]
    executor = Executor(Limits(threads=1))
    measured = executor.session(make=partial(MeasuredSession, Book(SystemClock())))
    plain = executor.session()
    assert plain.few(setting, ()).to_pylist() == [{"told": None}]
    measured.close()
    plain.close()
    executor.close()


class Told:
    """An index that leaves the first row group for everything, and is only there for one part."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.passed = 0

    def index_of(self, one: Any) -> Told | None:
        """The index of the part."""
        return self if one.path == self.path else None

    def left_out(self, row_groups: int) -> None:
        """Counted."""
        self.passed += row_groups

    def with_word(self, column: str, word: str) -> int | None:
        """The first."""
        del column, word
        return 1

    with_text = with_value = with_word


def test_indexes_answer_as_they_are(tmp_path: Path) -> None:
    """Which of them were asked is taken down; a part without one is not among them."""
    book = Book(SystemClock())
    parts = [part(tmp_path / f"{name}.parquet", batch([{"n": 1}])) for name in "ab"]
    told = Told(parts[0].path)
    measured = MeasuredIndexes(book, told)
    index = measured.index_of(parts[0])
    assert index is not None
    assert (index.with_word("c", "w"), index.with_text("c", "t"), index.with_value("c", "v")) == (1, 1, 1)
    assert measured.index_of(parts[1]) is None
    measured.left_out(3)
    assert (told.passed, book.closed().indexes) == (3, 1)


class Shelf:
    """A source that tells when its contexts are open."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.held = nullcontext(snapshot)
        self.unread: dict[str, str] = {"x": "gone"}

    def snapshot(self) -> Any:
        """The snapshot."""
        return self.held

    def reading(self, parts: Any, check: Any) -> Any:
        """What cannot be had."""
        del parts
        check()
        return nullcontext(self.unread)

    def are_local(self, parts: Any) -> bool:
        """When there are none."""
        return not parts

    def unfit(self, reads: Any) -> Any:
        """All of them."""
        return [read.part for read in reads]


def test_a_source_answers_as_it_is() -> None:
    """Snapshot, files, and what is unfit come through."""
    with in_memory(batch([{"n": 1}])).snapshot() as snapshot:
        source = MeasuredSource(Book(SystemClock()), Shelf(snapshot))
        with source.snapshot() as held:
            assert held is snapshot
        with source.reading((), lambda: None) as unreached:
            assert unreached == {"x": "gone"}
        assert source.are_local(())
        assert source.unfit(()) == []
