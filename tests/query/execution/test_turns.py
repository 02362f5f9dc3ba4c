"""Turns to plan: one at a time, in the order in which they were asked for, and never for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from logstore.errors import OverloadedError, QueryCancelledError
from query.execution.admission import Admission
from query.execution.executor import Executor, Session
from query.execution.limits import Limits
from query.execution.turns import Turn, Turns

FOR_EVER_S = 3600.0


def _fine() -> None:
    """Nobody was cancelled."""


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.002)


@contextmanager
def _running(*targets: Callable[[], None]) -> Iterator[list[threading.Thread]]:
    threads = [threading.Thread(target=target) for target in targets]
    try:
        yield threads
    finally:
        for thread in threads:
            if thread.ident is not None:
                thread.join(20)
                assert not thread.is_alive()


def _started_in_order(threads: list[threading.Thread], turns: Turns) -> None:
    for number, thread in enumerate(threads, 1):
        thread.start()
        _until(lambda number=number: turns.waiting == number)


def test_turns_come_in_the_order_of_asking() -> None:
    """One after the other: nobody begins before the one before has ended."""
    turns, told = Turns(longest_s=FOR_EVER_S), []
    first = turns.take(_fine)

    def asker(number: int) -> Callable[[], None]:
        def ask() -> None:
            turn = turns.take(_fine)
            told.append(("begins", number))
            threading.Event().wait(0.001)
            told.append(("ends", number))
            turn.end()

        return ask

    with _running(*map(asker, range(6))) as threads:
        _started_in_order(threads, turns)
        assert told == []
        first.end()
    assert told == [(what, number) for number in range(6) for what in ("begins", "ends")]
    turns.take(_fine).end()


def test_a_turn_can_be_ended_again_and_again() -> None:
    """Ending what is over takes nothing away from the one whose turn it is."""
    turns = Turns(longest_s=FOR_EVER_S)
    first = turns.take(_fine)
    first.end()
    second = turns.take(_fine)
    first.end()
    with _running(lambda: turns.take(_fine).end()) as (thread,):
        thread.start()
        _until(lambda: turns.waiting == 1)
        first.end()
        assert turns.waiting == 1
        second.end()


def test_who_gives_up_leaves_the_line() -> None:
    """Cancelled while waiting, one takes no turn, and those behind do not wait for it."""
    turns, cancelled, told = Turns(longest_s=FOR_EVER_S), threading.Event(), []
    first = turns.take(_fine)

    def check() -> None:
        if cancelled.is_set():
            raise QueryCancelledError("gone")

    def gives_up() -> None:
        try:
            turns.take(check)
        except QueryCancelledError:
            told.append("gone")

    def stays() -> None:
        turn = turns.take(_fine)
        told.append("planned")
        turn.end()

    with _running(gives_up, stays) as threads:
        _started_in_order(threads, turns)
        cancelled.set()
        _until(lambda: told == ["gone"])
        assert turns.waiting == 1
        first.end()
    assert told == ["gone", "planned"]


def test_who_gives_up_when_its_turn_has_come_passes_it_on() -> None:
    """The turn is given and the wish to be gone comes in the same moment: the next one has it."""
    passed: list[Callable[[], None]] = []
    turns, told = Turns(passed.append, FOR_EVER_S), []
    first, gone = turns.take(_fine), threading.Event()

    def check() -> None:
        if gone.is_set():
            raise QueryCancelledError("gone")

    def gives_up() -> None:
        with pytest.raises(QueryCancelledError):
            turns.take(check)
        told.append("gone")

    def stays() -> None:
        turn = turns.take(_fine)
        told.append("planned")
        turn.end()

    with _running(gives_up, stays) as threads:
        _started_in_order(threads, turns)
        gone.set()
        first.end()
        # What begins its turn is on the way for as long as the test likes.
        _until(lambda: "gone" in told)
    assert told == ["gone", "planned"]


def test_a_turn_that_lasts_too_long_is_over() -> None:
    """Whoever plans for long goes on, and the next one begins beside it; what it ends then is nobody else's."""
    turns = Turns(longest_s=0.0)
    long = turns.take(_fine)
    begun = threading.Event()
    ended: list[Turn] = []

    def short() -> None:
        ended.append(turns.take(_fine))
        begun.set()

    with _running(short) as (thread,):
        thread.start()
        assert begun.wait(20)
    long.end()
    ended[0].end()
    turns.take(_fine).end()


