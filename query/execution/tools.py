"""What a query is run with: the plain things, or those that write into a book what they take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from logstore.trace import Trace
from query.execution.book import Book
from query.execution.executor import Executor, Session
from query.execution.measured import MeasuredIndexes, MeasuredSession, MeasuredSound, MeasuredSource
from query.execution.sound import Sound
from query.execution.traced import TracedSession
from query.source import Indexes, Source


@dataclass(frozen=True, slots=True)
class Tools:
    """What a query is run with.

    Attributes:
        source: what is asked.
        indexes: of its parts, if it has any.
        session: opens a session that may take so many seconds.
        sound: lets the statements of a session read only what is sound.
    """

    source: Source
    indexes: Indexes | None
    session: Callable[[float], Session]
    sound: Callable[[Session], Sound]


def plain_tools(source: Source, indexes: Indexes | None, executor: Executor) -> Tools:
    """Nothing is measured."""
    return Tools(source, indexes, executor.session, partial(Sound, source))


def tracing_tools(trace: Trace, source: Source, indexes: Indexes | None, executor: Executor) -> Tools:
    """Statements, and the waits for a turn and a place, are spans of a trace."""
    session = partial(executor.session, make=partial(TracedSession, trace))
    return Tools(source, indexes, session, partial(Sound, source))


def measuring_tools(book: Book, source: Source, indexes: Indexes | None, executor: Executor) -> Tools:
    """All goes into a book."""
    source = MeasuredSource(book, source)
    indexes = None if indexes is None else MeasuredIndexes(book, indexes)
    session = partial(executor.session, make=partial(MeasuredSession, book))
    return Tools(source, indexes, session, partial(MeasuredSound, book, source))
