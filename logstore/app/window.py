"""The window of time that a question is asked of, from what a person or program said about it.

The same rules for the command line and the HTTP API, so that both mean the same hour.
"""

from __future__ import annotations

from dataclasses import dataclass

from logstore.errors import CallerError
from logstore.model.timespan import EVERYTHING, MAX_NS, MIN_NS, TimeSpan
from query.lang.values import duration_seconds, nanoseconds_of, time_of

DEFAULT_SINCE = "1h"
"""Asking costs as much as there is to read: the last hour is what people mean, and cheap."""

_EXAMPLES = "15m, 1.5h, 2d"


class WindowError(CallerError):
    """A window that cannot be understood."""


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """What was said: at most one of `since`, `start` with or without `end`, and `everything`.

    Attributes:
        since: a duration before now.
        start, end: RFC 3339 times, `now`, or durations before now; `start` is in the window, `end` is not.
        everything: all times.
    """

    since: str | None = None
    start: str | None = None
    end: str | None = None
    everything: bool = False


def resolve(request: WindowRequest, now_ns: int) -> TimeSpan:
    """The window that was asked for; by default the last hour, `now` included.

    Raises:
        WindowError: contradictory, empty, or not times.
    """
    _refuse_contradictions(request)
    if request.everything:
        return EVERYTHING
    if request.start is None and request.end is None:
        since = _duration_ns(request.since if request.since is not None else DEFAULT_SINCE, "since")
        return TimeSpan(_clamped(now_ns - since), now_ns + 1)
    start = None if request.start is None else _point(request.start, now_ns, "from")
    end = None if request.end is None else _point(request.end, now_ns, "to")
    if start is not None and end is not None and start >= end:
        raise WindowError(f"the window is empty: from {request.start} is not before to {request.end}")
    return TimeSpan(start, end)


def _refuse_contradictions(request: WindowRequest) -> None:
    ranged = request.start is not None or request.end is not None
    said = [
        name
        for name, given in (("since", request.since is not None), ("from/to", ranged), ("all", request.everything))
        if given
    ]
    if len(said) > 1:
        raise WindowError(f"{' and '.join(said)} contradict each other", "give one of them")


def _point(text: str, now_ns: int, name: str) -> int:
    if text == "now":
        return now_ns
    moment = time_of(text)
    if moment is not None:
        return moment.start_ns
    ago = text.removesuffix(" ago").removeprefix("-")
    if duration_seconds(ago) is None:
        raise WindowError(
            f"{name} is neither a time nor a duration: {text!r}",
            f"times look like 2026-11-22T10:00:00Z or 2026-11-22, durations before now like {_EXAMPLES}",
        )
    return _clamped(now_ns - _duration_ns(ago, name))


def _duration_ns(text: str, name: str) -> int:
    seconds = duration_seconds(text)
    if seconds is None or seconds < 0:
        raise WindowError(f"{name} is not a duration: {text!r}", f"durations look like {_EXAMPLES}")
    nanoseconds = nanoseconds_of(text)
    return MAX_NS if nanoseconds is None else nanoseconds


def _clamped(time_ns: int) -> int:
    return max(MIN_NS, min(MAX_NS, time_ns))
