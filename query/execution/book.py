"""The book of one query that is measured: where its time went, and what each of its statements gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from logstore.clock import Clock
from query.execution.purpose import Purpose


class Activity(str, Enum):
    """What a query spends its time with, in words for people."""

    SNAPSHOT = "taking the snapshot"
    WAITING = "waiting for a place to run"
    PLANNING = "planning and pruning"
    INDEXES = "asking word indexes"
    FILES = "bringing and checking files"
    COUNTING = "counting values in files"
    TAKING = "taking rows one by one"
    DATABASE = "DuckDB"
    REST = "everything else"


@dataclass(frozen=True, slots=True)
class Profile:
    """What DuckDB tells of a statement, and what was counted for it beside DuckDB.

    Attributes:
        cpu_ns: processor time of DuckDB, of all threads.
        bytes_read: from files.
        row_groups, of_row_groups: that were read, of those of the files that were begun.
        rows: that came out of files, after the filters that work within the scan.
        memory_bytes, spilled_bytes: the most in memory and on the disk at a time, while it ran. Of the whole instance:
            what other queries had then is in it.
    """

    cpu_ns: int = 0
    bytes_read: int = 0
    row_groups: int = 0
    of_row_groups: int = 0
    rows: int = 0
    memory_bytes: int = 0
    spilled_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """A statement that was run.

    Attributes:
        purpose: what for.
        rows: that it yielded, or put into a table, as far as they were wanted.
        elapsed_ns: in DuckDB, its steps included.
        files: that it was to read.
        batches, memory_rows: in memory, that it was given, and the rows that these hold.
        profile: what DuckDB tells; None when it was ended before its last row, of which DuckDB tells nothing.
    """

    purpose: Purpose
    rows: int
    elapsed_ns: int
    files: int
    batches: int = 0
    memory_rows: int = 0
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A closed book.

    Attributes:
        spent_ns: nanoseconds, by what they were spent with.
        ran: the statements, in their order.
        paths: of all files that they were to read.
        indexes: of so many parts were asked.
    """

    spent_ns: Mapping[Activity, int]
    ran: Sequence[Ran]
    paths: frozenset[str]
    indexes: int


class Book:
    """Takes down what one query does. Used by one thread.

    Time counts for one activity at a time: one that begins within another interrupts it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now_doing = [Activity.REST]
        self._since_ns = clock.monotonic_ns()
        self._spent_ns = dict.fromkeys(Activity, 0)
        self._ran: list[Ran] = []
        self._paths: set[str] = set()
        self._indexes: set[str] = set()

    @contextmanager
    def spending(self, activity: Activity) -> Iterator[None]:
        """Time is spent with this, for as long as the context is open."""
        self._turn()
        self._now_doing.append(activity)
        try:
            yield
        finally:
            self._turn()
            self._now_doing.pop()

    def spent_ns(self, activity: Activity) -> int:
        """The time that was spent with this so far, in nanoseconds."""
        self._turn()
        return self._spent_ns[activity]

    def add(self, ran: Ran, paths: frozenset[str]) -> None:
        """Takes down a statement, and the files that it was to read."""
        self._ran.append(ran)
        self._paths |= paths

    def add_index(self, path: str) -> None:
        """Takes down that the index of a part is asked; again and again is fine."""
        self._indexes.add(path)

    def closed(self) -> Measured:
        """What is in it now."""
        self._turn()
        return Measured(dict(self._spent_ns), tuple(self._ran), frozenset(self._paths), len(self._indexes))

    def _turn(self) -> None:
        now_ns = self._clock.monotonic_ns()
        self._spent_ns[self._now_doing[-1]] += now_ns - self._since_ns
        self._since_ns = now_ns