def test_a_turn_begins_even_if_what_begins_it_never_comes() -> None:
    """An event loop that has stopped calls nobody any more."""
    turns = Turns(lambda _: None, longest_s=0.01)
    first, told = turns.take(_fine), []

    def ask() -> None:
        turn = turns.take(_fine)
        told.append("planned")
        turn.end()

    with _running(ask, ask) as threads:
        for thread in threads:
            thread.start()
        first.end()
    assert told == ["planned", "planned"]


def test_many_threads_take_turns() -> None:
    """Nobody is left behind, whatever comes between, and no two plan at once."""
    turns, planning, most, done = Turns(longest_s=FOR_EVER_S), [], [], []

    def ask() -> None:
        for _ in range(50):
            turn = turns.take(_fine)
            planning.append(turn)
            most.append(len(planning))
            planning.remove(turn)
            turn.end()
            done.append(turn)

    with _running(*[ask] * 8) as threads:
        for thread in threads:
            thread.start()
    assert (len(done), set(most), turns.waiting) == (400, {1}, 0)


@contextmanager
def _sessions(limits: Limits, turns: Turns, number: int, admission: Admission | None = None) -> Iterator[list[Session]]:
    executor = Executor(limits, admission=admission, turns=turns)
    made = [executor.session() for _ in range(number)]
    try:
        yield made
    finally:
        for session in made:
            session.close()
        executor.close()


def _is_free(turns: Turns) -> bool:
    """Whether nobody's turn it is: then one is had at once."""

    def refuse() -> None:
        raise AssertionError

    try:
        turns.take(refuse).end()
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(
    "run",
    [
        lambda session: next(session.run("SELECT 1", ())),
        lambda session: session.few("SELECT 1", ()),
        lambda session: session.execute("CREATE TEMP TABLE t AS SELECT 1", ()),
    ],
)
def test_a_statement_ends_the_turn(run: Callable[[Session], object]) -> None:
    """The database works without the interpreter, so others may plan; also while rows wait for their reader."""
    turns = Turns(longest_s=FOR_EVER_S)
    with _sessions(Limits(threads=1), turns, 1) as (session,):
        session.take_turn()
        session.enter()
        assert not _is_free(turns)
        run(session)
        assert _is_free(turns)


def test_the_end_of_a_session_ends_its_turn() -> None:
    """Also of one that never ran, and of one that failed."""
    turns = Turns(longest_s=FOR_EVER_S)
    with _sessions(Limits(threads=1), turns, 2) as (first, second):
        first.take_turn()
        first.close()
        assert _is_free(turns)
        second.take_turn()
        second.cancel()
        with pytest.raises(QueryCancelledError):
            second.enter()
        second.close()
        assert _is_free(turns)


def test_who_was_cancelled_takes_no_turn() -> None:
    """It would plan for nobody."""
    turns = Turns(longest_s=FOR_EVER_S)
    with _sessions(Limits(threads=1), turns, 1) as (session,):
        session.cancel()
        with pytest.raises(QueryCancelledError):
            session.take_turn()
        assert _is_free(turns)


def test_a_session_that_is_cancelled_in_line_leaves_it() -> None:
    """Its thread is not kept until it would be its turn."""
    turns, told = Turns(longest_s=FOR_EVER_S), []
    with _sessions(Limits(threads=1), turns, 2) as (first, second):
        first.take_turn()

        def wait() -> None:
            with pytest.raises(QueryCancelledError):
                second.take_turn()
            told.append("gone")

        with _running(wait) as (thread,):
            thread.start()
            _until(lambda: turns.waiting == 1)
            second.cancel()
        assert (told, turns.waiting) == (["gone"], 0)


def test_who_waits_for_a_place_lets_others_plan() -> None:
    """All places are taken by questions that run for long: the turn is not spent in that line."""
    turns, told = Turns(longest_s=FOR_EVER_S), []
    limits = Limits(threads=1, max_running=1, max_waiting=1)
    admission = Admission(limits)
    with _sessions(limits, turns, 2, admission) as (first, second):
        first.enter()

        def wait() -> None:
            second.take_turn()
            second.enter()
            told.append("has a place")

        with _running(wait) as (thread,):
            thread.start()
            _until(lambda: admission.load.waiting == 1)
            _until(lambda: _is_free(turns))
            assert told == []
            first.close()
        assert told == ["has a place"]


def test_who_is_refused_gives_the_turn_back() -> None:
    """Too many wait: the question ends with an error, and so does its turn."""
    turns = Turns(longest_s=FOR_EVER_S)
    with _sessions(Limits(threads=1, max_running=1, max_waiting=0), turns, 2) as (first, second):
        first.enter()
        second.take_turn()
        with pytest.raises(OverloadedError):
            second.enter()
        second.close()
        assert _is_free(turns)
