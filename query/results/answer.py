"""The answer to a query: rows as they come, and facts at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import pyarrow as pa

from logstore.clock import Clock
from logstore.model.schema import Column
from logstore.model.snapshot import Snapshot
from query.execution.executor import FEW_ROWS, Session
from query.execution.sound import Make, Sound
from query.results.facts import Facts, Outside, lacking_of
from query.results.lookup import Address, Lookup
from query.results.schema import conform, schema_of
from query.sql.compile import Compiled
from query.sql.final import Output


@dataclass(frozen=True, slots=True)
class Work:
    """What an answer has to run.

    Attributes:
        whole: the statement for all rows; it tells the columns, and what can fail.
        again: makes that statement.
        slices: make the statements whose rows, one after the other, are the answer's; stops once there are enough.
        limit: rows to give at most; more of them make the answer cut. None: all.
        enough: rows after which the query itself is satisfied; None: never.
        census: makes the statement that counts matching events without the window and finds the newest; None when that
            has no meaning.
        lookup: finds those rows sooner than `slices`, where there are few among many.
    """

    whole: Compiled
    again: Make
    slices: Callable[[], Iterator[Make]]
    limit: int | None
    enough: int | None
    census: Make | None
    lookup: Lookup | None = None


class Answer:
    """Rows of a query, in batches, and facts about them.

    Nothing runs before `batches` is read. Used by one thread, but for `cancel`. Must be closed, or used as a context
    manager: it holds the snapshot and a place to run.

    Attributes:
        columns: what each column holds. A field whose values are of several kinds has a column for each, at most one
            non-null in a row. The columns of event rows are time, level, tag, message, then the fields by name.
        schema: of every batch: `columns`, and for event rows perhaps a last column `_more`, a map of field to JSON
            text (see `logstore.model.more`): what an event's part keeps there and the query does not name. A field
            may be in a column in some rows and in `_more` in others, never in both. Metadata `logstore.columns`
            repeats `columns` as JSON.
        has_more: whether there is that last column.
        events: whether each row stems from one event.
    """

    def __init__(
        self,
        work: Work,
        sound: Sound,
        session: Session,
        snapshot: Snapshot,
        holder: AbstractContextManager[Snapshot],
        clock: Clock,
    ) -> None:
        self._work = work
        self._sound = sound
        self._session = session
        self._snapshot = snapshot
        self._holder: AbstractContextManager[Snapshot] | None = holder
        self._clock = clock
        self._started_ns = clock.monotonic_ns()
        self._output: Output = work.whole.output
        self._facts: Facts | None = None
        self._rows = 0
        self._cut = False
        self.columns: tuple[Column, ...] = self._output.columns
        self.schema: pa.Schema = schema_of(self._output)
        self.has_more = self._output.more
        self.events = self._output.events

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order. Read it once.

        Raises:
            LimitExceededError: out of time or memory.
            QueryCancelledError: it was cancelled.
            OverloadedError: too many queries at a time.
        """
        for compiled in self._statements():
            for batch in self._rows_of(compiled):
                fitting = self._fitting(batch)
                if fitting.num_rows:
                    yield conform(fitting, self._output, self.schema)
            if self._cut or self._rows == self._work.enough:
                break
        self._facts = self._settle()

    def table(self) -> pa.Table:
        """All rows at once."""
        return pa.Table.from_batches(list(self.batches()), self.schema)

    def facts(self) -> Facts:
        """What is known once `batches` is exhausted; RuntimeError before."""
        if self._facts is None:
            raise RuntimeError("facts are known only after the last batch")
        return self._facts

    @property
    def is_partial(self) -> bool:
        """Whether the rows so far lack what is damaged or missing."""
        return bool(self._sound.lacking)

    def cancel(self) -> None:
        """Ends the query: whoever reads it gets QueryCancelledError. From any thread, at any time."""
        self._session.cancel()

    def close(self) -> None:
        """Lets go of the snapshot and the place to run. Again and again is fine."""
        self._session.close()
        self._sound.close()
        holder, self._holder = self._holder, None
        if holder is not None:
            holder.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _statements(self) -> Iterator[Compiled]:
        """The statements whose rows, one after the other, are the answer's."""
        if self._work.lookup is not None:
            found = self._looked_up(self._work.lookup)
            return iter(()) if found is None else iter((found,))
        return map(self._sound.statement, self._work.slices())

    def _looked_up(self, lookup: Lookup) -> Compiled | None:
        """The statement for the first rows; None when there are none."""
        while True:
            found = self._addresses(lookup)
            if not found:
                return None
            lacking = self._sound.lacking
            compiled = self._sound.statement(lookup.at(found))
            # Parts that turned out to be unfit meanwhile have lost some of the rows: others take their places.
            if self._sound.lacking == lacking:
                return compiled

    def _addresses(self, lookup: Lookup) -> list[Address]:
        found: list[Address] = []
        for make in lookup.addresses():
            compiled = self._sound.statement(make)
            if compiled.most_rows:
                times, seqs = self._session.few(compiled.sql, compiled.tables).columns
                found += zip(times.to_pylist(), seqs.to_pylist(), strict=True)
            if len(found) >= lookup.most_rows:
                break
        return found[: lookup.most_rows]

    def _rows_of(self, compiled: Compiled) -> Iterator[pa.RecordBatch]:
        if compiled.most_rows == 0:
            return iter(())
        if compiled.most_rows is not None and compiled.most_rows <= FEW_ROWS:
            return iter(self._session.few(compiled.sql, compiled.tables).to_batches())
        return self._session.run(compiled.sql, compiled.tables)

    def _fitting(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """As much of a batch as the query wants and the limit still lets through."""
        if self._work.enough is not None:
            batch = batch.slice(0, self._work.enough - self._rows)
        if self._work.limit is not None and batch.num_rows > self._work.limit - self._rows:
            self._cut = True
            batch = batch.slice(0, self._work.limit - self._rows)
        self._rows += batch.num_rows
        return batch

    def _settle(self) -> Facts:
        whole = self._work.whole
        lacking = self._sound.lacking
        failures = self._failures()
        outside = self._census() if not self._rows else None
        return Facts(
            rows=self._rows,
            cut=self._cut,
            could_not_compute=failures,
            notices=whole.notices,
            scanned_parts=sum(len(pruned.pieces) for pruned in whole.pruned),
            scanned_rows=sum(pruned.rows for pruned in whole.pruned),
            elapsed_ns=self._clock.monotonic_ns() - self._started_ns,
            seq=self._snapshot.seq,
            outside=outside,
            lacking=lacking_of(lacking, self._sound.unreached),
        )

    def _failures(self) -> int:
        if self._work.whole.failures_sql is None:
            return 0
        # Of rows that are not shown it is not worth bringing files from afar.
        whole = self._sound.statement_here(self._work.again)
        if whole is None or whole.failures_sql is None:
            return 0
        return self._number(whole.failures_sql, whole)[0]

    def _census(self) -> Outside | None:
        if self._work.census is None:
            return None
        census = self._sound.statement_here(self._work.census)
        if census is None:
            return None
        if census.most_rows == 0:
            return Outside(0, None)
        found = self._number(census.sql, census)
        return Outside(found[0], found[1] if found[0] else None)

    def _number(self, sql: str, compiled: Compiled) -> list[int]:
        """The only row of a statement over the tables of another."""
        (row,) = self._session.few(sql, compiled.tables).to_pylist()
        return list(row.values())
