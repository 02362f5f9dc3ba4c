"""`field:in(query)`: whether a value equals one of those in another relation's only column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from logstore.errors import Span
from logstore.model.schema import Kind
from query.plan.logical import Plan
from query.sql.bench import Bench
from query.sql.compare import read_numbers
from query.sql.numbers import Numbers, is_nan, numbers_of, parity_key
from query.sql.typed import Typed, any_of, text_of


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """The only column of a subquery: its values, at a bench over the subquery's rows that is still open."""

    bench: Bench
    value: Typed


class Subqueries(Protocol):
    """Compiles plans inside plans."""

    def column(self, query: Plan, span: Span | None) -> ColumnOf:
        """The subquery's only column; QueryError at `span` when it has another number of them."""


def contained(bench: Bench, value: Typed, column: ColumnOf) -> str:
    """A condition: the value equals one in the column. Null where it does not and the column has missing values."""
    value = bench.keep_all(value)
    theirs = Typed({kind: column.bench.keep(sql) for kind, sql in column.value.items()})
    pairs = _number_pairs(bench, value, column.bench, theirs)
    matches = [(text_of(value), text_of(theirs))]
    matches += [(value.get(kind), theirs.get(kind)) for kind in (Kind.BOOL, Kind.TIME)]
    pairs += [(mine, its) for mine, its in matches if mine is not None and its is not None]
    pairs = [(mine, column.bench.keep(its)) for mine, its in pairs]
    relation = column.bench.close().relation
    return any_of(f"{mine} IN (SELECT {its} FROM {relation} WHERE {its} IS NOT NULL)" for mine, its in pairs)


def _number_pairs(bench: Bench, value: Typed, their_bench: Bench, theirs: Typed) -> list[tuple[str, str]]:
    """Keys that are equal just when two numbers are, or a number and a text that spells it."""
    pairs: list[tuple[str, str]] = []
    mine, its = numbers_of(value), numbers_of(theirs)
    pairs += _keys(mine, its)
    text, their_text = value.get(Kind.TEXT), theirs.get(Kind.TEXT)
    if mine.known and their_text is not None:
        pairs += _keys(mine, read_numbers(their_bench, their_text))
    if its.known and text is not None:
        pairs += _keys(read_numbers(bench, text), its)
    return pairs


def _keys(mine: Numbers, theirs: Numbers) -> list[tuple[str, str]]:
    if not mine.known or not theirs.known:
        return []
    if mine.double is None and theirs.double is None:
        return [(str(mine.whole), str(theirs.whole))]
    # With a double on either side both are split the same way: whole numbers, and the rest without NaN.
    return [(whole_or_rest, other) for whole_or_rest, other in zip(_split(mine), _split(theirs), strict=True)]


def _split(numbers: Numbers) -> list[str]:
    whole = numbers.whole or "NULL::HUGEINT"
    key = parity_key(Numbers(whole, numbers.double, numbers.huge or numbers.whole is None))
    if numbers.double is None:
        return [str(numbers.wide), "NULL::DOUBLE"]
    return [key[0], f"CASE WHEN NOT {is_nan(numbers.double)} THEN {key[1]} END"]
