"""Comparisons of values of any kinds, by the rules of the language."""

from __future__ import annotations

from logstore.model.schema import LEVELS, Kind
from query.plan.expressions import BoolTest, LevelTest, NumberTest, Operator, TextTest, TimeTest
from query.sql import quote
from query.sql.bench import Bench
from query.sql.numbers import Numbers, compares, compares_literal, numbers_in_text, numbers_of
from query.sql.typed import Typed, any_of, text_of

SQL_OPERATOR: dict[Operator, str] = {"==": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def compare(bench: Bench, left: Typed, operator: Operator, right: Typed) -> str:
    """A condition: both present and `left operator right`."""
    left, right = bench.keep_all(left), bench.keep_all(right)
    left_numbers, right_numbers = numbers_of(left), numbers_of(right)
    parts = [
        compares(left_numbers, operator, right_numbers),
        compares(left_numbers, operator, _read_if(bench, right, wanted=left_numbers.known)),
        compares(_read_if(bench, left, wanted=right_numbers.known), operator, right_numbers),
    ]
    pairs = [(text_of(left), text_of(right))]
    pairs += [(left.get(kind), right.get(kind)) for kind in (Kind.BOOL, Kind.TIME)]
    for mine, theirs in pairs:
        if mine is not None and theirs is not None:
            parts.append(f"{mine} {SQL_OPERATOR[operator]} {theirs}")
    return any_of(part for part in parts if part != "false")


def _read_if(bench: Bench, value: Typed, *, wanted: bool) -> Numbers:
    text = value.get(Kind.TEXT)
    return read_numbers(bench, text) if wanted and text is not None else Numbers()


def read_numbers(bench: Bench, text: str) -> Numbers:
    """The numbers that texts spell."""
    read = numbers_in_text(bench.keep(text))
    return Numbers(
        None if read.whole is None else bench.keep(read.whole),
        None if read.double is None else bench.keep(read.double),
        read.huge,
    )


def number_test(bench: Bench, value: Typed, test: NumberTest) -> str:
    """See `NumberTest`."""
    parts = [compares_literal(numbers_of(value), test.operator, test.number)]
    text = value.get(Kind.TEXT)
    if text is not None and test.read_text:
        parts.append(compares_literal(read_numbers(bench, text), test.operator, test.number))
    return any_of(part for part in parts if part != "false")


def text_test(value: Typed, test: TextTest) -> str:
    """See `TextTest`."""
    text = text_of(value)
    return "false" if text is None else f"{text} {SQL_OPERATOR[test.operator]} {quote.text(test.text)}"


def bool_test(value: Typed, test: BoolTest) -> str:
    """See `BoolTest`."""
    truth = value.get(Kind.BOOL)
    return "false" if truth is None else f"{truth} = {quote.boolean(test.truth)}"


def time_test(value: Typed, test: TimeTest) -> str:
    """See `TimeTest`."""
    time = value.get(Kind.TIME)
    return "false" if time is None else f"{time} {SQL_OPERATOR[test.operator]} {quote.integer(test.ns)}"


def level_test(value: Typed, test: LevelTest) -> str:
    """See `LevelTest`: the levels that compare so, by name, which Parquet can prune by."""
    text = value.get(Kind.TEXT)
    names = [quote.text(name) for name in levels_of(test.operator, test.rank)]
    if text is None or not names:
        return "false"
    return f"{text} = {names[0]}" if len(names) == 1 else f"{text} IN ({', '.join(names)})"


def levels_of(operator: Operator, rank: int) -> list[str]:
    """The names of the levels whose rank compares so with this one."""
    return [name for place, name in enumerate(LEVELS) if _HOLDS[operator](place, rank)]


_HOLDS = {
    "==": int.__eq__,
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
}
