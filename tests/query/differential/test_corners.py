"""Engine and model agree at the corners of the semantics, each named by what lies there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

import pytest

from logstore.clock import SystemClock
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.differential.cases import Dataset, SwitchedSource, disagreements, laid_down
from tests.query.differential.events import BASE_NS, NOW_NS, Event
from tests.query.differential.values import Json, Time, Value

VALUES: tuple[Value, ...] = (
    0.0, -0.0, 0, 1, 1.0, "1", True, False, "", " ", "é", math.nan, -math.nan, math.inf, -math.inf, 5e-324, 1e300,
    -1e300, 2**53, 2.0**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2.0**63, 2**64 - 1, 2.0**64, "9007199254740993",
    "1e400", "0043", " 5", "-0", "NaN", "null", Json("[]"), Json("{}"), Json('[1,{"to":"é"}]'), None,
)  # fmt: skip
"""One each in field `v`; None is missing."""

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal", None)
INSTANTS = (0, -1, -(10**9), BASE_NS, BASE_NS - 1, BASE_NS + 1, BASE_NS + 999_999_999)

QUERIES = {
    "total order": "* | sort v | fields v",
    "total order, down": "* | sort -v | fields v",
    "one of each": "* | dedup v | fields v",
    "groups of equal values": "* | count by v",
    "listed": "* | stats values(v), distinct(v), min(v), max(v), first(v), last(v)",
    "numbers only": "* | stats sum(v), avg(v), stddev(v), p50(v), count(v) by level",
    "large squares": "v:(1e300, -1e300, 1) | stats stddev(v), avg(v)",
    "buckets": "* | stats histogram(v)",
    "aggregates of counts": "* | stats distinct(v) as d by level | stats values(d), max(d), sum(d)",
    "a constant to sort by": '* | let x = "a", y = 2, z = true | sort x, y, z | fields v',
    "a field that is nowhere": "-w:* | sort w | dedup v keep newest | fields v",
    "exact integers": "v:>9007199254740992 | fields v",
    "between float and integer": "* | where v == 9007199254740993 or v == 18446744073709551616 | fields v",
    "infinite literals": "* | where v < 1e400 and v > -1e400 | fields v",
    "every opposite": "* | where not (v == 1) and not (v != 1) | fields v",
    "overflow": "* | let a = v + 1, b = v - 1, c = v * 2, d = -v, e = v / 0, f = v % 7 | fields v, a, b, c, d, e, f",
    "spelled": "* | let t = text(v), n = number(text(v)) | fields v, t, n",
    "rounded": "* | let a = round(v), b = floor(v), c = ceil(v), d = round(v, 2), e = abs(v) | fields v, a, b, c, d, e",
    "logarithms": "* | let a = sqrt(v), b = log(v), c = exp(v), d = pow(v, 0.5) | fields v, a, b, c, d",
    "bins of numbers": "* | count by bin(v, 10)",
    "bins of time": "* | count by bin(1s)",
    "long bins": "* | count by bin(1w)",
    "far times": "* | let a = time + 1e9, b = time + 1e10, c = time - 0.000000001 | fields a, b, c",
    "severity": "* | sort -level, v | fields level, v",
    "levels as text": '* | where level > "Warning" or level == "TRACE" | count by level',
    "half a nanosecond": "time:>=2026-11-22T10:00:00Z time:<2026-11-22T10:00:01 | sort time | fields time",
    "a subquery of all kinds": "v:in(v:* | fields v) | fields v",
    "paths into JSON": '* | let a = json_get(v, "[1].to"), b = json_get(v, "[0]"), c = json_len(v) | fields v, a, b, c',
    "digits as text": '* | where v ~ "^[0-9]+$" or v like "%3" | fields v',
    "wildcards": "v:?* | fields v",
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Every value, at few instants and levels in turn."""
    return laid_down(
        [_event(place, value) for place, value in enumerate(VALUES)], (), tmp_path_factory.mktemp("corners"), Random(7)
    )


def _event(place: int, value: Value) -> Event:
    held = {"level": LEVELS[place % len(LEVELS)], "v": value, "message": f"value {place}"}
    event: Event = {"time": Time(INSTANTS[place % len(INSTANTS)]), "_seq": place, "tag": "t"}
    return {**event, **{field: value for field, value in held.items() if value is not None}}


@pytest.fixture(scope="module")
def source() -> SwitchedSource:
    """What the engine asks."""
    return SwitchedSource()


@pytest.fixture(scope="module")
def engine(source: SwitchedSource) -> Iterator[Engine]:
    """An engine for all queries."""
    engine = Engine(source, Limits(threads=1), SystemClock())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def joining(source: SwitchedSource) -> Iterator[Engine]:
    """An engine that never makes a list of what a query inside another finds."""
    engine = Engine(source, Limits(threads=1, listed_values=0), SystemClock())
    yield engine
    engine.close()


@pytest.mark.parametrize(
    "text",
    [
        "v:in(v:* | fields v) | fields v",
        "v:in(-v:* | fields v) | fields v",
        "-(v:in(v:(1, 2, x*, true) | fields v)) OR level:info | fields v, level",
        "v:in(* | let w = number(text(v)) | fields w) | fields v",
        "v:in(v:in(level:info | fields v) | let w = text(v) | fields w) | fields v",
        "v:in(* | fields time) OR level:in(v:* | fields level) | fields v",
    ],
)
def test_lists_and_joins_agree(text: str, engine: Engine, joining: Engine, source: SwitchedSource, dataset: Dataset):
    """A query inside another means the same, whether its values become a list or not."""
    for each in (engine, joining):
        faults = disagreements(each, source, dataset, Request(text, now_ns=NOW_NS))
        assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize("name", QUERIES)
def test_corner(name: str, engine: Engine, source: SwitchedSource, dataset: Dataset):
    """Engine and model agree on what the query's name says."""
    faults = disagreements(engine, source, dataset, Request(QUERIES[name], now_ns=NOW_NS))
    assert not faults, "\n\n".join(faults)
