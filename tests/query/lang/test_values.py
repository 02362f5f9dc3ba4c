"""What literal texts mean."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.lang import values
from query.lang.values import TimePoint

SECOND = 10**9
DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("42", 42),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775809", -(2.0**63)),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("1E-2", 0.01),
        ("1e999", math.inf),
        ("9" * 5000, math.inf),
        ("01", None),
        ("+1", None),
        (".5", None),
        ("1.", None),
        ("1_000", None),
        (" 1", None),
        ("1\n", None),
        ("0x1f", None),
        ("NaN", None),
        ("", None),
        ("\u0661", None),
    ],
)
def test_json_number(text, value):
    """Only the whole text of a JSON number is one, an integer where it looks like one and fits."""
    found = values.json_number(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250ms", 0.25),
        ("1.5h", 5400),
        ("2d", 172_800),
        ("1w", 604_800),
        ("1ns", 1e-9),
        ("0.1s", 0.1),
        ("-5m", -300),
        ("10KiB", 10_240),
        ("5MB", 5_000_000),
        ("1.5KB", 1500),
        ("0.3B", 0.3),
        ("1TiB", 2**40),
        ("1" + "0" * 500 + "s", math.inf),
        ("1M", None),
        ("10kb", None),
        ("1e3s", None),
        ("1 s", None),
        ("s", None),
        ("1h30m", None),
    ],
)
def test_measures(text, value):
    """Durations are seconds and sizes are bytes, integers when whole."""
    found = values.number_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1m", 60 * SECOND),
        ("0.1s", SECOND // 10),
        ("0.5ns", 0),
        ("60", 60 * SECOND),
        ("0.1", SECOND // 10),
        ("1e-400", 0),
        ("1e-99999999", 0),
        ("1e999", None),
        ("300w", 300 * 7 * DAY),
        ("100000w", None),
        ("5KB", None),
    ],
)
def test_nanoseconds(text, nanoseconds):
    """Lengths of time are whole nanoseconds, where int64 holds them."""
    assert values.nanoseconds_of(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("1970-01-01", TimePoint(0, DAY)),
        ("1970-01-02T03", TimePoint(DAY + 3 * 3600 * SECOND, 3600 * SECOND)),
        ("1970-01-01T00:01Z", TimePoint(60 * SECOND, 60 * SECOND)),
        ("1970-01-01t00:00:01z", TimePoint(SECOND, SECOND)),
        ("1970-01-01 00:00:01.5", TimePoint(SECOND * 3 // 2, SECOND // 10)),
        ("1970-01-01T00:00:00.123456789Z", TimePoint(123_456_789, 1)),
        ("1970-01-01T02:00+02:00", TimePoint(0, 60 * SECOND)),
        ("1969-12-31T23:59:59.999999999Z", TimePoint(-1, 1)),
        ("2026-02-30", None),
        ("2026-01-01T24:00", None),
        ("2026-01-01T10:00+25:00", None),
        ("2026-01-01T10:00:00.1234567890", None),
        ("1600-01-01", None),
        ("2300-01-01", None),
        ("0000-01-01", None),
        ("2026-1-1", None),
        ("20260101", None),
        ("2026-01-01Z", None),
        ("2026-01-01\n", None),
    ],
)
def test_time(text, point):
    """A time literal names an instant and the unit that it spells out; everything else is no time."""
    assert values.time_of(text) == point


@given(st.text("0123456789-:.TZ+ kMBsmhdw", max_size=25))
def test_any_text_has_a_meaning_or_none(text):
    """No text makes the readers of literals fail."""
    for read in (values.number_of, values.nanoseconds_of, values.time_of):
        read(text)


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_are_exact(number):
    """Integers of the stored kinds read back exactly."""
    assert values.json_number(str(number)) == number


@given(st.integers(0, 2**62), st.sampled_from(("", "Z", "+00:00", "-00:00")))
def test_times_are_exact(nanoseconds, zone):
    """Nanoseconds survive their RFC 3339 text."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    text = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09}{zone}"
    assert values.time_of(text) == TimePoint(nanoseconds, 1)
