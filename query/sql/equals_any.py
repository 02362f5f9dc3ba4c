"""Whether a value equals one of many constants, as few tests with long lists, which the database looks up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from logstore.model.schema import Kind
from query.lang.values import json_number
from query.plan.expressions import Constant
from query.sql import quote
from query.sql.bench import Bench
from query.sql.compare import read_numbers
from query.sql.numbers import INT64_MIN, UINT64_MAX, Numbers, numbers_of
from query.sql.typed import NUMBER_KINDS, TEXT_KINDS, Typed, any_of, text_of


def equals_any(bench: Bench, value: Typed, constants: Sequence[Constant]) -> str:
    """A condition: the value equals, as in `Compare`, one of the constants."""
    value = bench.keep_all(value)
    numbers = _numbers(constants)
    parts = [_one_of_numbers(numbers_of(value), [*numbers, *_spelled(constants)])]
    text = value.get(Kind.TEXT)
    if text is not None and numbers:
        parts.append(_one_of_numbers(read_numbers(bench, text), numbers))
    texts = [quote.text(str(each.value)) for each in constants if each.kind in TEXT_KINDS]
    bools = [quote.boolean(bool(each.value)) for each in constants if each.kind is Kind.BOOL]
    times = [str(each.value) for each in constants if each.kind is Kind.TIME]
    pairs = ((text_of(value), texts), (value.get(Kind.BOOL), bools), (value.get(Kind.TIME), times))
    parts += [_listed(sql, items) for sql, items in pairs]
    return any_of(part for part in parts if part != "false")


def _numbers(constants: Iterable[Constant]) -> list[int | float]:
    found = [each.value for each in constants if each.kind in NUMBER_KINDS]
    return [number for number in found if isinstance(number, int | float) and not math.isnan(number)]


def _spelled(constants: Iterable[Constant]) -> list[int | float]:
    """The numbers that texts spell."""
    read = (json_number(str(each.value)) for each in constants if each.kind is Kind.TEXT)
    return [number for number in read if number is not None]


def _one_of_numbers(mine: Numbers, numbers: Iterable[int | float]) -> str:
    """Whole numbers and doubles are tested apart, each against the numbers that it can be exactly."""
    whole, doubles = set(), set()
    for number in numbers:
        if math.isfinite(number) and number == int(number) and INT64_MIN <= number <= UINT64_MAX:
            whole.add(int(number))
        if float(number) == number:
            doubles.add(float(number) + 0.0)
    # -0.0 is 0.0.
    double = None if mine.double is None else f"({mine.double} + 0.0)"
    tests = (
        _listed(mine.whole, map(quote.integer, sorted(whole))),
        _listed(double, map(quote.double, sorted(doubles))),
    )
    return any_of(test for test in tests if test != "false")


def _listed(sql: str | None, items: Iterable[str]) -> str:
    """Among a list of literals. As a relation: DuckDB looks up those, but tests a literal list one by one in files."""
    listed = list(dict.fromkeys(items))
    return f"{sql} IN (SELECT unnest([{', '.join(listed)}]))" if sql is not None and listed else "false"
