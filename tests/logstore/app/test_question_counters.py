"""Tests of logstore.app.question_counters."""

import pytest

from logstore.app.question_counters import CountingDesk, Kind, Outcome, QuestionCounters, outcome_of
from logstore.app.questions import Cancellation, Question
from logstore.errors import (
    CallerError,
    LimitExceededError,
    OverloadedError,
    QueryCancelledError,
    QueryError,
    StorageError,
)
from logstore.model.timespan import EVERYTHING
from tests.logstore.app.api.desk import MadeUpDesk


class TickingClock:
    """A second passes at each look."""

    def __init__(self):
        self._now_ns = 0

    def monotonic_ns(self):
        """A second later than before."""
        self._now_ns += 10**9
        return self._now_ns


@pytest.fixture
def counters():
    """Nothing counted yet."""
    return QuestionCounters()


@pytest.fixture
def desk(counters):
    """A desk that counts."""
    return CountingDesk(MadeUpDesk(), counters, TickingClock())


def question(text, **more):
    """A question of everything."""
    return Question(text, EVERYTHING, None, 0, **more)


def read(desk, text, **more):
    """Reads an answer to its end."""
    with desk.ask(question(text, **more), Cancellation()) as answer:
        for _ in answer.batches():
            pass


def counted(counters):
    """The outcomes that there were."""
    return {outcome: count for outcome, count in counters.outcomes.items() if count}


@pytest.mark.parametrize(("more", "kind"), [({}, "query"), ({"is_sql": True}, "sql"), ({"is_export": True}, "export")])
def test_answers_are_counted_by_kind_with_rows_and_duration(desk, counters, more, kind):
    """What it was asked for is told by the duration."""
    read(desk, "few", **more)
    assert counted(counters) == {"ok": 1}
    assert counters.rows == 1
    assert {name: (sum(told.counts), told.total) for name, told in counters.durations.items()} == {
        each.value: (1, 1.0) if each.value == kind else (0, 0.0) for each in Kind
    }


def test_failures_are_counted_by_who_has_to_act(desk, counters):
    """A wrong question, one that took too long, and a bug are different things."""
    for text, error in (("nonsense", QueryError), ("late", LimitExceededError), ("broken", ZeroDivisionError)):
        with pytest.raises(error):
            read(desk, text)
    assert counted(counters) == {"invalid": 1, "limited": 1, "failed": 1}


def test_an_asker_who_leaves_is_counted_as_such(desk, counters):
    """Nobody reads on: the generator that did is closed."""

    def pieces():
        with desk.ask(question("many"), Cancellation()) as answer:
            yield from answer.batches()

    reading = pieces()
    next(reading)
    reading.close()
    assert counted(counters) == {"cancelled": 1}


def test_an_answer_that_is_not_read_to_its_end_is_one_all_the_same(desk, counters):
    """Whoever needs only its first rows leaves it; what it was made of is not known then."""
    with desk.ask(question("many"), Cancellation()) as answer:
        next(answer.batches())
    assert counted(counters) == {"ok": 1}
    assert counters.rows == 0


def test_an_answer_that_lacks_something_is_partial(desk, counters):
    """It is an answer, and an alert may look for it."""
    with desk.ask(question("few"), Cancellation()) as answer:
        answer._answer.is_partial = True
        list(answer.batches())
    assert counted(counters) == {"partial": 1}


def test_analyses_are_counted_and_explanations_are_not(desk, counters):
    """An explanation asks nothing of the store."""
    desk.explain(question("few"))
    desk.analyze(question("few"), Cancellation())
    assert counted(counters) == {"ok": 1}
    assert sum(counters.durations["analyze"].counts) == 1


def test_every_outcome_is_told_from_the_start(counters):
    """A counter that appears with its first count would hide that one from `rate`."""
    assert counters.outcomes == {outcome.value: 0 for outcome in Outcome}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (QueryCancelledError("gone"), Outcome.CANCELLED),
        (GeneratorExit(), Outcome.CANCELLED),
        (OverloadedError("many"), Outcome.REFUSED),
        (LimitExceededError("slow"), Outcome.LIMITED),
        (CallerError("what?"), Outcome.INVALID),
        (StorageError("disk"), Outcome.FAILED),
        (KeyError("bug"), Outcome.FAILED),
    ],
)
def test_errors_have_outcomes(error, outcome):
    """By their family."""
    assert outcome_of(error) is outcome
