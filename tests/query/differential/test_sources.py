"""Engine and model agree on stages that take rows from elsewhere: empty ones, tied ones, those of mixed kinds."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from logstore.clock import SystemClock
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.differential.cases import Dataset, SwitchedSource, disagreements, laid_down
from tests.query.differential.events import BASE_NS, NOW_NS, Event
from tests.query.differential.placement import indexes_anywhere
from tests.query.differential.values import Json, Time, Value

VALUES: tuple[Value, ...] = (
    1,
    1.0,
    "1",
    "1.0",
    "a",
    "A",
    2**53 + 1,
    2.0**53,
    True,
    Json("[1]"),
    "[1]",
    float("nan"),
    None,
)

QUERIES = {
    "both sides": "v:1 | union (v:a)",
    "nothing on one side": "v:1 | union (absent)",
    "nothing on either side": "absent | union (absent) | count by v",
    "found twice": "v:1 | union (v:1 | let twice = true)",
    "kinds meet": "v:a | fields v | union (* | fields v)",
    "closed beside open": "v:1 | fields v, n | union (v:a) | where n is not null | sort n",
    "gone on one side": "v:1 | drop n | union (v:a) | where n > 1 | fields n, v",
    "groups": "* | count by v | union (n:>3 | count by v, tag)",
    "three in a row": "v:1 | fields n | union (v:a | fields n | union (v:A | fields v)) | dedup v keep newest",
    "oldest of ties": "v:1 | let side = 1 | union (v:1 | let side = 2) | stats first(side), last(side), values(side)",
    "equal as the language has it": "* | join (* | fields v, n | rename n as m) on v | fields n, v, m",
    "lines around": "v:1 | context 1",
    "lines before": "n:(7, 8, 9, 30) | context -3 | fields n, match, context",
    "lines after, by a field of all kinds": "v:* | limit 9 | context +2 by v | fields n, v, match, context",
    "the first and the last line": "n:(0, 38) | context 4 by v, tag | count by match, context",
    "more lines than there are": "n:20 | context 500 | count by match, tag",
    "outside of the window": "time:2026-11-22T10:00:05 | sort n | limit 2 | context 3 | fields n, time",
    "ties in time": "n:(16, 19) | context -2 +1 by nowhere | sort time, n | fields n, context",
    "around nothing": "absent | context 3 | fields n, match",
    "around the newest, then more": "* | limit 3 | context 2 | where not match | dedup context | fields n",
    "around what a query found": "v:in(n:3 | fields v) | context 1 | union (n:1 | context +1) | fields n, context",
    "compared context": "n:(20, 21) | context 2 | count by bin(1s) | compare 3s",
    "compared sessions": "v:* | sessions v gap 2s | count by start | compare 3s",
    "could not be computed": "* | where v / 0 == 1 or n == 5 | context 1 | fields n",
    "side by side": "n:>5 | count by v | compare 3s",
    "bins side by side": "time:>=2026-11-22T10:00:02Z n:<30 | stats count(), min(v) by bin(1s), tag | compare 2s",
    "compared without groups": "* | stats count(), values(v), last(v) as l | compare 4s",
    "nothing earlier": "v:* | count by v | compare 1w",
    "an absolute time and now": '* | where time > "2026-11-22T10:00:03Z" and now() > time | count by tag | compare 2s',
    "compared with another query inside": "v:in(n:<9 | fields v) | count by v | compare 5s | where count_before > 1",
    "all kept": "* | join left (n:>30 | fields v, n) on v | fields v, n",
    "numbers against texts": "v:(1, true) | fields v | join left (n:<20 | where v != 1 or n > 5 | fields v, n) on v",
    "two keys": "* | join left (* | count by v, tag) on tag, v | fields n, tag, v, count",
    "joined on what is missing": "* | let w = null | join left (* | let w = null | fields w, n) on w | fields n, w",
    "nothing to join with": "* | join (absent | count by v) on v | count",
    "groups with groups": "* | count by v | join left (n:>9 | stats min(n), max(n) by v) on v",
    "first and last of pairs": "v:a | join (v:a | fields v, n | sort -n) on v | stats first(n), last(n), count()",
    "columns replaced": "* | join (v:1 | fields v, n, tag, message) on v | sort n, -tag | limit 9",
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Every value a few times, by two tags, several at one instant."""
    made = [_event(place) for place in range(3 * len(VALUES))]
    return laid_down(made, (), tmp_path_factory.mktemp("sources"), Random(3), ("parts", "split"))


def _event(place: int) -> Event:
    event: Event = {"time": Time(BASE_NS + place // 4 * 10**9), "_seq": place, "tag": f"t{place % 2}", "n": place}
    value = VALUES[place % len(VALUES)]
    return event if value is None else {**event, "v": value}


@pytest.fixture(scope="module")
def source() -> SwitchedSource:
    """What the engine asks."""
    return SwitchedSource()


@pytest.fixture(scope="module")
def engine(source: SwitchedSource) -> Iterator[Engine]:
    """An engine for all queries."""
    engine = Engine(source, Limits(threads=1), SystemClock(), indexes_anywhere())
    yield engine
    engine.close()


@pytest.mark.parametrize("name", QUERIES)
def test_source(name: str, engine: Engine, source: SwitchedSource, dataset: Dataset):
    """Engine and model agree on what the query's name says."""
    faults = disagreements(engine, source, dataset, Request(QUERIES[name], now_ns=NOW_NS))
    assert not faults, "\n\n".join(faults)
