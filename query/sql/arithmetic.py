"""Operators on numbers and times.

Integers stay exact and are missing beyond int64; anything else is done in doubles. What was present and has no result
(wrong kind, overflow, zero divisor, NaN or infinity out of finite numbers) is missing and counted.
"""

from __future__ import annotations

from logstore.model.schema import Kind
from logstore.model.timespan import NS_PER_SECOND
from query.sql.bench import Bench
from query.sql.numbers import numbers_of
from query.sql.typed import Typed, coalesce, typed


def arithmetic(bench: Bench, operator: str, left: Typed, right: Typed) -> Typed:
    """`left operator right` for `+ - * / %`."""
    left, right = bench.keep_all(left), bench.keep_all(right)
    kinds: dict[Kind, str | None] = {
        Kind.INT: _integers(operator, left, right),
        Kind.FLOAT: _floats(bench, operator, left, right),
        Kind.TIME: _shifted(operator, left, right),
    }
    return bench.strict([left, right], typed(kinds))


def negative(bench: Bench, value: Typed) -> Typed:
    """`-value`."""
    value = bench.keep_all(value)
    whole, large, double = value.get(Kind.INT), value.get(Kind.UINT), value.get(Kind.FLOAT)
    doubles = [f"-({large}::DOUBLE)"] if large else []
    doubles += [f"-({double})"] if double else []
    kinds: dict[Kind, str | None] = {
        Kind.INT: None if whole is None else f"TRY_CAST(-({whole}::HUGEINT) AS BIGINT)",
        Kind.FLOAT: f"coalesce({', '.join(doubles)})" if doubles else None,
    }
    return bench.strict([value], typed(kinds))


def finite(result: str, operands: list[str]) -> str:
    """`result`, missing where it is NaN or infinite although all operands are finite."""
    sound = " AND ".join(f"isfinite({operand})" for operand in operands)
    return f"CASE WHEN isfinite({result}) OR NOT ({sound}) THEN {result} END"


def _integers(operator: str, left: Typed, right: Typed) -> str | None:
    mine, theirs = left.get(Kind.INT), right.get(Kind.INT)
    if mine is None or theirs is None or operator == "/":
        return None
    divisor = f"nullif({theirs}, 0)::HUGEINT" if operator == "%" else f"{theirs}::HUGEINT"
    return f"TRY_CAST({mine}::HUGEINT {operator} {divisor} AS BIGINT)"


def _floats(bench: Bench, operator: str, left: Typed, right: Typed) -> str | None:
    seconds = _difference(left, right) if operator == "-" else None
    mine, theirs = numbers_of(left).rounded, numbers_of(right).rounded
    if mine is None or theirs is None:
        return seconds
    mine, theirs = bench.keep(mine), bench.keep(theirs)
    divisor = f"nullif({theirs}, 0)" if operator in "/%" else theirs
    number = finite(bench.keep(f"{mine} {operator} {divisor}"), [mine, theirs])
    if operator != "/":
        return coalesce(sql for sql in (_unless_integers(left, right, number), seconds) if sql is not None)
    return number


def _unless_integers(left: Typed, right: Typed, result: str) -> str | None:
    """`result` where not both are INT; None when they always are."""
    mine, theirs = left.get(Kind.INT), right.get(Kind.INT)
    if mine is None or theirs is None:
        return result
    if not any(side.get(kind) for side in (left, right) for kind in (Kind.UINT, Kind.FLOAT)):
        return None
    return f"CASE WHEN {mine} IS NULL OR {theirs} IS NULL THEN {result} END"


def _difference(left: Typed, right: Typed) -> str | None:
    """Seconds between two times."""
    mine, theirs = left.get(Kind.TIME), right.get(Kind.TIME)
    if mine is None or theirs is None:
        return None
    return f"({mine}::HUGEINT - {theirs}::HUGEINT)::DOUBLE / {NS_PER_SECOND}"


def _shifted(operator: str, left: Typed, right: Typed) -> str | None:
    """A time and so many seconds."""
    sums = []
    if operator in "+-":
        sums.append(_moved(left.get(Kind.TIME), operator, nanoseconds(right)))
    if operator == "+":
        sums.append(_moved(right.get(Kind.TIME), operator, nanoseconds(left)))
    found = [sql for sql in sums if sql is not None]
    return f"coalesce({', '.join(found)})" if found else None


def _moved(time: str | None, operator: str, shift: str | None) -> str | None:
    return None if time is None or shift is None else f"TRY_CAST({time}::HUGEINT {operator} {shift} AS BIGINT)"


def nanoseconds(value: Typed) -> str | None:
    """Seconds as HUGEINT nanoseconds, doubles rounded half to even; missing for what is not finite or far too large."""
    parts = [f"{sql}::HUGEINT * {NS_PER_SECOND}" for _, sql in value.only((Kind.INT, Kind.UINT)).items()]
    double = value.get(Kind.FLOAT)
    if double is not None:
        # A double of 1e20 nanoseconds and more is beyond any time, and must not reach the cast as an infinity.
        scaled = f"{double} * 1e9"
        parts.append(f"CASE WHEN abs({scaled}) < 1e20 THEN round_even({scaled}, 0)::HUGEINT END")
    return f"coalesce({', '.join(parts)})" if parts else None
