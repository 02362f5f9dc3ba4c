"""The answer to a query: rows as they come, and facts at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self, TypeAlias

import pyarrow as pa

from logstore.clock import Clock
from logstore.model.row_id import RowId
from logstore.model.schema import Column
from logstore.model.snapshot import Snapshot
from query.execution.executor import FEW_ROWS, Session
from query.execution.purpose import Purpose
from query.execution.sound import Make, Sound
from query.plan.prune import Pruned
from query.results.facts import Facts, Notice, Outside, lacking_of
from query.results.lookup import Address, Lookup
from query.results.schema import conform, last_row, schema_of
from query.sql.compile import Compiled
from query.sql.final import Output
from query.taking.wanted import Wanted

Makes: TypeAlias = Callable[[], Iterator[Make]]
"""Statements, one after the other."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was done before the answer itself: what it read, what is to be said of it, what it could not compute."""

    pruned: tuple[Pruned, ...] = ()
    notices: tuple[Notice, ...] = ()
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """What an answer has to run.

    Attributes:
        whole: a statement for all rows, which need not read them; it tells the columns, and what can fail.
        statements: those whose rows, one after the other, are the answer's; but for those that gather, whose rows are
            kept. No more of them are run once there are enough rows.
        checks: statements that together tell what could not be computed, in rows that were not wanted too; None: the
            others do.
        limit: rows to give at most; more of them make the answer cut. None: all.
        enough: rows after which the query itself is satisfied; None: never.
        census: statements that count matching events without the window and find the newest; None when that has no
            meaning.
        lookup: finds the rows sooner than `statements`, where there are few among many.
        is_pageable: whether one can go on behind the last row: rows are events in their own order, each once.
        before: what was done already.
        wanted: the rows, where they can be taken without a statement.
        otherwise: makes of this the work of statements, for when they turn out not to be; None: it is that.
    """

    whole: Compiled
    statements: Makes
    checks: Makes | None
    limit: int | None
    enough: int | None
    census: Makes | None
    is_pageable: bool = False
    before: Before = field(default_factory=Before)
    lookup: Lookup | None = None
    wanted: Wanted | None = None
    otherwise: Callable[[Work], Work] | None = None

    def by_statements(self) -> Work:
        """The same by statements alone."""
        return self if self.otherwise is None else self.otherwise(replace(self, wanted=None, otherwise=None))


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an answer before it is computed.

    Attributes:
        snapshot_id: id of the snapshot that is asked.
        seq: of the last event that it may have.
        notices: what the asker should know of it.
    """

    snapshot_id: str
    seq: int
    notices: tuple[Notice, ...] = ()


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
        snapshot_id: of the snapshot that is asked.
    """

    def __init__(
        self,
        work: Work,
        sound: Sound,
        session: Session,
        told: Told,
        holder: AbstractContextManager[Snapshot],
        clock: Clock,
    ) -> None:
        self._work = work
        self._sound = sound
        self._session = session
        self._told = told
        self._holder: AbstractContextManager[Snapshot] | None = holder
        self._clock = clock
        self._started_ns = clock.monotonic_ns()
        self._output: Output = work.whole.output
        self._facts: Facts | None = None
        self._rows = 0
        self._cut = False
        self._last: RowId | None = None
        self._failures = 0
        self._failures_told: int | None = None
        self.snapshot_id = told.snapshot_id
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
            self._session.will_run(Purpose.GATHER if compiled.gathers else Purpose.ROWS)
            if compiled.gathers:
                self._session.execute(compiled.sql, compiled.tables)
            else:
                yield from self._shown(compiled)
            if self._work.checks is None:
                self._failures += self._failures_of(compiled)
            if not compiled.gathers and (self._cut or self._rows == self._work.enough):
                break
        self._facts = self._settle()

    @property
    def work(self) -> Work:
        """What it runs, once `batches` has begun."""
        return self._work

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
        taken = None if self._work.wanted is None else self._taken(self._work.wanted)
        if taken is not None:
            return iter((taken,))
        self._work = self._work.by_statements()
        if self._work.lookup is None:
            return map(self._sound.statement, self._work.statements())
        found = self._looked_up(self._work.lookup)
        return iter(() if found is None else (found,))

    def _taken(self, wanted: Wanted) -> Compiled | None:
        """The rows, where no statement is needed for them."""
        self._session.will_run(Purpose.ROWS)
        whole = self._work.whole
        found = self._sound.taken(wanted, whole.lacking)
        return None if found is None else replace(whole, known=found.rows, tables=(), reads=(), steps=())

    def _looked_up(self, lookup: Lookup) -> Compiled | None:
        """The statement for the first rows; None when there are none."""
        while found := self._addresses(lookup):
            lacking = self._sound.lacking
            compiled = self._sound.statement(lookup.at(found))
            # Parts that turned out to be unfit meanwhile have lost some of the rows: others take their places.
            if self._sound.lacking == lacking:
                return compiled
        return None

    def _addresses(self, lookup: Lookup) -> list[Address]:
        found: list[Address] = []
        self._session.will_run(Purpose.LOOKUP)
        for make in lookup.addresses():
            compiled = self._sound.statement(make)
            if compiled.most_rows:
                times, seqs = self._session.few(compiled.sql, compiled.tables, compiled.steps).columns
                found += zip(times.to_pylist(), seqs.to_pylist(), strict=True)
            if len(found) >= lookup.most_rows:
                break
        return found[: lookup.most_rows]

    def _rows_of(self, compiled: Compiled) -> Iterator[pa.RecordBatch]:
        if compiled.known is not None:
            return self._known(compiled.known)
        if compiled.most_rows == 0:
            return iter(())
        if compiled.most_rows is not None and compiled.most_rows <= FEW_ROWS:
            return iter(self._session.few(compiled.sql, compiled.tables, compiled.steps).to_batches())
        return self._session.run(compiled.sql, compiled.tables, compiled.steps)

    def _known(self, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        for start in range(0, rows.num_rows, FEW_ROWS):
            if start:
                # Long answers are written for long, and perhaps to somebody who reads slowly.
                self._session.end_turn()
            self._session.check()
            yield rows.slice(start, FEW_ROWS)

    def _shown(self, compiled: Compiled) -> Iterator[pa.RecordBatch]:
        for batch in self._rows_of(compiled):
            if compiled.output.tells_failures and batch.num_rows:
                self._failures_told = batch.columns[-1][0].as_py()
            fitting = self._fitting(batch)
            if fitting.num_rows:
                self._last = last_row(fitting) if self._output.is_addressed else None
                yield conform(fitting, self._output, self.schema)

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
        before = self._work.before
        read = (*before.pruned, *whole.pruned)
        failures = before.failures + self._failures + self._checked()
        outside = self._census() if not self._rows else None
        return Facts(
            rows=self._rows,
            cut=self._cut,
            could_not_compute=failures,
            notices=(*self._told.notices, *before.notices, *whole.notices),
            scanned_parts=sum(len(pruned.pieces) for pruned in read),
            scanned_rows=sum(pruned.rows for pruned in read),
            elapsed_ns=self._clock.monotonic_ns() - self._started_ns,
            seq=self._told.seq,
            snapshot=self.snapshot_id,
            next=str(self._last) if self._cut and self._work.is_pageable and self._last is not None else None,
            outside=outside,
            lacking=lacking_of(lacking, self._sound.unreached),
            scanned_bytes=sum(pruned.bytes for pruned in read),
        )

    def _failures_of(self, compiled: Compiled) -> int:
        if compiled.failures_sql is None:
            return 0
        # Rows tell it where groups counted it on the way; where there are none, nobody did.
        told, self._failures_told = self._failures_told, None
        if told is not None:
            return told
        self._session.will_run(Purpose.FAILURES)
        return self._number(compiled.failures_sql, compiled)[0]

    def _checked(self) -> int:
        if self._work.checks is None or self._work.whole.failures_sql is None:
            return 0
        failures = 0
        for make in self._work.checks():
            # Of rows that are not shown it is not worth bringing files from afar.
            compiled = self._sound.statement_here(make)
            if compiled is None:
                return 0
            failures += self._failures_of(compiled)
        return failures

    def _census(self) -> Outside | None:
        if self._work.census is None:
            return None
        rows, newest = 0, None
        self._session.will_run(Purpose.OUTSIDE)
        for make in self._work.census():
            compiled = self._sound.statement_here(make)
            if compiled is None:
                return None
            if not compiled.reads and not compiled.tables:
                continue
            found = self._number(compiled.sql, compiled)
            if found[0]:
                rows, newest = rows + found[0], max(found[1], found[1] if newest is None else newest)
        return Outside(rows, newest)

    def _number(self, sql: str, compiled: Compiled) -> list[int]:
        """The only row of a statement over the tables of another."""
        (row,) = self._session.few(sql, compiled.tables).to_pylist()
        return list(row.values())
