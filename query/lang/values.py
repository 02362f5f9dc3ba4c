"""What literal texts mean: numbers, durations, sizes and times. Pure functions; None means "not such a literal"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from math import isfinite

from logstore.model.timespan import MAX_NS, MIN_NS, NS_PER_SECOND

DURATION_UNITS: dict[str, Fraction] = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86_400),
    "w": Fraction(604_800),
}
"""Seconds per unit."""

SIZE_UNITS: dict[str, Fraction] = {
    "B": Fraction(1),
    **{f"{prefix}B": Fraction(1000**power) for power, prefix in enumerate("KMGT", start=1)},
    **{f"{prefix}iB": Fraction(1024**power) for power, prefix in enumerate("KMGT", start=1)},
}
"""Bytes per unit."""

_MAX_UINT = 2**64 - 1
_MIN_INT = -(2**63)

# Python refuses to make integers of more digits than 4300; no exact number needs more than this many.
_MAX_EXACT_DIGITS = 400

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MEASURE = re.compile(r"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)([A-Za-z]+)")
_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_NS, _HOUR_NS, _MINUTE_NS = 86_400 * NS_PER_SECOND, 3600 * NS_PER_SECOND, 60 * NS_PER_SECOND


def json_number(text: str) -> int | float | None:
    """The value of a JSON number: an int when it has no `.` or exponent and fits int64 or uint64, else a float.

    `-0` is the int 0. A float too large is infinite.
    """
    match = _JSON_NUMBER.fullmatch(text)
    if match is None:
        return None
    if match[1] is None and match[2] is None and len(text) <= _MAX_EXACT_DIGITS:
        value = int(text)
        if _MIN_INT <= value <= _MAX_UINT:
            return value
    return float(text)


def duration_seconds(text: str) -> int | float | None:
    """`250ms`, `1.5h`, `2d` as seconds: an int when integral, else the nearest float."""
    seconds = _measure(text, DURATION_UNITS)
    return None if seconds is None else _plain(seconds)


def size_bytes(text: str) -> int | float | None:
    """`10KiB`, `5MB` as bytes: an int when integral, else the nearest float."""
    size = _measure(text, SIZE_UNITS)
    return None if size is None else _plain(size)


def number_of(text: str) -> int | float | None:
    """The number that a literal means: a JSON number, seconds of a duration, or bytes of a size."""
    for reading in (json_number, duration_seconds, size_bytes):
        value = reading(text)
        if value is not None:
            return value
    return None


def nanoseconds_of(text: str) -> int | None:
    """A number or duration as seconds, in nanoseconds rounded half to even; None when that does not fit int64."""
    seconds = _measure(text, DURATION_UNITS)
    if seconds is None:
        seconds = json_number(text)
    if seconds is None or not isfinite(seconds):
        return None
    nanoseconds = round(Fraction(seconds) * NS_PER_SECOND)
    return nanoseconds if MIN_NS <= nanoseconds <= MAX_NS else None


def _measure(text: str, units: dict[str, Fraction]) -> Fraction | float | None:
    """Number times unit: exact, but for absurdly many digits."""
    match = _MEASURE.fullmatch(text)
    if match is None or match[2] not in units:
        return None
    if len(match[1]) > _MAX_EXACT_DIGITS:
        return float(match[1]) * float(units[match[2]])
    return Fraction(match[1]) * units[match[2]]


def _plain(exact: Fraction | float) -> int | float:
    if isinstance(exact, float):
        return exact
    if exact.denominator == 1 and _MIN_INT <= exact.numerator <= _MAX_UINT:
        return exact.numerator
    try:
        return float(exact)
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A time literal: the instant it starts at, and how long the unit is that it names (a day, ..., a nanosecond)."""

    start_ns: int
    unit_ns: int

    @property
    def end_ns(self) -> int:
        """First instant after the unit."""
        return min(self.start_ns + self.unit_ns, MAX_NS)


def time_of(text: str) -> TimePoint | None:
    """An RFC 3339 time: a date alone, or with hours, minutes, seconds or a fraction of 1 to 9 digits.

    `T` may be a space. Without a zone it is UTC. None also for days that do not exist (February 30th) and for times
    that do not fit int64 nanoseconds (before 1678 or after 2261).
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        whole = datetime.fromisoformat(
            f"{match['date']}T{match['hour'] or '00'}:{match['minute'] or '00'}:{match['second'] or '00'}"
        ).replace(tzinfo=_zone(match["zone"]))
    except ValueError:
        return None
    fraction = match["fraction"] or ""
    start_ns = (whole - _EPOCH) // timedelta(seconds=1) * NS_PER_SECOND + int(fraction.ljust(9, "0"))
    return TimePoint(start_ns, _unit_ns(match)) if MIN_NS <= start_ns <= MAX_NS else None


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:  # noqa: PLR2004, the clock's own limits
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _unit_ns(match: re.Match[str]) -> int:
    """Length of the smallest unit that the literal spells out."""
    if match["fraction"] is not None:
        return int(10 ** (9 - len(match["fraction"])))
    named = (("second", NS_PER_SECOND), ("minute", _MINUTE_NS), ("hour", _HOUR_NS))
    return next((unit for group, unit in named if match[group] is not None), _DAY_NS)
