"""The executor: cursors for queries, within the limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from logstore.errors import LimitExceededError, LogstoreError, QueryCancelledError
from logstore.model.snapshot import Part
from query.execution.admission import Admission
from query.execution.databases import Databases, Lease
from query.execution.limits import Limits
from query.execution.places import Length
from query.execution.purpose import Purpose
from query.execution.submit import reader_of, table_of
from query.execution.turns import Turn, Turns
from query.execution.watch import Ending, Watchdog
from query.pages.choice import compiled, taker
from query.pages.counting import ValueCounts, count_values
from query.sql.counted_parts import CountedParts
from query.sql.statement import Registered, Step
from query.taking.groups import NotTakenError
from query.taking.kept import Kept
from query.taking.sealed import Fit, KeptOfFiles
from query.taking.take import Access, Looked, Taken, take
from query.taking.wanted import Wanted

_BATCH_ROWS = 16_384
"""Rows of a batch. Larger: the first rows of a long answer come later; smaller: more calls into Python per row."""

FEW_ROWS = _BATCH_ROWS
"""So many rows would be one batch anyway."""

_KEPT_SHARE = 16
"""What is kept of files, so that rows can be taken, may take one part in so many of the memory of queries, besides."""


Tell: TypeAlias = Callable[[Exception], LogstoreError | None]
"""What an error of DuckDB's is in words for the asker; None when it has none."""


