"""What an editor offers at a place of a query: stages, functions, words, and the store's own fields and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from logstore.app.answers import Answer
from logstore.app.values import COUNT, VALUE, values_of
from logstore.errors import QueryError
from logstore.model.schema import LEVEL, LEVELS, TIME
from query.lang import nodes as n
from query.lang.functions import AGGREGATES, FUNCTIONS, PERCENTILE, Function
from query.lang.parse import parse
from query.lang.situation import Situation
from query.lang.spelling import encode_field, encode_name, encode_quoted, encode_value
from query.lang.stages import STAGES
from query.results.fields import KnownField

PERCENTILES: Final = ("p50", "p90", "p95", "p99")
"""Those of a hundred and one that people mean."""

_WORDS: Final = {
    "_AND": ("AND", "both terms, as a space between them"),
    "_OR": ("OR", "one of the terms, or both"),
    "NOT_TERM": ("NOT", "events that the term does not find"),
    "_PIPE": ("|", "a stage follows"),
    "_AND_ALSO": ("and", "both conditions hold"),
    "_OR_ELSE": ("or", "one of the conditions holds, or both"),
    "NOT": ("not", "the condition does not hold"),
    "_IN": ("in", "one of a list of values"),
    "_LIKE": ("like", "fits a pattern with % and _"),
    "_BETWEEN": ("between", "a value from one to another, both included"),
    "_IS": ("is", "is null, is not null: whether there is a value"),
    "NULL": ("null", "no value"),
    "TRUE": ("true", "the bool"),
    "FALSE": ("false", "the bool"),
    "_BY": ("by", "in groups of equal values"),
    "_AS": ("as", "under another name"),
    "_FROM": ("from", "out of another field than message"),
    "_GAP": ("gap", "the longest time between two events of one session"),
    "_ON": ("on", "the fields whose values must be equal"),
    "LEFT": ("left", "rows without a partner stay too"),
    "KEEP": ("keep newest", "the newest row of each value instead of the oldest"),
}
"""Words by the terminal that they are, and what they say."""

_WHOLE_STAGES: Final = frozenset({"json", "logfmt", "count", "facets", "patterns"})
"""Stages that say all that they must by their name."""

_LENGTHS: Final = ("15m", "1h", "1d")


@dataclass(frozen=True, slots=True)
class Completion:
    """Something to write.

    Attributes:
        kind: `field`, `value`, `stage`, `function` or `keyword`.
        text: what is written in place of what is there.
        label: what it is called.
        detail: what it is, in a few words.
        doc: how it is written, where that is not plain.
    """

    kind: str
    text: str
    label: str
    detail: str = ""
    doc: str = ""


def wants_fields(situation: Situation) -> bool:
    """Whether names of fields may stand there."""
    return bool(situation.accepts & {"FIELD", "QUOTED_NAME"})


def wants_values(situation: Situation) -> bool:
    """Whether a value may stand there that events have."""
    return situation.field not in (None, TIME)


def narrowing(text: str, start: int, field: str) -> str:
    """The terms before a value that its events must fit too, as a query; all events where that is not sure.

    Args:
        text: the query.
        start: where the value begins.
        field: whose value it is.
    """
    before = text[:start].rstrip('"(<>=~!')
    for spelled in (f"{encode_field(field)}:", f"{encode_name(field)}:"):
        if before.endswith(spelled):
            head = before.removesuffix(spelled)
            return head if _is_conjunction(head) else "*"
    return "*"


def _is_conjunction(text: str) -> bool:
    try:
        query = parse(text)
    except QueryError:
        return False
    return not query.stages and not isinstance(query.search, n.Or)


def of_language(situation: Situation) -> Iterator[Completion]:
    """The words of the language that may stand there and go on as what is written does."""
    for offered in _of_language(situation):
        if offered.label.lower().startswith(situation.typed.lower()):
            yield offered


def _of_language(situation: Situation) -> Iterator[Completion]:
    accepts = situation.accepts
    if "WHERE" in accepts:
        yield from (_stage(name, summary) for name, summary in STAGES.items())
    if accepts & {"NAME"} and "QUOTED_NAME" not in accepts:
        yield from map(_call, AGGREGATES.values())
        yield from (
            _call(Function(each, PERCENTILE.forms, PERCENTILE.gives, PERCENTILE.summary)) for each in PERCENTILES
        )
    if {"NAME", "NUMBER"} <= accepts:
        yield from map(_call, FUNCTIONS.values())
    if situation.field == TIME:
        yield from (Completion("value", length, length, "up to now") for length in _LENGTHS)
    yield from (Completion("keyword", word, word, detail) for name, (word, detail) in _WORDS.items() if name in accepts)


def _stage(name: str, summary: str) -> Completion:
    return Completion("stage", name if name in _WHOLE_STAGES else f"{name} ", name, summary)


def _call(function: Function) -> Completion:
    text = f"{function.name}()" if function.forms == ((),) else f"{function.name}("
    return Completion(
        "function", text, function.name, function.summary, f"{function.usage} gives {function.gives.value}"
    )


def of_fields(situation: Situation, known: Iterable[KnownField]) -> list[Completion]:
    """Fields whose names hold what is written, first those that begin so."""
    typed = situation.typed.lower()
    is_term = "FIELD" in situation.accepts
    found = [field for field in known if typed in field.name.lower()]
    found.sort(key=lambda field: not field.name.lower().startswith(typed))
    return [
        Completion(
            "field",
            f"{encode_field(field.name)}:" if is_term else encode_name(field.name),
            field.name,
            ", ".join(kind.value for kind in field.kinds) or "rare field",
        )
        for field in found
    ]


def of_values(situation: Situation, answer: Answer, limit: int) -> list[Completion]:
    """Values by an answer to `values_question`, spelled as the place wants them."""
    found = values_of(answer, limit)
    fields = [column.field for column in found.shape.columns]
    offered = []
    for batch in found.batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            (count,) = (value for field, value in zip(fields, row, strict=True) if field == COUNT)
            value = next(each for field, each in zip(fields, row, strict=True) if field == VALUE and each is not None)
            offered.append(_value(situation, value, f"{count:,} events"))
    return offered


def other_levels(situation: Situation, offered: Iterable[Completion]) -> list[Completion]:
    """The levels that no event has yet, where a level is wanted."""
    there = {each.label for each in offered}
    levels = LEVELS if situation.field == LEVEL else ()
    return [_value(situation, level) for level in levels if level not in there and level.startswith(situation.typed)]


def _value(situation: Situation, value: object, detail: str = "") -> Completion:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "STRING" in situation.accepts and "CHOICE" not in situation.accepts:
        spelled = text if isinstance(value, bool | int | float) else encode_quoted(text)
    else:
        spelled = encode_value(n.Value(text)) if text else ""
        spelled = encode_quoted(text) if not text or "\\" in spelled else spelled
    return Completion("value", spelled, text, detail)
