"""The desk where questions are answered: the query engine, spoken to in the words of this package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape
from logstore.app.formats.texts import times
from logstore.app.questions import Cancellation, News, Question
from logstore.errors import QueryError
from query.engine import Engine, Request
from query.results.answer import Answer
from query.results.facts import Facts as EngineFacts
from query.results.facts import Lacking
from query.results.fields import KnownField
from query.sandbox.door import SqlRequest


class EngineDesk:
    """Answers questions with an engine; a `Desk` and a `Follower`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def ask(self, question: Question, cancellation: Cancellation) -> Iterator[EngineAnswer]:
        """The answer, for as long as the context is open."""
        with self._answer(question, cancellation) as answer:
            yield EngineAnswer(answer, question.text)

    def _answer(self, question: Question, cancellation: Cancellation) -> Answer:
        if not question.is_sql:
            return self._engine.query(_request(question), cancellation.on_cancel)
        answer = self._engine.sql(_statement(question))
        cancellation.on_cancel(answer.cancel)
        return answer

    def explain(self, question: Question) -> str:
        """How it would be answered."""
        return self._engine.explain(_request(question))

    def analyze(self, question: Question, cancellation: Cancellation) -> str:
        """How it is answered, and what that took."""
        return self._engine.analyze(_request(question), cancellation.on_cancel)

    def fields(self, question: Question, cancellation: Cancellation) -> list[KnownField]:
        """The fields that events of a search may have."""
        return self._engine.fields(_request(question), cancellation.on_cancel)

    def newest_seq(self) -> int:
        """The sequence number up to which events are visible now."""
        return self._engine.newest_seq()

    def look(self, text: str, after_seq: int, cancellation: Cancellation, *, ids: bool = False) -> News:
        """The matching events beyond `after_seq`, oldest first."""
        request = Request(text, after_seq=after_seq, ids=ids)
        with self._engine.query(request, cancellation.on_cancel) as answer:
            rows = answer.table()
            oldest_first = rows.take(pa.array(range(rows.num_rows - 1, -1, -1), pa.int64()))
            shape = Shape(answer.columns, answer.has_more)
            return News(shape, tuple(oldest_first.to_batches()), answer.facts().seq)


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """An answer of the engine; see `logstore.app.answers.Answer`."""

    answer: Answer
    text: str

    @property
    def shape(self) -> Shape:
        """The columns of every batch."""
        return Shape(self.answer.columns, self.answer.has_more)

    @property
    def is_partial(self) -> bool:
        """Whether it lacks something, as far as is known by now."""
        return self.answer.is_partial

    @property
    def snapshot(self) -> str:
        """The id of the snapshot."""
        return self.answer.snapshot_id

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, once."""
        return self.answer.batches()

    def facts(self) -> Facts:
        """What there is to say beside the rows."""
        return told(self.answer.facts(), self.text)


def told(facts: EngineFacts, text: str) -> Facts:
    """The engine's facts about the answer to `text`, for people and programs."""
    outside = facts.outside
    return Facts(
        rows=facts.rows,
        cut_at=facts.rows if facts.cut else None,
        notices=tuple(_notices(facts, text)),
        outside=None if outside is None else outside.events,
        newest=None if outside is None or outside.newest_ns is None else _time(outside.newest_ns),
        elapsed_s=facts.elapsed_ns / 1e9,
        seq=facts.seq,
        read={"parts": facts.scanned_parts, "rows": facts.scanned_rows, "bytes": facts.scanned_bytes},
        snapshot=facts.snapshot,
        next=facts.next,
        partial=None if facts.lacking is None else _partial(facts.lacking),
    )


def _partial(lacking: Lacking) -> dict[str, int | str]:
    span = {"from": _time(lacking.time_min_ns), "to": _time(lacking.time_max_ns)}
    why = {"unreachable": "; ".join(lacking.unreached)} if lacking.unreached else {}
    return {"parts": lacking.parts, "events": lacking.rows, **span, **why}


def _notices(facts: EngineFacts, text: str) -> Iterator[str]:
    for notice in facts.notices:
        # Drawn like an error, but it is none: the answer stands.
        yield QueryError(notice.message, text, notice.span, notice.hint).diagram()
    if facts.could_not_compute:
        values = "1 value" if facts.could_not_compute == 1 else f"{facts.could_not_compute:,} values"
        yield f"{values} could not be computed and became null"


def _time(time_ns: int) -> str:
    text: str = times(pa.array([time_ns]))[0].as_py()
    return text


def _request(question: Question) -> Request:
    return Request(
        question.text,
        question.window,
        question.limit,
        question.now_ns,
        is_export=question.is_export,
        at=question.at,
        after=question.after,
        ids=question.ids,
        trace=question.trace,
    )


def _statement(question: Question) -> SqlRequest:
    return SqlRequest(question.text, question.window, question.limit, question.now_ns, question.at, question.trace)
