"""Times as programs write them into records: RFC 3339 text, and numbers since 1970.

Text is `2026-11-22T10:00:00.123456789+01:00`: date and time apart by `T`, `t` or a space; the fraction, after a dot or
a comma, is read to nanoseconds and cut there; the offset is `Z`, `z`, `+hh:mm`, `+hhmm` or `+hh`, and without one the
time is UTC. A second of 60 is the next minute's first.

The unit of a number follows from how many digits it has before its point: 9 to 11 seconds, 12 to 14 milliseconds, 15 to
17 microseconds, more nanoseconds, so each unit covers 1973 to 5138. Fewer digits are no time: they are durations and
counts. Numbers are read as decimals, exactly, and in quotes too.

What falls into the first second of 1970, or outside the 64 bits of nanoseconds, is no time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from logstore.model.timespan import MAX_NS, MIN_NS, NS_PER_SECOND

_RFC_3339 = re.compile(
    rb"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    rb"(?:[.,]([0-9]+))?(?:[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
_NUMBER = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_SECOND = 60
_MOST_DIGITS = 19
_FEWEST_DIGITS = 9
_UNITS = ((11, 9), (14, 6), (17, 3), (20, 0))
"""Most digits before the point, and the power of ten that makes nanoseconds of it."""


def read_time(text: bytes) -> int | None:
    """The nanoseconds since 1970 that `text` stands for; None when it is no time."""
    ns = _read_rfc_3339(text) if text[4:5] == b"-" else _read_number(text)
    if ns is None or 0 <= ns < NS_PER_SECOND or not MIN_NS <= ns <= MAX_NS:
        return None
    return ns


def _read_rfc_3339(text: bytes) -> int | None:
    found = _RFC_3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if second > _LEAP_SECOND or int(hours or 0) > 23 or int(minutes or 0) > 59:  # noqa: PLR2004 - of a day, an hour
        return None
    try:
        start = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    since = start - _EPOCH
    seconds = since.days * 86_400 + since.seconds + second
    seconds -= int(offset.total_seconds()) * (-1 if sign == b"-" else 1)
    return seconds * NS_PER_SECOND + int((fraction or b"0")[:9].ljust(9, b"0"))


def _read_number(text: bytes) -> int | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction, exponent = found.groups()
    digits = (whole + (fraction or b"")).lstrip(b"0")
    before_point = len(digits) - len(fraction or b"") + int(exponent or 0)
    power = next((power for most, power in _UNITS if before_point <= most), None)
    if power is None or before_point < _FEWEST_DIGITS or not digits:
        return None
    # Further digits are below a nanosecond.
    digits = digits[:_MOST_DIGITS]
    power += before_point - len(digits)
    scale: int = 10 ** abs(power)
    magnitude = int(digits) * scale if power >= 0 else int(digits) // scale
    return -magnitude if sign else magnitude
