"""Arithmetic of the language. A result is a value, None for "nothing to compute", or raises `CannotComputeError`."""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.query.differential.values import INT64, Time, Value, is_finite, is_int, is_number

NS = 10**9


class CannotComputeError(Exception):
    """A present operand of the wrong kind, an overflow or a zero divisor: the value is null, and counted."""


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """`left operator right` for `+ - * / %`."""
    if left is None or right is None:
        return None
    if isinstance(left, Time) or isinstance(right, Time):
        return _with_time(operator, left, right)
    if not is_number(left) or not is_number(right):
        raise CannotComputeError
    if operator in "/%" and right == 0:
        raise CannotComputeError
    return _numbers(operator, left, right)


def negate(value: Value) -> Value:
    """`-value`."""
    if value is None:
        return None
    if not is_number(value):
        raise CannotComputeError
    return _int64(-value) if is_int(value) and value in INT64 else -float(value)


def _numbers(operator: str, left: Value, right: Value) -> Value:
    if operator != "/" and all(is_int(side) and side in INT64 for side in (left, right)):
        return _int64(_INT[operator](left, right))
    return checked_float(lambda: _FLOAT[operator](float(left), float(right)), left, right)


def _int64(value: int) -> int:
    if value not in INT64:
        raise CannotComputeError
    return value


def checked_float(compute: Callable[[], float], *operands: Value) -> float:
    """The float result; NaN or an infinity out of finite operands cannot be computed."""
    try:
        result = compute()
    except (OverflowError, ValueError, ZeroDivisionError):
        result = math.nan
    if not math.isfinite(result) and all(is_finite(side) for side in operands):
        raise CannotComputeError
    return result


def _truncated_remainder(left: int, right: int) -> int:
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


_INT: dict[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "%": _truncated_remainder,
}
_FLOAT: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": math.fmod,
}


def _with_time(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, Time) and isinstance(right, Time) and operator == "-":
        return (left.ns - right.ns) / NS
    if isinstance(left, Time) and operator in "+-" and is_finite(right):
        return _shifted(left, seconds_to_ns(right) * (1 if operator == "+" else -1))
    if isinstance(right, Time) and operator == "+" and is_finite(left):
        return _shifted(right, seconds_to_ns(left))
    raise CannotComputeError


def seconds_to_ns(seconds: float) -> int:
    """Nanoseconds of a number of seconds, a float rounded to the nearest."""
    return seconds * NS if is_int(seconds) else round(seconds * 1e9)


def _shifted(time: Time, by_ns: int) -> Time:
    return Time(_int64(time.ns + by_ns))
