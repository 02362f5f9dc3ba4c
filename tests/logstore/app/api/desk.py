"""A desk with made-up answers, for the tests of the HTTP API."""

import threading
from contextlib import contextmanager

from logstore.app.facts import Facts
from logstore.app.questions import News
from logstore.errors import LimitExceededError, QueryCancelledError, QueryError, Span
from logstore.model.schema import Kind
from tests.logstore.app.formats.answers import answer


class MadeUpAnswer:
    """`count` batches of one row each, then perhaps an error."""

    def __init__(self, shape, batch, count, error=None):
        self.shape = shape
        self._batch, self._count, self._error = batch, count, error
        self._ended = False
        self.is_partial = False
        self.snapshot = "5eed5eed-1-2-3"

    def batches(self):
        """The rows, once."""
        assert not self._ended
        for _ in range(self._count):
            yield self._batch
        if self._error:
            raise self._error
        self._ended = True

    def facts(self):
        """Only after the last batch."""
        assert self._ended
        return Facts(rows=self._count)


class MadeUpDesk:
    """Answers by the text of the question: `few`, `many`, `broken`, `late`, `endless`, or a syntax error."""

    def __init__(self):
        self.questions = []
        self.started = threading.Event()
        self.cancelled = threading.Event()
        self.open = 0
        self.newest = -1
        self.looks = []

    @contextmanager
    def ask(self, question, cancellation):
        """One made-up answer."""
        self.questions.append(question)
        cancellation.on_cancel(self.cancelled.set)
        shape, batch = answer(("n", Kind.INT, [1]), ("pad", Kind.TEXT, ["x" * 50_000]))
        error = LimitExceededError("too slow", "narrow it") if question.text == "late" else None
        counts = {"few": 1, "many": 100, "late": 100, "endless": 10**9}
        if question.text == "broken":
            raise ZeroDivisionError("secret")
        if question.text not in counts:
            raise QueryError("nonsense", question.text, Span(0, 3), "say few")
        self.open += 1
        try:
            yield MadeUpAnswer(shape, batch, counts[question.text], error)
        finally:
            self.open -= 1

    def explain(self, question):
        """Repeats the question."""
        self.questions.append(question)
        return f"plan of {question.text}"

    def analyze(self, question, cancellation):
        """Repeats the question; of one that is `endless`, once the asker has gone away."""
        self.questions.append(question)
        cancellation.on_cancel(self.cancelled.set)
        if question.text == "endless":
            self.started.set()
            assert self.cancelled.wait(10)
            raise QueryCancelledError("the asker went away")
        return f"times of {question.text}"

    def look(self, text, after_seq, cancellation, *, ids=False):
        """One event for each look at something new."""
        assert not ids
        del cancellation
        self.looks.append((text, after_seq))
        if text == "nonsense":
            raise QueryError("nonsense", text)
        shape, batch = answer(("n", Kind.INT, [1]))
        return News(shape, (batch,) if self.newest > after_seq else (), self.newest)
