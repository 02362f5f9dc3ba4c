"""The values of a field, as people and programs are told of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from logstore.app.answers import Answer
from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape
from query.lang.parse import parse
from query.lang.spelling import encode_name, encode_quoted

VALUE: Final = "value"
COUNT: Final = "count"

BRIEF = frozenset({VALUE, COUNT})
"""What a table shows of a value: all that is told."""

_NAMES_OF_TOP = frozenset({COUNT, "share"})


def values_question(text: str, field: str, prefix: str, limit: int) -> str:
    """A query for the most frequent values of a field that begin so, one more than wanted, among the rows of `text`.

    The text stays as it is, so that errors have their places in it; names and values cannot break out of theirs.

    Raises:
        QueryError: the text is no query.
    """
    parse(text)
    name = encode_name(field)
    stages = [f"where {name} like {encode_quoted(_escaped(prefix) + '%')}"] if prefix else []
    if field in _NAMES_OF_TOP:
        stages.append(f"let {VALUE} = {name}")
        name = VALUE
    return "\n| ".join([text, *stages, f"top {limit + 1} {name}"])


def _escaped(prefix: str) -> str:
    """A text as the pattern of `like` that only it fits."""
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class Values:
    """Values and how many events have each, the most frequent first; see `logstore.app.answers.Answer`."""

    shape: Shape
    rows: tuple[pa.RecordBatch, ...]
    said: Facts
    is_partial: bool

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows."""
        return iter(self.rows)

    def facts(self) -> Facts:
        """Those of the query; `cut_at` when there are more values."""
        return self.said


def values_of(answer: Answer, limit: int) -> Values:
    """What an answer to `values_question` tells of the field, whatever its name. Reads all of it."""
    kept = [at for at, column in enumerate(answer.shape.columns) if column.field != "share"]
    columns = [answer.shape.columns[at] for at in kept]
    shape = Shape(tuple(each if each.field == COUNT else replace(each, field=VALUE) for each in columns))
    batches = [batch.select(kept) for batch in answer.batches()]
    facts = answer.facts()
    if facts.rows > limit:
        batches = pa.Table.from_batches(batches).slice(0, limit).to_batches()
        facts = replace(facts, rows=limit, cut_at=limit)
    return Values(shape, tuple(batches), facts, answer.is_partial)
