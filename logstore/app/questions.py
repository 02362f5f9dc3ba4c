"""A question, and somebody who answers: what the HTTP API and the command line need of the query engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from logstore.app.answers import PinnedAnswer
from logstore.app.formats.rows import Shape
from logstore.model.timespan import TimeSpan
from logstore.trace import UNTRACED, Trace
from query.results.fields import KnownField


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        text: the query.
        window: the time window around it.
        limit: rows wanted at most; None for the language's own rule.
        is_export: all rows are wanted, and they are written somewhere as they come.
        now_ns: when it was asked; what the text says relative to now is relative to this.
        is_sql: the text is SQL.
        at: the id of the snapshot that is asked; None: of the store as it is now.
        after: the id of the row after which the answer begins; None: with the first.
        ids: whether rows that are events bear their ids.
        trace: takes the spans of answering it.
    """

    text: str
    window: TimeSpan
    limit: int | None
    now_ns: int
    is_export: bool = False
    is_sql: bool = False
    at: str | None = None
    after: str | None = None
    ids: bool = False
    trace: Trace = field(default=UNTRACED, compare=False)


class Cancellation:
    """The wish of an asker who has gone away. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []
        self.is_cancelled = False

    def cancel(self) -> None:
        """The asker has gone away."""
        with self._lock:
            self.is_cancelled = True
            interrupts, self._interrupts = self._interrupts, []
        for interrupt in interrupts:
            interrupt()

    def on_cancel(self, interrupt: Callable[[], None]) -> None:
        """Calls `interrupt` once when the asker goes away; at once if that has happened."""
        with self._lock:
            if not self.is_cancelled:
                self._interrupts.append(interrupt)
                return
        interrupt()


class Desk(Protocol):
    """Somebody who answers. Blocking; safe from several threads."""

    def ask(self, question: Question, cancellation: Cancellation) -> AbstractContextManager[PinnedAnswer]:
        """The answer, for as long as the context is open. Raises `LogstoreError`."""

    def explain(self, question: Question) -> str:
        """How it would be answered. Raises `LogstoreError`."""

    def analyze(self, question: Question, cancellation: Cancellation) -> str:
        """How it is answered, and what that took: it is, and the rows are thrown away. Raises `LogstoreError`."""

    def fields(self, question: Question, cancellation: Cancellation) -> Sequence[KnownField]:
        """The fields that events of a search may have. Raises `LogstoreError`."""


@dataclass(frozen=True, slots=True)
class News:
    """Events that came since the last look, oldest first, and the sequence number up to which was looked."""

    shape: Shape
    batches: tuple[pa.RecordBatch, ...]
    seq: int


class Follower(Protocol):
    """Somebody who finds new events. Blocking; safe from several threads."""

    def look(self, text: str, after_seq: int, cancellation: Cancellation, *, ids: bool = False) -> News:
        """The events beyond `after_seq` that match; with `ids` they bear theirs.

        Raises:
            QueryError: the query is wrong, or needs all events before it can answer.
        """
