"""What a query is run with when it is measured: the same, but that everything writes into a book."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from logstore.model.snapshot import Part, PartRead, Snapshot
from logstore.model.tally import ValuesTally, VolumeTally
from query.execution.admission import Admission
from query.execution.book import Activity, Book, Profile, Ran
from query.execution.databases import Lease
from query.execution.executor import Session, Terms
from query.execution.purpose import Purpose
from query.execution.sound import Make, Sound
from query.pages.counting import ValueCounts
from query.source import Indexes, PartIndex, Source
from query.sql.compile import Compiled
from query.sql.counted_parts import CountedParts
from query.sql.statement import Registered, Step
from query.taking.sealed import Fit
from query.taking.take import Looked, Taken
from query.taking.wanted import Wanted

_SETTINGS = (
    # Measures, and prints nothing.
    "SET enable_profiling = 'no_output'",
    # Statements that gather are no SELECT.
    "SET profiling_coverage = 'ALL'",
    # A figure for each operator would cost more than it says.
    "SET tracked_metrics = ['io.*', 'query.*', 'system.*']",
)


class MeasuredSession(Session):
    """A session that takes down what its statements take and give."""

    def __init__(self, book: Book, lease: Callable[[], Lease], admission: Admission, terms: Terms) -> None:
        super().__init__(lease, admission, terms)
        self._book = book
        self._purpose = Purpose.FIRST
        self._paths: frozenset[str] = frozenset()
        self._batches = self._memory_rows = 0
        self._profiles: list[Profile] = []

    def will_run(self, purpose: Purpose) -> None:
        """Is told what the next statements are for."""
        self._purpose = purpose

    def will_read(self, parts: Iterable[Part]) -> None:
        """Is told what the next statement reads."""
        parts = tuple(parts)
        self._paths = frozenset(part.path for part in parts)
        super().will_read(parts)

    def enter(self) -> None:
        """Waits for a place to run."""
        with self._book.spending(Activity.WAITING):
            super().enter()

    def take_turn(self) -> None:
        """Waits for a turn to plan."""
        with self._book.spending(Activity.WAITING):
            super().take_turn()

    def run(self, sql: str, tables: Sequence[Registered], steps: Sequence[Step] = ()) -> Iterator[pa.RecordBatch]:
        """The rows of a statement, in batches."""
        rows = 0
        with self._taking_down(lambda: rows):
            for batch in super().run(sql, tables, steps):
                rows += batch.num_rows
                yield batch

    def few(self, sql: str, tables: Sequence[Registered], steps: Sequence[Step] = ()) -> pa.Table:
        """All rows of a statement that yields few."""
        found: list[pa.Table] = []
        with self._taking_down(lambda: sum(map(len, found))):
            found.append(super().few(sql, tables, steps))
        return found[0]

    def execute(self, sql: str, tables: Sequence[Registered]) -> int:
        """Runs a statement that yields no rows."""
        rows = 0
        with self._taking_down(lambda: rows):
            rows = super().execute(sql, tables)
        return rows

    def taking(self, wanted: Wanted, fit: Fit, without: Collection[str], looked: Looked) -> Taken:
        """Rows that are taken without a statement."""
        purpose, rows, before_ns = Purpose.IN_VAIN, 0, self._book.spent_ns(Activity.TAKING)
        try:
            with self._book.spending(Activity.TAKING):
                found = super().taking(wanted, fit, without, looked)
            purpose, rows = self._purpose, found.rows.num_rows
        finally:
            elapsed_ns = self._book.spent_ns(Activity.TAKING) - before_ns
            begun = [part for part in wanted.pruned.parts if part.path in looked.paths]
            of_row_groups = sum(len(part.row_groups) for part in begun)
            profile = Profile(0, looked.bytes_read, looked.row_groups, of_row_groups, looked.rows)
            ran = Ran(purpose, rows, elapsed_ns, len(begun), looked.batches, looked.held_rows, profile)
            self._book.add(ran, frozenset(looked.paths))
        return found

    def _opened(self) -> Lease:
        if self._lease is None:
            # The next query is not to be measured.
            self._marked = True
            cursor = super()._opened().cursor
            for setting in _SETTINGS:
                cursor.execute(setting)
        return super()._opened()

    def _rows(self, sql: str) -> Iterator[pa.RecordBatch]:
        batches = super()._rows(sql)
        while True:
            with self._book.spending(Activity.DATABASE):
                batch = next(batches, None)
            if batch is None:
                break
            yield batch
        self._profiles.append(profile_of(self._cursor))

    def _all(self, sql: str) -> pa.Table:
        with self._book.spending(Activity.DATABASE):
            found = super()._all(sql)
        self._profiles.append(profile_of(self._cursor))
        return found

    def _done(self, sql: str) -> int:
        with self._book.spending(Activity.DATABASE):
            rows = super()._done(sql)
        self._profiles.append(profile_of(self._cursor))
        return rows

    def _hold(self, name: str, rows: pa.Table) -> None:
        self._batches += 1
        self._memory_rows += rows.num_rows
        super()._hold(name, rows)

    def _counted(self, counted: CountedParts) -> ValueCounts:
        with self._book.spending(Activity.COUNTING):
            made = super()._counted(counted)
        of_row_groups = sum(len(part.row_groups) for part in counted.parts)
        self._profiles.append(Profile(0, made.bytes_read, made.row_groups, of_row_groups, made.rows))
        return made

    @contextmanager
    def _taking_down(self, rows: Callable[[], int]) -> Iterator[None]:
        purpose, paths, before_ns = self._purpose, self._paths, self._book.spent_ns(Activity.DATABASE)
        self._batches = self._memory_rows = 0
        self._profiles = []
        try:
            yield
        finally:
            elapsed_ns = self._book.spent_ns(Activity.DATABASE) - before_ns
            ran = Ran(purpose, rows(), elapsed_ns, len(paths), self._batches, self._memory_rows, self._profile())
            self._book.add(ran, paths)

    def _profile(self) -> Profile | None:
        """Of the statement with its steps."""
        told = self._profiles
        if not told:
            return None
        return Profile(
            sum(each.cpu_ns for each in told),
            sum(each.bytes_read for each in told),
            sum(each.row_groups for each in told),
            sum(each.of_row_groups for each in told),
            sum(each.rows for each in told),
            max(each.memory_bytes for each in told),
            max(each.spilled_bytes for each in told),
        )


def profile_of(cursor: duckdb.DuckDBPyConnection) -> Profile:
    """What DuckDB tells of the last statement of a cursor. What it does not tell is 0."""
    told: dict[str, dict[str, Any]] = json.loads(cursor.get_profiling_information(format="json"))
    io, query, system = told.get("io", {}), told.get("query", {}), told.get("system", {})
    return Profile(
        round(query.get("cpu_time", 0) * 1e9),
        io.get("total_bytes_read", 0),
        query.get("total_row_groups_scanned", 0),
        query.get("total_row_groups_to_scan", 0),
        query.get("total_rows_scanned", 0),
        system.get("peak_buffer_memory", 0),
        system.get("peak_temp_dir_size", 0),
    )


class MeasuredSound(Sound):
    """Makes statements, and takes down what that takes."""

    def __init__(self, book: Book, source: Source, session: Session) -> None:
        super().__init__(source, session)
        self._book = book

    def statement(self, make: Make) -> Compiled:
        """The statement, of which everything that it reads is here and sound."""
        return super().statement(self._measured(make))

    def statement_here(self, make: Make) -> Compiled | None:
        """The statement, if nothing that it reads has to be brought from afar."""
        return super().statement_here(self._measured(make))

    def _measured(self, make: Make) -> Make:
        def made(*, without: Collection[str]) -> Compiled:
            with self._book.spending(Activity.PLANNING):
                return make(without=without)

        return made


class MeasuredSource:
    """A source that takes down what it takes; see `query.source.Source`."""

    def __init__(self, book: Book, source: Source) -> None:
        self._book = book
        self._source = source

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The store as it is now, for as long as the context is open."""
        holder = self._source.snapshot()
        with self._book.spending(Activity.SNAPSHOT):
            snapshot = holder.__enter__()
        try:
            yield snapshot
        finally:
            holder.__exit__(None, None, None)

    @contextmanager
    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> Iterator[Mapping[str, str]]:
        """Makes the files of parts readable."""
        holder: AbstractContextManager[Mapping[str, str]] = self._source.reading(parts, check)
        with self._book.spending(Activity.FILES):
            unreached = holder.__enter__()
        try:
            yield unreached
        finally:
            holder.__exit__(None, None, None)

    def are_local(self, parts: Sequence[Part]) -> bool:
        """Whether they can be read at once."""
        return self._source.are_local(parts)

    def unfit(self, reads: Sequence[PartRead]) -> Collection[Part]:
        """The parts of which the bytes to be read are damaged or missing."""
        with self._book.spending(Activity.FILES):
            return self._source.unfit(reads)


