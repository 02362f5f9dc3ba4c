"""An answer that is known whole, in memory; for answers that are bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Self

import pyarrow as pa

from logstore.app.answers import Answer
from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape


@dataclass(frozen=True, slots=True)
class Held:
    """See `logstore.app.answers.Answer`; its rows can be read again and again."""

    shape: Shape
    rows: tuple[pa.RecordBatch, ...]
    said: Facts
    is_partial: bool

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """All of an answer. Raises `LogstoreError` when it fails on the way."""
        batches = tuple(answer.batches())
        return cls(answer.shape, batches, answer.facts(), answer.is_partial)

    def without(self, fields: Collection[str]) -> Self:
        """The answer without these fields."""
        kept = [at for at, column in enumerate(self.shape.columns) if column.field not in fields]
        shape = replace(self.shape, columns=tuple(self.shape.columns[at] for at in kept))
        if self.shape.has_more:
            kept.append(len(self.shape.columns))
        return replace(self, shape=shape, rows=tuple(batch.select(kept) for batch in self.rows))

    def cut(self, limit: int) -> Self:
        """Its first rows; the facts tell when there are more."""
        if self.said.rows <= limit:
            return self
        rows = tuple(pa.Table.from_batches(self.rows).slice(0, limit).to_batches())
        return replace(self, rows=rows, said=replace(self.said, rows=limit, cut_at=limit))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows."""
        return iter(self.rows)

    def facts(self) -> Facts:
        """What there is to say beside the rows."""
        return self.said
