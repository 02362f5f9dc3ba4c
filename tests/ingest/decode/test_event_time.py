"""Tests of the time of events, form by form."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgpack import Timestamp

from ingest.decode import changes, reasons
from ingest.decode.event_time import event_time
from ingest.decode.reasons import RejectedError
from ingest.decode.values import Ext
from tests.ingest.decode.wire import event_time as sent

NOW = 77


@pytest.mark.parametrize(
    ("raw", "ns", "change"),
    [
        (1_700_000_000, 1_700_000_000 * 10**9, ""),
        (9_223_372_036, 9_223_372_036 * 10**9, ""),
        (-1, -(10**9), changes.TIME_BEFORE_1970),
        (0, NOW, changes.TIME_MISSING),
        (None, NOW, changes.TIME_MISSING),
        (sent(0, 5), NOW, changes.TIME_MISSING),
        (sent(1_700_000_000, 123_456_789), 1_700_000_000_123_456_789, ""),
        (sent(3_000_000_000), 3_000_000_000 * 10**9, ""),
        (sent(4_294_967_293), 4_294_967_293 * 10**9, ""),
        (sent(5, 4_000_000_000), 9 * 10**9, changes.TIME_CARRIED),
        (sent(5, 1_000_000_000), 6 * 10**9, changes.TIME_CARRIED),
        (1_700_000_000.5, 1_700_000_000_500_000_000, ""),
        (1_700_000_000.123, 1_700_000_000_123_000_000, ""),
        (1_700_000_000.1234567, 1_700_000_000_123_456_700, ""),
        (-0.25, -250_000_000, changes.TIME_BEFORE_1970),
        (0.0, NOW, changes.TIME_MISSING),
        (-0.0, NOW, changes.TIME_MISSING),
        (1e-10, NOW, changes.TIME_MISSING),
        (Timestamp(1_700_000_000, 1), 1_700_000_000_000_000_001, ""),
        (Timestamp(-1, 999_999_999), -1, changes.TIME_BEFORE_1970),
        (Timestamp(0, 9), NOW, changes.TIME_MISSING),
    ],
)
def test_every_form_that_is_a_time(raw, ns, change):
    """Integers, EventTime, floats by their decimal, timestamps; second 0 and nil are the receive time."""
    assert event_time(raw, NOW) == (ns, change)


@pytest.mark.parametrize(
    "raw",
    [
        True,
        "1700000000",
        b"1",
        [1],
        (),
        Ext(0, b"\0" * 7),
        Ext(0, b"\0" * 16),
        Ext(1, b"\0" * 8),
        Ext(-1, b"\xff" * 8),
    ],
)
def test_what_is_no_time(raw):
    """Other types, and extensions of another type or length, reject the event."""
    with pytest.raises(RejectedError, match=reasons.BAD_TIME):
        event_time(raw, NOW)


@pytest.mark.parametrize(
    "raw", [2**63, 9_223_372_037, -9_223_372_037, 1e300, float("inf"), float("nan"), Timestamp(2**62, 0)]
)
def test_times_beyond_64_bits_of_nanoseconds(raw):
    """What does not fit rejects the event, and raises nothing else."""
    with pytest.raises(RejectedError, match=reasons.TIME_OUT_OF_RANGE):
        event_time(raw, NOW)


@given(st.integers(1, 9_223_372_035), st.integers(0, 999_999))
def test_a_float_with_few_digits_is_its_decimal(seconds, micros):
    """A time printed to microseconds and parsed as a float is exactly those microseconds."""
    raw = float(f"{seconds % 2**32}.{micros:06d}")
    expected = (seconds % 2**32) * 10**9 + micros * 1000
    assert event_time(raw, expected)[0] == expected


@given(st.floats(-9e9, 9e9))
def test_a_float_is_the_nearest_nanosecond_to_its_digits(raw):
    """No float is further from its time than half a nanosecond."""
    ns, change = event_time(raw, 0)
    if change != changes.TIME_MISSING:
        assert abs(Fraction(repr(raw)) * 10**9 - ns) <= Fraction(1, 2)