class MeasuredIndexes:
    """Indexes that take down what asking them takes; see `query.source.Indexes`."""

    def __init__(self, book: Book, indexes: Indexes) -> None:
        self._book = book
        self._indexes = indexes

    def index_of(self, part: Part) -> PartIndex | None:
        """The index of a part; None when it has none that can be used."""
        with self._book.spending(Activity.INDEXES):
            index = self._indexes.index_of(part)
        if index is None:
            return None
        self._book.add_index(part.path)
        return _MeasuredIndex(self._book, index)

    def left_out(self, row_groups: int) -> None:
        """Is told how many row groups a question need not read."""
        self._indexes.left_out(row_groups)


class _MeasuredIndex:
    def __init__(self, book: Book, index: PartIndex) -> None:
        self._book = book
        self._index = index

    def with_word(self, column: str, word: str) -> int | None:
        """Where a text may hold this word."""
        with self._book.spending(Activity.INDEXES):
            return self._index.with_word(column, word)

    def with_text(self, column: str, text: str) -> int | None:
        """Where a text may hold these characters."""
        with self._book.spending(Activity.INDEXES):
            return self._index.with_text(column, text)

    def with_value(self, column: str, value: str) -> int | None:
        """Where a text may be just this."""
        with self._book.spending(Activity.INDEXES):
            return self._index.with_value(column, value)

    def values(self, column: str) -> ValuesTally | None:
        """How many rows have each value."""
        with self._book.spending(Activity.INDEXES):
            return self._index.values(column)

    def volume(self, *, by_tag: bool) -> VolumeTally | None:
        """How many rows there are by level and bin of time, and by tag if wanted."""
        with self._book.spending(Activity.INDEXES):
            return self._index.volume(by_tag=by_tag)
