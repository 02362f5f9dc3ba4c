"""What is counted of questions, and a desk that counts them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

import pyarrow as pa

from logstore.app.answers import PinnedAnswer
from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape
from logstore.app.questions import Cancellation, Desk, Question
from logstore.clock import Clock
from logstore.errors import CallerError, LimitExceededError, OverloadedError, QueryCancelledError, QueryError
from logstore.metrics import Distribution, Histogram
from logstore.model.timespan import NS_PER_SECOND
from query.results.fields import KnownField

_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""From what nobody notices to what nobody waits for; 60 s is the default of `query.timeout_s`."""


class Kind(str, Enum):
    """What a question was asked for."""

    QUERY = "query"
    SQL = "sql"
    EXPORT = "export"
    ANALYZE = "analyze"
    FIELDS = "fields"


class Outcome(str, Enum):
    """What became of a question."""

    OK = "ok"
    PARTIAL = "partial"
    """Answered, without what is damaged or out of reach."""
    INVALID = "invalid"
    """It cannot be answered as it was written."""
    CANCELLED = "cancelled"
    """The asker went away."""
    REFUSED = "refused"
    """There was no place to run."""
    LIMITED = "limited"
    """It took more time or memory than it may."""
    FAILED = "failed"
    """The disk, object storage, or a bug."""


# The first family that an error belongs to counts.
_OUTCOMES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Outcome], ...] = (
    # What makes the pieces of an answer is closed when nobody takes them any more.
    ((QueryCancelledError, GeneratorExit), Outcome.CANCELLED),
    (OverloadedError, Outcome.REFUSED),
    (LimitExceededError, Outcome.LIMITED),
    ((QueryError, CallerError), Outcome.INVALID),
    (BaseException, Outcome.FAILED),
)


def outcome_of(error: BaseException) -> Outcome:
    """What became of a question that ended with this."""
    return next(outcome for family, outcome in _OUTCOMES if isinstance(error, family))


class QuestionCounters:
    """Counts since the start of the process. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes = Counter[str]({outcome.value: 0 for outcome in Outcome})
        self._durations = {kind: Histogram(_BOUNDS_S) for kind in Kind}
        self._rows = 0
        self._read = Counter[str]()

    def count(self, kind: Kind, outcome: Outcome, took_s: float) -> None:
        """Counts a question that has ended."""
        self._durations[kind].observe(took_s)
        with self._lock:
            self._outcomes[outcome.value] += 1

    def add(self, facts: Facts) -> None:
        """Counts what an answer consists of, and what it was made of."""
        with self._lock:
            self._rows += facts.rows
            self._read.update(facts.read)

    @property
    def outcomes(self) -> dict[str, float]:
        """Questions, by what became of them."""
        return dict(self._outcomes)

    @property
    def durations(self) -> dict[str, Distribution]:
        """How long they took, by what they were asked for."""
        return {kind.value: histogram.reading() for kind, histogram in self._durations.items()}

    @property
    def rows(self) -> int:
        """Rows of answers."""
        return self._rows

    def read(self, what: str) -> int:
        """What answers were made of: `parts`, `rows` or `bytes`."""
        return self._read[what]


class _CountedAnswer:
    """An answer of which it is known whether it was read to its end; see `logstore.app.answers.PinnedAnswer`."""

    def __init__(self, answer: PinnedAnswer) -> None:
        self._answer = answer
        self.has_ended = False

    @property
    def shape(self) -> Shape:
        """The columns of every batch."""
        return self._answer.shape

    @property
    def is_partial(self) -> bool:
        """Whether it lacks something, as far as is known by now."""
        return self._answer.is_partial

    @property
    def snapshot(self) -> str:
        """The id of the snapshot."""
        return self._answer.snapshot

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, once."""
        yield from self._answer.batches()
        self.has_ended = True

    def facts(self) -> Facts:
        """What there is to say beside the rows."""
        return self._answer.facts()


class CountingDesk:
    """A desk that counts what another one is asked; see `logstore.app.questions.Desk`."""

    def __init__(self, desk: Desk, counters: QuestionCounters, clock: Clock) -> None:
        self._desk = desk
        self._counters = counters
        self._clock = clock

    @contextmanager
    def ask(self, question: Question, cancellation: Cancellation) -> Iterator[PinnedAnswer]:
        """The answer, for as long as the context is open."""
        with self._counted(_kind(question)) as became, self._desk.ask(question, cancellation) as answer:
            counted = _CountedAnswer(answer)
            yield counted
            if counted.has_ended:
                self._counters.add(answer.facts())
            if answer.is_partial:
                became.append(Outcome.PARTIAL)

    def explain(self, question: Question) -> str:
        """How it would be answered; that is not counted, as nothing is."""
        return self._desk.explain(question)

    def analyze(self, question: Question, cancellation: Cancellation) -> str:
        """How it is answered, and what that took."""
        with self._counted(Kind.ANALYZE):
            return self._desk.analyze(question, cancellation)

    def fields(self, question: Question, cancellation: Cancellation) -> Sequence[KnownField]:
        """The fields that events of a search may have."""
        with self._counted(Kind.FIELDS):
            return self._desk.fields(question, cancellation)

    @contextmanager
    def _counted(self, kind: Kind) -> Iterator[list[Outcome]]:
        """Counts what happens within; what is put into the list says what became of it, if it was no error."""
        start_ns, became = self._clock.monotonic_ns(), [Outcome.OK]
        try:
            yield became
        except BaseException as error:
            became.append(outcome_of(error))
            raise
        finally:
            took_ns = self._clock.monotonic_ns() - start_ns
            self._counters.count(kind, became[-1], took_ns / NS_PER_SECOND)


def _kind(question: Question) -> Kind:
    if question.is_sql:
        return Kind.SQL
    return Kind.EXPORT if question.is_export else Kind.QUERY