class Executor:
    """Runs statements of one DuckDB instance. Safe from several threads.

    Args:
        limits: of queries.
        database: the instance; None: one as queries need it.
        admission: says who may run, where several executors share the places; None: one of its own.
        turns: likewise, who may plan.
    """

    def __init__(
        self,
        limits: Limits,
        database: duckdb.DuckDBPyConnection | None = None,
        admission: Admission | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.limits = limits
        self.admission = admission or Admission(limits)
        self.turns = turns or Turns()
        self._databases = Databases(limits, database)
        self._watchdog = Watchdog()
        self._kept: KeptOfFiles = Kept(limits.memory_bytes // _KEPT_SHARE)

    def session(
        self, time_s: float | None = None, tell: Tell | None = None, make: MakeSession | None = None
    ) -> Session:
        """A session for one query.

        Args:
            time_s: seconds that it may take; None: those of the limits.
            tell: what an error of DuckDB's means to the asker; None: it is a bug of ours.
            make: makes it; None: a plain one.
        """
        time_s = self.limits.time_s if time_s is None else time_s
        terms = Terms(self._watchdog, self.turns, time_s, tell, self._kept)
        return (make or Session)(self._databases.lease, self.admission, terms)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor outside of any query, for what takes no time worth counting. To be closed."""
        return self._databases.cursor()

    def close(self) -> None:
        """Closes the database; sessions must be closed before."""
        self._watchdog.close()
        self._databases.close()


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a session may run.

    Attributes:
        watchdog: ends it.
        turns: those that it takes to plan.
        time_s: after so many seconds.
        tell: what errors of DuckDB's mean; None: they are bugs of ours.
        kept: what is kept of files; None: it takes no rows of them.
    """

    watchdog: Watchdog
    turns: Turns
    time_s: float
    tell: Tell | None = None
    kept: KeptOfFiles | None = None


class Session:
    """The statements of one query, one after the other, under one deadline.

    Used by one thread, but for `cancel`. Must be closed. A cursor is taken for the first statement that runs: a query
    that finds its answer without one has nothing to do with the database.

    What is computed before that is computed in a turn, once somebody asked for one. It is over when the session waits
    or has the database work, and with the session.
    """

    def __init__(self, lease: Callable[[], Lease], admission: Admission, terms: Terms) -> None:
        self._take_lease = lease
        self._lease: Lease | None = None
        self._terms = terms
        self._admission = admission
        self._watch = terms.watchdog.watch(self._interrupt, terms.time_s)
        self._length = Length.SHORT
        # The length as which it was let in.
        self._place: Length | None = None
        self._closed = False
        # What a cursor must not have for another query to take it: statements not run to their end, and things of ours.
        self._unfinished = 0
        self._marked = False
        self._values: dict[str, CountedParts] = {}
        self._turn: Turn | None = None

    def cancel(self) -> None:
        """Ends the query; whoever reads from it gets QueryCancelledError. From any thread, at any time."""
        self._watch.cancel()

    def close(self) -> None:
        """Ends what still runs and gives everything back. Again and again is fine."""
        self.end_turn()
        self._watch.close()
        self._closed = True
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.end(is_clean=not self._unfinished and not self._marked)
        self._give_back()

    def take_turn(self) -> None:
        """Waits for a turn to plan.

        Raises:
            QueryCancelledError: it was cancelled.
        """
        self.check()
        self._turn = self._terms.turns.take(self.check)

    def end_turn(self) -> None:
        """Lets others plan: what comes now waits, or is none of the interpreter's work. Again and again is fine."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.end()

    def run(self, sql: str, tables: Sequence[Registered], steps: Sequence[Step] = ()) -> Iterator[pa.RecordBatch]:
        """The rows of a statement, in batches, as they are computed.

        The tables of steps stay for the statements to come.

        Raises:
            LimitExceededError: out of time or memory.
            QueryCancelledError: it was cancelled.
            OverloadedError: no place to run.
        """
        self.enter()
        with self._blame():
            self._prepare(tables, steps)
            yield from self._rows(sql)

    def few(self, sql: str, tables: Sequence[Registered], steps: Sequence[Step] = ()) -> pa.Table:
        """All rows of a statement that yields few, at once.

        Raises:
            LimitExceededError: out of time or memory.
            QueryCancelledError: it was cancelled.
            OverloadedError: no place to run.
        """
        self.enter()
        with self._blame():
            self._prepare(tables, steps)
            return self._all(sql)

    def will_run(self, purpose: Purpose) -> None:
        """Is told what the next statements are for."""

    def will_read(self, parts: Iterable[Part]) -> None:
        """Is told what the next statement reads."""
        read = tuple(parts)
        if read:
            self._opened().will_read(read)

    def must_read(self, rows: int) -> None:
        """Is told how many events the next statements have to look at before they can answer, before they are made.

        It has a place for that from the next `enter` on, for which it may have to wait once more.
        """
        self._length = self._admission.length_of(rows)

    def execute(self, sql: str, tables: Sequence[Registered]) -> int:
        """Runs a statement that yields no rows, and says how many it put into a table; raises like `run`."""
        self.enter()
        with self._blame():
            self._register(tables)
            # It makes a table, or adds to one.
            self._marked = True
            return self._done(sql)

    def taking(self, wanted: Wanted, fit: Fit, without: Collection[str], looked: Looked) -> Taken:
        """Rows that are taken without a statement.

        Args:
            wanted: which.
            fit: is asked before anything is read of a part; what it raises comes out.
            without: paths of parts to leave out.
            looked: takes down what is looked into, whatever comes of it.

        Raises:
            NotTakenError: they can only be had by a statement.
            LimitExceededError: out of time.
            QueryCancelledError: it was cancelled.
            OverloadedError: no place to run.
        """
        self.enter()
        kernel = taker()
        if kernel is None or self._terms.kept is None:
            raise NotTakenError
        found = take(wanted, Access(kernel, self._terms.kept, fit, self.check, without, looked))
        self.check()
        return found

    def enter(self) -> None:
        """Waits for a place to run; while it has one the time counts. Again and again is fine.

        Raises:
            QueryCancelledError: it was cancelled.
            OverloadedError: no place to run.
        """
        if self._closed:
            raise RuntimeError("the session is closed")
        self.check()
        if self._has_place:
            if self._place is not self._length:
                self._admission.shorten()
                self._place = self._length
            return
        if self._place is not None:
            if self._admission.lengthen():
                self._place = self._length
                return
            # Nobody may be kept waiting by one who waits.
            self._watch.pause()
            self._give_back()
        self._admission.enter(self.check, self.end_turn, self._length)
        self._place = self._length
        self._watch.start()

    @property
    def _has_place(self) -> bool:
        """Whether it need not wait for one: a long query's will do for a short one."""
        return self._place is self._length or self._place is Length.LONG

    def _give_back(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            self._admission.leave(place)

    def _opened(self) -> Lease:
        """The lease, which is taken when it is needed first."""
        if self._lease is None:
            self._lease = self._take_lease()
        return self._lease

    @property
    def _cursor(self) -> duckdb.DuckDBPyConnection:
        return self._opened().cursor

    def _interrupt(self) -> None:
        lease = self._lease
        if lease is not None:
            lease.cursor.interrupt()

    def _prepare(self, tables: Sequence[Registered], steps: Sequence[Step]) -> None:
        self._register(tables)
        for step in steps:
            self._put(step.name, step.digest(self._rows(step.sql), self.check))

    def _register(self, tables: Sequence[Registered]) -> None:
        for table in tables:
            if not isinstance(table, CountedParts):
                self._hold(table.name, table.arrow())
            elif self._values.get(table.name) is not table:
                # The statement that counts failures has the same one: to count its values again would take as long.
                self._hold(table.name, self._counted(table).table)
                self._values[table.name] = table

    def _counted(self, counted: CountedParts) -> ValueCounts:
        self.end_turn()
        return count_values(counted, self._numbers, self.check, compiled())

    def _numbers(self, sql: str) -> NDArray[np.int64]:
        """What a statement yields that has one column of whole numbers."""
        found = [batch.column(0).to_numpy() for batch in self._rows(sql)]
        return np.concatenate(found) if found else np.array([], np.int64)

    def _hold(self, name: str, rows: pa.Table) -> None:
        self._put(name, rows)

    def _put(self, name: str, rows: pa.Table) -> None:
        self._marked = True
        self._cursor.register(name, rows)

    def _rows(self, sql: str) -> Iterator[pa.RecordBatch]:
        self.end_turn()
        yield from reader_of(self._cursor, sql, _BATCH_ROWS)

    def _all(self, sql: str) -> pa.Table:
        self.end_turn()
        return table_of(self._cursor, sql)

    def _done(self, sql: str) -> int:
        self.end_turn()
        return sum(count for (count,) in self._cursor.execute(sql).fetchall())

    def check(self) -> None:
        """Whether it may go on.

        Raises:
            LimitExceededError: out of time.
            QueryCancelledError: it was cancelled.
        """
        if self._watch.ending is Ending.CANCELLED:
            raise QueryCancelledError("the query was cancelled")
        if self._watch.ending is Ending.DEADLINE:
            hint = "narrow the time window, add a filter, or raise the limit"
            raise LimitExceededError(f"the query ran longer than {self._terms.time_s:g} s", hint)

    @contextmanager
    def _blame(self) -> Iterator[None]:
        """Tells our limits from bugs: what DuckDB raises becomes our error where it has a meaning of ours."""
        self._unfinished += 1
        try:
            yield
            self._unfinished -= 1
        except (duckdb.Error, OSError) as error:
            # While rows stream, DuckDB's errors come through Arrow as OSError, with their kind in the text only.
            self.check()
            if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory Error" in str(error):
                hint = "narrow the time window, group by fewer values, or raise the limit"
                raise LimitExceededError("the query needs more memory than it may use", hint) from error
            if "Max expression depth" in str(error):
                hint = "ask several questions, or write less into one expression"
                raise LimitExceededError("an expression of the query is too long for the database", hint) from error
            told = None if self._terms.tell is None else self._terms.tell(error)
            if told is not None:
                raise told from error
            raise
        self.check()


MakeSession: TypeAlias = Callable[[Callable[[], Lease], Admission, Terms], Session]
"""Makes a session: of what gives it its cursor, and of who lets it run on which terms."""
