"""What literals mean, read by hand: numbers, durations (seconds), sizes (bytes), instants and the span they cover."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction

from tests.query.differential.values import INT64, UINT64, json_number

_UNITS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
    "w": Fraction(7 * 86400),
    "B": Fraction(1),
    **{f"{letter}B": Fraction(10 ** (3 * power)) for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}iB": Fraction(2 ** (10 * power)) for power, letter in enumerate("KMGT", 1)},
}
_WITH_UNIT = re.compile(r"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)([a-zA-Zµ]+)")
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_SECOND = 10**9


def number_of(text: str) -> int | float | None:
    """The number that an unquoted literal stands for; None when it stands for none."""
    plain = json_number(text)
    if plain is not None:
        return plain
    match = _WITH_UNIT.fullmatch(text)
    if match is None or match.group(2) not in _UNITS:
        return None
    exact = Fraction(match.group(1)) * _UNITS[match.group(2)]
    whole = int(exact)
    return whole if whole == exact and (whole in INT64 or whole in UINT64) else float(exact)


def instant_span(text: str) -> tuple[int, int] | None:
    """[start, end) of the unit that an RFC 3339 literal names, by its precision; None when it is none."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    moment = dt.datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=dt.UTC
    )
    start = int(moment.timestamp()) * _SECOND + int((fraction or "0").ljust(9, "0")) - _zone_ns(zone)
    return start, start + _width(hour, minute, second, fraction)


def _width(hour: str | None, minute: str | None, second: str | None, fraction: str | None) -> int:
    for part, width in ((hour, 86400 * _SECOND), (minute, 3600 * _SECOND), (second, 60 * _SECOND), (fraction, _SECOND)):
        if part is None:
            return width
    return int(10 ** (9 - len(fraction or "")))


def _zone_ns(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return (-1 if zone[0] == "-" else 1) * minutes * 60 * _SECOND


def duration_ns(text: str) -> int | None:
    """Nanoseconds of a duration literal such as `15m`; None when it is none."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None or match.group(2) not in _UNITS or "B" in match.group(2):
        return None
    return int(Fraction(match.group(1)) * _UNITS[match.group(2)] * _SECOND)
