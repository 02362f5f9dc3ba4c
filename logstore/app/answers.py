"""An answer on its way to whoever asked, the same whether it comes from an engine here or from a server elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa

from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape
from logstore.app.formats.writer import Writer
from logstore.trace import UNTRACED, Trace

MOST_ROWS = 4096
"""Of a piece, some megabytes of text. More: an export takes more memory, for one piece is made while some wait and one
is sent. Fewer: threads hand over to each other more often than their work is worth."""


class Answer(Protocol):
    """The rows of one answer, in order. Blocking; used by one thread at a time."""

    @property
    def shape(self) -> Shape:
        """The columns of every batch."""

    @property
    def is_partial(self) -> bool:
        """Whether it lacks what is damaged or missing, as far as is known by now."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, once. Raises `LogstoreError` when the query fails on the way."""

    def facts(self) -> Facts:
        """What there is to say beside the rows; only after the last batch."""


class PinnedAnswer(Answer, Protocol):
    """An answer whose snapshot can be asked again."""

    @property
    def snapshot(self) -> str:
        """The id of the snapshot."""


def encode(answer: Answer, writer: Writer, trace: Trace = UNTRACED) -> Iterator[bytes]:
    """The pieces of an answer in a format; none is empty. Writing each batch is a span of the trace."""
    pieces = _pieces(answer, writer, trace)
    return (piece for piece in pieces if piece)


def _pieces(answer: Answer, writer: Writer, trace: Trace) -> Iterator[bytes]:
    yield writer.begin(answer.shape)
    for batch in answer.batches():
        for start in range(0, batch.num_rows, MOST_ROWS):
            rows = batch.slice(start, MOST_ROWS)
            with trace.span("encode", rows=rows.num_rows):
                piece = writer.rows(rows)
            yield piece
    yield writer.end(answer.facts())
