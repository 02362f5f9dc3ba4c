"""Aggregates over the present values of a group, in order of (time, `_seq`)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Self

from tests.query.differential.values import (
    INT64,
    Json,
    Value,
    as_json,
    identity,
    is_finite,
    is_int,
    is_nan,
    is_number,
    sort_key,
)


class Rough(float):
    """A float whose last digits depend on the order of summation; `scale` is the size of what was summed."""

    scale: float

    def __new__(cls, value: float, scale: float) -> Self:
        """Keeps `scale` beside the number."""
        made = super().__new__(cls, value)
        made.scale = scale
        return made


def representative(values: Sequence[Value]) -> Value:
    """What stands for values that are one: the integer, where 1 and 1.0 meet; 0.0 for -0.0."""
    for value in values:
        if is_int(value):
            return value
    first = values[0]
    return 0.0 if isinstance(first, float) and first == 0 else first


def distinct_of(values: Sequence[Value]) -> list[Value]:
    """One of each value."""
    seen: dict[object, list[Value]] = {}
    for value in values:
        seen.setdefault(identity(value), []).append(value)
    return [representative(equal) for equal in seen.values()]


def extreme(values: Sequence[Value], field: str, *, largest: bool) -> Value:
    """`min` and `max` in the total order of `field`."""
    ordered = sorted(distinct_of(values), key=sort_key(field))
    return ordered[-1 if largest else 0] if ordered else None


def total(values: Sequence[Value]) -> Value:
    """`sum` over the numbers."""
    numbers = _numbers(values)
    if not numbers:
        return None
    if all(is_int(number) for number in numbers):
        whole = sum(numbers)
        return whole if whole in INT64 else float(whole)
    return _float_sum(numbers)


def average(values: Sequence[Value]) -> Value:
    """`avg` over the numbers."""
    numbers = _numbers(values)
    if not numbers:
        return None
    summed = _float_sum(numbers)
    return Rough(summed / len(numbers), summed.scale / len(numbers))


def deviation(values: Sequence[Value]) -> Value:
    """`stddev` over the numbers: of a sample, so one value has none; not a number when one of them is not finite."""
    numbers = _numbers(values)
    if len(numbers) <= 1:
        return None
    if not all(is_finite(number) for number in numbers):
        return math.nan
    largest = max(abs(float(number)) for number in numbers) or 1.0
    # In units of the largest, for squares of large numbers are no floats.
    exact = [Fraction(float(number)) / Fraction(largest) for number in numbers]
    mean = sum(exact) / len(exact)
    variance = sum((number - mean) ** 2 for number in exact) / (len(exact) - 1)
    return Rough(math.sqrt(variance) * largest, largest)


def quantile(values: Sequence[Value], share: float) -> Value:
    """The number at `share` of the way, interpolated; NaN is left out."""
    ordered = sorted(float(number) for number in _numbers(values) if not is_nan(number))
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low, high = math.floor(place), math.ceil(place)
    if low == high or ordered[low] == ordered[high]:
        return ordered[low]
    return Rough(
        ordered[low] * (high - place) + ordered[high] * (place - low), max(abs(ordered[low]), abs(ordered[high]))
    )


def listed(values: Sequence[Value], field: str, at_most: int) -> Json:
    """`values`: the distinct values in the total order, as a JSON array."""
    ordered = sorted(distinct_of(values), key=sort_key(field))[:at_most]
    return Json(json.dumps([as_json(value) for value in ordered], separators=(",", ":"), ensure_ascii=False))


def histogram(values: Sequence[Value]) -> Json:
    """Counts of the finite numbers by bucket: [lower, upper) of 1, 2, 5 times powers of ten; mirrored below zero."""
    buckets = sorted(_bucket(float(number)) for number in _numbers(values) if is_finite(number))
    counts = {label: sum(other == label for _, other in buckets) for _, label in buckets}
    return Json(json.dumps(counts, separators=(",", ":")))


def _bucket(number: float) -> tuple[float, str]:
    """Lower bound and label."""
    if number == 0:
        return 0.0, "0..0"
    size = abs(number)
    near = max(bound for bound in _BOUNDS if bound <= size)
    far = min((bound for bound in _BOUNDS if bound > size), default=math.inf)
    lower, upper = (near, far) if number > 0 else (-far, -near)
    return lower, f"{_bound_text(lower)}..{_bound_text(upper)}"


def _bound_text(bound: float) -> str:
    return repr(bound).removesuffix(".0")


_BOUNDS = sorted({float(f"{digit}e{power}") for power in range(-330, 309) for digit in (1, 2, 5)} - {0.0, math.inf})


def _numbers(values: Sequence[Value]) -> list[int | float]:
    return [value for value in values if isinstance(value, (int, float)) and is_number(value)]


def _float_sum(numbers: Sequence[int | float]) -> Rough:
    if all(is_finite(number) for number in numbers):
        exact = sum(Fraction(number) for number in numbers)
        return Rough(float(exact), sum(abs(float(number)) for number in numbers))
    summed = 0.0
    for number in numbers:
        summed += float(number)
    return Rough(summed, math.inf)


OF_PRESENT: dict[str, Callable[[Sequence[Value]], Value]] = {
    "count": len,
    "distinct": lambda values: len(distinct_of(values)),
    "exact_distinct": lambda values: len(distinct_of(values)),
    "sum": total,
    "avg": average,
    "stddev": deviation,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
}
"""The aggregates that need nothing but the present values."""
