"""Functions of time, on integer nanoseconds; and `bin`, which numbers have too."""

from __future__ import annotations

from logstore.model.schema import Kind
from logstore.model.timespan import NS_PER_SECOND
from query.sql import quote
from query.sql.arithmetic import finite
from query.sql.bench import Bench
from query.sql.functions.arguments import Arguments, Entry
from query.sql.numbers import INT64_MIN, numbers_of
from query.sql.typed import Typed, typed

_WIDEST = 2**62
"""Twice this still fits into int64, which the sum of a remainder and a width must."""

_ALL = 2**80
"""Wider than all numbers and times that there are; any wider bin begins where this one does, or too far below."""


def _bin(bench: Bench, arguments: Arguments) -> Typed:
    value = arguments.values[0]
    width = arguments.literals[1]
    if not isinstance(width, (int, float)):
        raise TypeError(width)
    if list(value.kinds) == [Kind.TIME] and (times := _unfailing(bench, value.kinds[Kind.TIME], width)) is not None:
        return typed({Kind.TIME: times})
    kinds: dict[Kind, str | None] = {
        Kind.TIME: _floored(bench, value.get(Kind.TIME), max(1, round(min(width, _ALL) * NS_PER_SECOND))),
        Kind.INT: _floored(bench, value.get(Kind.INT), min(width, _ALL)) if isinstance(width, int) else None,
        Kind.FLOAT: _floats(bench, value, width),
    }
    return bench.strict([value], typed(kinds))


def _unfailing(bench: Bench, time: str, width: float) -> str | None:
    """The bin of a time that is known not to be before 1970; None when that is not known.

    Nothing can fail then, and nothing has to be looked at twice to count what did.
    """
    width_ns = max(1, round(width * NS_PER_SECOND))
    if bench.rows.least.get(time, -1) < 0 or width_ns > _WIDEST:
        return None
    return f"({time} - {time} % {quote.integer(width_ns)})"


def _floored(bench: Bench, number: str | None, width: int) -> str | None:
    """The largest multiple of `width` up to an int64; missing where that is below int64."""
    if number is None:
        return None
    if width > _WIDEST:
        # Wider than what BIGINT can add up: HUGEINT can, at eight times the price.
        size = quote.integer(width)
        remainder = f"(({number}::HUGEINT % {size} + {size}) % {size})"
        return f"TRY_CAST({number}::HUGEINT - {remainder} AS BIGINT)"
    remainder = bench.keep(f"(({number} % {width} + {width}) % {width})")
    return f"CASE WHEN {number} >= {quote.integer(INT64_MIN)} + {remainder} THEN {number} - {remainder} END"


def _floats(bench: Bench, value: Typed, width: float) -> str | None:
    beside = [Kind.FLOAT, Kind.UINT] if isinstance(width, int) else [Kind.FLOAT, Kind.UINT, Kind.INT]
    number = numbers_of(value.only(beside)).rounded
    if number is None:
        return None
    number, size = bench.keep(number), quote.double(float(width))
    return finite(bench.keep(f"floor({number} / {size}) * {size}"), [number])


def _format_time(bench: Bench, arguments: Arguments) -> Typed:
    value = arguments.values[0]
    time = value.get(Kind.TIME)
    if time is None:
        return bench.strict([value], Typed())
    second = f"(({time} - (({time} % {NS_PER_SECOND}) + {NS_PER_SECOND}) % {NS_PER_SECOND}) // {NS_PER_SECOND})"
    text = f"strftime(make_timestamp({second} * 1000000), {quote.text(arguments.literal_text(1))})"
    return bench.strict([value], typed({Kind.TEXT: text}))


ENTRIES: dict[str, Entry] = {"bin": _bin, "format_time": _format_time}
