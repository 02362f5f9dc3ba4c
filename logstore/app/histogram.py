"""How many events there are of which level, over time: in bars whose width fits the window."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from logstore.app.answers import Answer
from logstore.app.formats.instants import instant_text
from logstore.errors import CallerError
from logstore.model.schema import LEVEL, LEVELS, TIME
from logstore.model.timespan import TimeSpan
from query.lang.parse import parse

COUNT: Final = "count"
MOST_BUCKETS: Final = 2000
"""Bars that can be asked for: no screen shows more."""

_MOST_LEVELS: Final = 100
"""Levels that are told apart: a query may call anything a level, and each has a number for every bar."""

_MS: Final = 1_000_000
_DAY_MS: Final = 86_400_000
_STEPS_MS: Final = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000),
    *(60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000),
    *(3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, _DAY_MS),
)
"""Widths that people can read off an axis. From 10 s on they are multiples of what tallies count by."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Bars that cover a window: `count` of them, each `step_ms` wide; the first begins at a multiple of that."""

    window: TimeSpan
    start_ns: int
    step_ms: int
    count: int

    @property
    def starts(self) -> tuple[int, ...]:
        """When each begins."""
        return tuple(self.start_ns + place * self.step_ms * _MS for place in range(self.count))

    def place(self, time_ns: int) -> int:
        """The bar that begins at a time."""
        return (time_ns - self.start_ns) // (self.step_ms * _MS)


def grid_over(window: TimeSpan, buckets: int) -> Grid:
    """The narrowest readable bars that are so many at most, and one more where the window begins within one.

    The window has a start and an end.
    """
    start, end = window.start_ns or 0, window.end_ns or 0
    step_ms = _readable(-(-(end - start) // (buckets * _MS)))
    step = step_ms * _MS
    first = start // step * step
    return Grid(window, first, step_ms, -(-(end - first) // step))


def _readable(wanted_ms: int) -> int:
    """The smallest readable width that is not below; beyond a day, whole days."""
    place = bisect_left(_STEPS_MS, wanted_ms)
    return _STEPS_MS[place] if place < len(_STEPS_MS) else -(-wanted_ms // _DAY_MS) * _DAY_MS


def histogram_question(text: str, grid: Grid) -> str:
    """A query for the numbers of events of a text in these bars. Raises `QueryError` for a text that is no query."""
    parse(text)
    return f"{text}\n| count by bin({grid.step_ms}ms), {LEVEL}"


def bounds_question(text: str) -> str:
    """A query for the times of the first and the last event. Raises `QueryError` for a text that is no query."""
    parse(text)
    return f"{text}\n| stats {COUNT}(), min({TIME}) as first, max({TIME}) as last"


def bounds_of(answer: Answer, window: TimeSpan) -> TimeSpan | None:
    """The window with the ends that it lacks, by an answer to `bounds_question`; None when there is nothing in it.

    Raises:
        CallerError: the query changes the times.
    """
    (row,) = _rows(answer)
    if not row[COUNT]:
        return None
    first, last = _time(row["first"]), _time(row["last"])
    start = first if window.start_ns is None else window.start_ns
    end = last + 1 if window.end_ns is None else window.end_ns
    if start >= end:
        raise _times_are_changed()
    return TimeSpan(start, end)


def histogram_of(answer: Answer, grid: Grid) -> dict[str, Any]:
    """What is told of an answer to `histogram_question`: a number for each level and bar, 0 where there is nothing.

    Raises:
        CallerError: more levels than can be told apart, or the query changes the times.
    """
    counts: dict[str | None, list[int]] = {}
    for row in _rows(answer):
        level = None if row[LEVEL] is None else str(row[LEVEL])
        place = grid.place(_time(row[TIME]))
        if not 0 <= place < grid.count:
            raise _times_are_changed()
        counts.setdefault(level, [0] * grid.count)[place] += row[COUNT]
        if len(counts) > _MOST_LEVELS:
            raise CallerError(f"more than {_MOST_LEVELS} levels", "let the field level be what its name says")
    facts = answer.facts()
    return {
        "from": instant_text(grid.window.start_ns or 0),
        "to": instant_text(grid.window.end_ns or 0),
        "step_ms": grid.step_ms,
        "times": [instant_text(start) for start in grid.starts],
        "series": [{"level": level, "counts": counts[level]} for level in sorted(counts, key=_rank)],
        "total": sum(map(sum, counts.values())),
        "notices": list(facts.notices),
        "partial": facts.partial,
    }


NOTHING: Final[Mapping[str, Any]] = {
    "from": None,
    "to": None,
    "step_ms": None,
    "times": [],
    "series": [],
    "total": 0,
    "notices": [],
    "partial": None,
}
"""What is told where a window without ends holds nothing."""


def _rank(level: str | None) -> tuple[int, str]:
    """By severity, then by name; events without a level come last."""
    if level is None:
        return len(LEVELS) + 1, ""
    return (LEVELS.index(level) if level in LEVELS else len(LEVELS)), level


def _time(value: object) -> int:
    if not isinstance(value, _Time):
        raise _times_are_changed()
    return value


def _times_are_changed() -> CallerError:
    hint = "leave the stage out that makes something else of the field time"
    return CallerError("events are counted by their own time, and the query changes it", hint)


class _Time(int):
    """A time in nanoseconds, as Python's own times have none."""


def _rows(answer: Answer) -> Iterator[dict[str, Any]]:
    """Rows by field, of several kinds the one that there is."""
    fields = [column.field for column in answer.shape.columns]
    nothing: dict[str, Any] = dict.fromkeys((*fields, LEVEL))
    for batch in answer.batches():
        for values in zip(*map(_plain, batch.columns), strict=True):
            yield nothing | {field: value for field, value in zip(fields, values, strict=True) if value is not None}


def _plain(column: pa.Array) -> list[Any]:
    if not pa.types.is_timestamp(column.type):
        values: list[Any] = column.to_pylist()
        return values
    return [None if value is None else _Time(value) for value in column.cast(pa.int64()).to_pylist()]
