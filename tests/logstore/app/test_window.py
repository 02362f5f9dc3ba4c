"""Tests of logstore.app.window."""

import pytest

from logstore.app.window import WindowError, WindowRequest, resolve
from logstore.model.timespan import EVERYTHING, MAX_NS, MIN_NS, TimeSpan

SECOND = 1_000_000_000
NOW = 1_795_341_600 * SECOND  # 2026-11-22T10:00:00Z


@pytest.mark.parametrize(
    ("request_", "window"),
    [
        (WindowRequest(), TimeSpan(NOW - 3600 * SECOND, NOW + 1)),
        (WindowRequest(since="1.5h"), TimeSpan(NOW - 5400 * SECOND, NOW + 1)),
        (WindowRequest(since="0s"), TimeSpan(NOW, NOW + 1)),
        (WindowRequest(everything=True), EVERYTHING),
        (WindowRequest(start="2026-11-22T09:00Z"), TimeSpan(NOW - 3600 * SECOND, None)),
        (WindowRequest(start="2026-11-22T10:00:00+01:00", end="now"), TimeSpan(NOW - 3600 * SECOND, NOW)),
        (WindowRequest(start="2h", end="30m ago"), TimeSpan(NOW - 7200 * SECOND, NOW - 1800 * SECOND)),
        (WindowRequest(end="-1h"), TimeSpan(None, NOW - 3600 * SECOND)),
        (WindowRequest(start="2026-11-22T09:59:59.999999999Z"), TimeSpan(NOW - 1, None)),
        (WindowRequest(since="10s"), TimeSpan(NOW - 10 * SECOND, NOW + 1)),
    ],
)
def test_windows_mean_what_people_mean(request_, window):
    """Durations count back from now, times are absolute, the default is the last hour with now in it."""
    assert resolve(request_, NOW) == window


@pytest.mark.parametrize(
    "request_",
    [
        WindowRequest(since="1h", everything=True),
        WindowRequest(since="1h", start="2026-11-22"),
        WindowRequest(end="now", everything=True),
        WindowRequest(since="yesterday"),
        WindowRequest(since="-1h"),
        WindowRequest(since=""),
        WindowRequest(start="2026-13-01"),
        WindowRequest(start="1h", end="2h"),
        WindowRequest(start="now", end="now"),
    ],
)
def test_nonsense_is_refused(request_):
    """Contradictions, empty windows and texts that are no times are errors, never guesses."""
    with pytest.raises(WindowError):
        resolve(request_, NOW)


def test_far_durations_stay_within_what_times_can_be():
    """However long the duration, the window's start is a valid time."""
    start = resolve(WindowRequest(since="99999999999999w"), NOW).start_ns
    assert start is not None
    assert MIN_NS <= start <= MAX_NS
