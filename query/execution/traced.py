"""A session that has its statements, and its waits for a turn and a place, taken down as spans of a trace.

Unlike `query.execution.measured` it asks DuckDB nothing: what is traced is as fast as what is not, but for the spans.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import pyarrow as pa

from logstore.model.snapshot import Part
from logstore.trace import Trace
from query.execution.admission import Admission
from query.execution.databases import Lease
from query.execution.executor import Session, Terms
from query.execution.purpose import Purpose
from query.sql.statement import Registered, Step
from query.taking.groups import NotTakenError
from query.taking.sealed import Fit
from query.taking.take import Looked, Taken
from query.taking.wanted import Wanted


class TracedSession(Session):
    """A session that tells a trace what it does."""

    def __init__(self, trace: Trace, lease: Callable[[], Lease], admission: Admission, terms: Terms) -> None:
        super().__init__(lease, admission, terms)
        self._trace = trace
        self._purpose = Purpose.FIRST
        self._files = 0

    def will_run(self, purpose: Purpose) -> None:
        """Is told what the next statements are for."""
        self._purpose = purpose

    def will_read(self, parts: Iterable[Part]) -> None:
        """Is told what the next statement reads."""
        parts = tuple(parts)
        self._files = len(parts)
        super().will_read(parts)

    def take_turn(self) -> None:
        """Waits for a turn to plan."""
        with self._trace.span("wait for a turn"):
            super().take_turn()

    def enter(self) -> None:
        """Waits for a place to run."""
        if self._has_place:
            super().enter()
            return
        with self._trace.span("wait for a place"):
            super().enter()

    def run(self, sql: str, tables: Sequence[Registered], steps: Sequence[Step] = ()) -> Iterator[pa.RecordBatch]:
        """The rows of a statement, in batches."""
        self.enter()
        rows = 0
        with self._trace.span("statement", **self._about()) as span:
            for batch in super().run(sql, tables, steps):
                rows += batch.num_rows
                span.tell(rows=rows)
                yield batch

    def few(self, sql: str, tables: Sequence[Registered], steps: Sequence[Step] = ()) -> pa.Table:
        """All rows of a statement that yields few."""
        self.enter()
        with self._trace.span("statement", **self._about()) as span:
            found = super().few(sql, tables, steps)
            span.tell(rows=found.num_rows)
        return found

    def execute(self, sql: str, tables: Sequence[Registered]) -> int:
        """Runs a statement that yields no rows."""
        self.enter()
        with self._trace.span("statement", **self._about()) as span:
            rows = super().execute(sql, tables)
            span.tell(rows=rows)
        return rows

    def taking(self, wanted: Wanted, fit: Fit, without: Collection[str], looked: Looked) -> Taken:
        """Rows that are taken without a statement."""
        self.enter()
        found: Taken | None = None
        with self._trace.span("take rows") as span:
            try:
                found = super().taking(wanted, fit, without, looked)
                span.tell(rows=found.rows.num_rows)
            except NotTakenError:
                # No error: statements get them.
                span.tell(in_vain=True)
            finally:
                span.tell(files=len(looked.paths))
        if found is None:
            raise NotTakenError
        return found

    def _about(self) -> dict[str, str | int]:
        return {"purpose": self._purpose.value, "files": self._files}
