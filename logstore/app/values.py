"""The values of a field, as people and programs are told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from logstore.app.answers import Answer
from logstore.app.formats.rows import Shape
from logstore.app.held import Held
from query.lang.parse import parse
from query.lang.spelling import encode_name, encode_quoted

VALUE: Final = "value"
COUNT: Final = "count"
SHARE: Final = "share"

BRIEF = frozenset({VALUE, COUNT})
"""What a table shows of a value: all that is told."""

_NAMES_OF_TOP = frozenset({COUNT, SHARE})


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


def values_of(answer: Answer, limit: int) -> Held:
    """What an answer to `values_question` tells of the field, whatever its name. Reads all of it."""
    found = Held.of(answer).without({SHARE}).cut(limit)
    columns = tuple(each if each.field == COUNT else replace(each, field=VALUE) for each in found.shape.columns)
    return replace(found, shape=Shape(columns))
