"""Tests of ingest.decode.text_time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.text_time import read_time

NS = 1_000_000_000
NOON = 1_795_348_800 * NS


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22t12:00:00z", NOON),
        ("2026-11-22 12:00:00", NOON),
        ("2026-11-22T12:00:00.5Z", NOON + NS // 2),
        ("2026-11-22 12:00:00,123", NOON + 123_000_000),
        ("2026-11-22T12:00:00.123456789Z", NOON + 123_456_789),
        ("2026-11-22T12:00:00.1234567899Z", NOON + 123_456_789),
        ("2026-11-22T13:30:00+01:30", NOON),
        ("2026-11-22T13:30:00+0130", NOON),
        ("2026-11-22T11:00:00-01", NOON),
        ("2026-11-22T11:59:60Z", NOON),
        ("2024-02-29T00:00:00Z", 1_709_164_800 * NS),
        ("1969-12-31T23:59:59.5Z", -NS // 2),
        ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
        ("1677-09-21T00:12:43.145224192Z", -(2**63)),
    ],
)
def test_text_is_rfc_3339(text, ns):
    """Every spelling of an instant is that instant, to the nanosecond."""
    assert read_time(text.encode()) == ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1795348800", NOON),
        ("1795348800.5", NOON + NS // 2),
        ("1795348800.123456789", NOON + 123_456_789),
        ("1795348800.1234567899", NOON + 123_456_789),
        ("1795348800123", NOON + 123_000_000),
        ("1795348800123.456789", NOON + 123_456_789),
        ("1795348800123456", NOON + 123_456_000),
        ("1795348800123456789", NOON + 123_456_789),
        ("1.7953488e9", NOON),
        ("1.795348800123e+12", NOON + 123_000_000),
        ("17953488e2", NOON),
        ("100000000", 100_000_000 * NS),
        ("99999999999999", 99_999_999_999_999 * 1_000_000),
        ("-1795348800", -NOON),
    ],
)
def test_the_digits_of_a_number_tell_its_unit(text, ns):
    """9 to 11 digits before the point are seconds, 12 to 14 milliseconds, 15 to 17 microseconds, more nanoseconds."""
    if ns <= 2**63 - 1:
        assert read_time(text.encode()) == ns
    else:
        assert read_time(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "0", "0e20", "12", "0.532", "99999999", "1e999", "1e-999", "9223372036854775808", "NaN"),
        *("2026-11-22", "2026-11-22T12:00", "2026-13-22T12:00:00Z", "2026-02-29T12:00:00Z", "2026-11-22T24:00:00Z"),
        *("2026-11-22T12:60:00Z", "2026-11-22T12:00:61Z", "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00+1"),
        *("2026-11-22T12:00:00+24:00", "2026-11-22T12:00:00+01:60", "2026-11-22T12:00:00Zz", "2026-11-22T12:00:00+01:"),
        *("0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2262-04-11T23:47:16.854775808Z"),
        *("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.999Z", "1677-09-21T00:12:43.145224191Z"),
    ],
)
def test_anything_else_is_no_time(text):
    """Durations, dates alone, days that do not exist, what 64 bits do not hold, and the zero of unset clocks."""
    assert read_time(text.encode()) is None


@given(
    st.datetimes(datetime(1678, 1, 1), datetime(2262, 1, 1)),  # noqa: DTZ001 - hypothesis wants them plain
    st.integers(-23 * 60, 23 * 60),
)
def test_it_agrees_with_the_standard_library(moment, minutes):
    """Whatever the day and the offset."""
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert read_time(moment.isoformat().encode()) == (expected if not 0 <= expected < NS else None)
