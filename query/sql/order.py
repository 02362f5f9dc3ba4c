"""The total order of values, as a list of SQL expressions to sort by.

bool < numbers < time < text < JSON, missing last in both directions; levels by severity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logstore.model.schema import LEVELS, Kind
from query.sql import quote
from query.sql.numbers import numbers_of, order_key
from query.sql.typed import NUMBER_KINDS, Typed

CLASSES: tuple[tuple[Kind, ...], ...] = ((Kind.BOOL,), NUMBER_KINDS, (Kind.TIME,), (Kind.TEXT,), (Kind.JSON,))
"""Kinds whose values compare among each other, the classes in the order of their values."""


@dataclass(frozen=True, slots=True)
class SortTerm:
    """One term of an ORDER BY."""

    sql: str
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.sql} {'DESC' if self.descending else 'ASC'} NULLS LAST"


def severity(text: str) -> str:
    """The rank of a level's text in `LEVELS`; of other text the rank after them."""
    ranks = " ".join(f"WHEN {quote.text(level)} THEN {rank}" for rank, level in enumerate(LEVELS))
    return f"CASE {text} {ranks} ELSE CASE WHEN {text} IS NOT NULL THEN {len(LEVELS)} END END"


def sort_expressions(value: Typed) -> list[str]:
    """Expressions whose lexicographic order, nulls last, is the order of the value."""
    classes = [value.only(kinds) for kinds in CLASSES if value.only(kinds).kinds]
    keys = [key for part in classes for key in _within(part)]
    return [_class_rank(value), *keys] if len(classes) > 1 else keys


def sort_terms(value: Typed, *, descending: bool = False) -> list[SortTerm]:
    """The value's terms of an ORDER BY."""
    return [SortTerm(sql, descending) for sql in sort_expressions(value)]


def order_by(terms: Sequence[SortTerm]) -> str:
    """An ORDER BY clause with a leading space; empty for no terms."""
    return f" ORDER BY {', '.join(map(str, terms))}" if terms else ""


def _within(value: Typed) -> list[str]:
    """Keys of a value whose kinds are of one class."""
    numbers = numbers_of(value)
    if numbers.known:
        return order_key(numbers)
    ((kind, sql),) = value.items()
    return [severity(sql), sql] if value.severity and kind is Kind.TEXT else [sql]


def _class_rank(value: Typed) -> str:
    rank_of = {kind: rank for rank, kinds in enumerate(CLASSES) for kind in kinds}
    return "CASE " + " ".join(f"WHEN {sql} IS NOT NULL THEN {rank_of[kind]}" for kind, sql in value.items()) + " END"
