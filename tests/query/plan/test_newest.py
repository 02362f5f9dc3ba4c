"""The window of the newest events holds them all, and is small where row groups follow each other."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.snapshot import RowGroup, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan import logical
from query.plan.demand import Demand
from query.plan.lower import lower
from query.plan.newest import newest_wanted, window_of_newest
from query.plan.prune import Bounds, Pruned, Search, prune
from query.plan.rules import optimise
from tests.query.plan.test_prune import PART

_TIMES = st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=6), min_size=1, max_size=5)


def _pruned(files: list[list[list[int]]], bounds: Bounds) -> Pruned:
    """Parts with row groups of events at these times."""
    return prune(Snapshot(100, tuple(map(_part, range(len(files)), files))), bounds, Search(Demand()))


def _part(number: int, groups: list[list[int]]) -> object:
    first, packed = 0, []
    for times in groups:
        packed.append(RowGroup(first, len(times), min(times), max(times)))
        first += len(times)
    every = [time for times in groups for time in times]
    return replace(
        PART, path=f"/{number}", rows=first, row_groups=tuple(packed), time_min_ns=min(every), time_max_ns=max(every)
    )


@given(files=st.lists(_TIMES, max_size=4), count=st.integers(1, 40), start=st.none() | st.integers(0, 50))
def test_the_newest_are_in_the_window(files, count, start) -> None:
    """Whatever the row groups overlap, and wherever the window begins."""
    bounds = Bounds(TimeSpan(start, None), 100)
    window = window_of_newest(_pruned(files, bounds), bounds, count)
    seen = sorted(time for groups in files for times in groups for time in times if start is None or time >= start)
    newest = seen[-count:]
    assert all(window.overlaps(time, time) for time in newest)


def test_only_what_is_needed_is_in_it() -> None:
    """Of three row groups that follow each other the last one, when that is enough."""
    bounds = Bounds(EVERYTHING, 100)
    pruned = _pruned([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], bounds)
    assert window_of_newest(pruned, bounds, 3) == TimeSpan(7, None)
    assert window_of_newest(pruned, bounds, 4) == TimeSpan(4, None)
    assert window_of_newest(pruned, bounds, 10) == EVERYTHING


def test_stages_that_look_at_the_newest() -> None:
    """A limit, with nothing before it that changes which rows there are."""
    assert newest_wanted(_chain("* | limit 5 | patterns")) == 5
    assert newest_wanted(_chain("* | let a = 1 | limit 5 | count")) == 5
    for text in ("*", "x:1 | limit 5", "* | sort n | limit 5", "* | dedup n | limit 5", "* | count by n | limit 5"):
        assert newest_wanted(_chain(text)) is None


def _chain(text: str) -> list[logical.Plan]:
    plan = optimise(lower(parse(text), 0, EVERYTHING))
    chain = []
    while not isinstance(plan, logical.Scan):
        chain.append(plan)
        plan = plan.input
    return chain[::-1]
