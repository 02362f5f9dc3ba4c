"""Tests of query.execution.book."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.execution.book import Activity, Book, Ran
from query.execution.purpose import Purpose


class HandClock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.at_ns = 5

    def now_ns(self) -> int:
        """The same."""
        return self.at_ns

    def monotonic_ns(self) -> int:
        """The time that it was set to."""
        return self.at_ns


def test_time_counts_for_the_innermost_activity() -> None:
    """What begins within something else interrupts it, and that goes on afterwards."""
    clock = HandClock()
    book = Book(clock)
    clock.at_ns += 1
    with book.spending(Activity.PLANNING):
        clock.at_ns += 10
        with book.spending(Activity.INDEXES):
            clock.at_ns += 100
        clock.at_ns += 20
    spent = book.closed().spent_ns
    assert {activity: ns for activity, ns in spent.items() if ns} == {
        Activity.REST: 1,
        Activity.PLANNING: 30,
        Activity.INDEXES: 100,
    }


def test_what_is_ended_by_an_error_counts() -> None:
    """And what went on around it goes on."""
    clock = HandClock()
    book = Book(clock)

    def fail() -> None:
        with book.spending(Activity.DATABASE):
            clock.at_ns += 7
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    clock.at_ns += 2
    assert book.spent_ns(Activity.DATABASE) == 7
    assert book.spent_ns(Activity.REST) == 2


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.sampled_from(Activity))))
def test_nothing_is_counted_twice_or_not_at_all(doings: list[tuple[int, Activity | None]]) -> None:
    """However activities begin and end within each other, their times together are the time that went by."""
    clock = HandClock()
    book = Book(clock)
    open_now: list[ExitStack] = []
    for ns, activity in doings:
        clock.at_ns += ns
        if activity is not None:
            open_now.append(ExitStack())
            open_now[-1].enter_context(book.spending(activity))
        elif open_now:
            open_now.pop().close()
    assert sum(book.closed().spent_ns.values()) == sum(ns for ns, _ in doings)


def test_files_and_indexes_count_once() -> None:
    """A file that is read by several statements is one, and so is an index that is asked again."""
    book = Book(HandClock())
    ran = Ran(Purpose.ROWS, 1, 1, 1)
    book.add(ran, frozenset({"a", "b"}))
    book.add(ran, frozenset({"b", "c"}))
    book.add_index("a")
    book.add_index("a")
    measured = book.closed()
    assert (measured.ran, measured.paths, measured.indexes) == ((ran, ran), {"a", "b", "c"}, 1)
