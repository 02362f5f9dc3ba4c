"""The laws of rules: done twice is done once, and rows stay what they are."""

from __future__ import annotations

import duckdb
import pytest

from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan import logical
from query.plan.expressions import And, FieldRef, IsPresent, TextTest
from query.plan.logical import Filter, Scan
from query.plan.lower import lower
from query.plan.pruning import Pruning
from query.plan.rules import RULES, optimise
from query.plan.rules.merge_filters import merge_filters
from query.plan.rules.needed_fields import needed_fields
from query.plan.rules.window_from_time import window_from_time
from query.plan.shape import scan_of
from query.sql.compile import Compiled, compile_plan
from tests.query.sql.laid_down import NOW_NS, Json, batch, in_memory

QUERIES = [
    "*",
    "error",
    "level:error status:>=500 -tag:health.*",
    "time:15m (a OR b) (c:1 (d:2 e:3))",
    "time:2026-11-22 time:<2026-11-22T11:00Z | where time > now() - 5",
    "* | where a > 1 | where b < 2 | where a + b > 0 | where c == 1",
    "* | where a is not null and (b > 0 and c > 0) | fields a, c",
    "* | let x = a + b, y = x / c | where y > 0 | drop a | fields x*, y",
    "* | rename a as b | sort -b | limit 3",
    "a:in(time:1h b:2 | fields a) | count by a, b",
    "-(a:in(b:>0 | fields a)) | count",
    "* | stats sum(a) as s, countif(b > 1) by bin(1m), c | sort -s",
    "* | top 3 a, b | where count > 0",
    "* | dedup a keep newest | fields b | limit 2",
    "a:>0 | sample 7 | fields a",
    "a:>0 | let x = b * 2 | facets 3 | where count > 1",
    "* | json | where e.f > 1 | fields a, e.f, e.g, message",
    "* | logfmt message as m | where m.k == 2 | stats max(m.k), count() by m.x",
    '* | parse "error <n:number> <rest>" | where n > 3 | parse ~"(?P<first>.)" from rest | fields n, first',
    "error | let x = a | sessions x gap 2s | where count > 1",
    "* | drop * | limit 2",
    "a:1 | where b > 0 | union (time:1h b:2 | where c == 1 | where a > 0) | fields a, b",
    "time:1h a:1 | where b > 0 | count by bin(5m), c | compare 1h | where count_before > 1",
    "a:1 | fields a | union (b:2 | rename b as a) | count by a",
    "* | where b > 1 | join left (time:1h | where c == 1 | where a > 0 | fields a, b) on a | count by b, a",
]

ROWS = [
    {
        "a": n % 3,
        "b": float(n % 4),
        "c": str(n % 5),
        "d": n % 7 == 0,
        "e": Json("[]"),
        "message": f"error {n} a b",
        "level": "error",
    }
    for n in range(30)
] + [
    {"a": "text", "status": 503, "tag": "health.x"},
    {"message": '{"a": 7, "e": {"f": 2, "g": [1]}}'},
    {"message": 'k=2 x="y z" k=3'},
    {},
]


def _plain(text: str) -> logical.Plan:
    return lower(parse(text), NOW_NS + 10**9, EVERYTHING)


@pytest.mark.parametrize("text", QUERIES)
def test_optimising_twice_changes_nothing(text: str) -> None:
    """All rules together, and each alone, which makes nothing anew either."""
    once = optimise(_plain(text))
    assert optimise(once) == once
    for rule in RULES:
        ruled = rule(_plain(text))
        assert rule(ruled) is ruled


@pytest.mark.parametrize("text", QUERIES)
def test_optimised_plans_give_the_same_rows(text: str) -> None:
    """The plan as written and the plan after the rules, over the same events."""
    snapshot = in_memory(batch(ROWS[:16]), batch(_later(ROWS[16:]))).held
    plain, better = (compile_plan(plan, Pruning(snapshot)) for plan in (_plain(text), optimise(_plain(text))))
    assert plain.output == better.output
    assert _rows(plain) == _rows(better)


def _later(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**row, "_seq": 17 + place, "time": NOW_NS + place} for place, row in enumerate(rows)]


def _rows(compiled: Compiled) -> list[tuple[object, ...]]:
    with duckdb.connect(":memory:") as database:
        for table in compiled.tables:
            database.register(table.name, table.arrow())
        return list(database.execute(compiled.sql).fetchall())


def test_filters_merge_into_one() -> None:
    """Adjacent ones, nested ones, and none at all."""
    a, b, c = (IsPresent(FieldRef(name)) for name in "abc")
    assert merge_filters(Filter(Filter(Scan(), a), And((b, And((c,)))))) == Filter(Scan(), And((a, b, c)))
    assert merge_filters(Filter(Scan(), And(()))) == Scan()


def test_filters_that_compute_stay_apart() -> None:
    """What they cannot compute is counted on the rows that reach them."""
    plan = merge_filters(_plain("* | where a > 1 | where a + b > 1"))
    assert isinstance(plan, Filter)
    assert isinstance(plan.input, Filter)


def test_time_tests_become_the_window() -> None:
    """Those that every row must pass; `or`, `not` and a replaced `time` do not count."""
    hour = TimeSpan(NOW_NS, NOW_NS + 3600 * 10**9)
    assert window_from_time(_plain("time:2026-11-22T10")) == Scan(hour)
    assert (
        scan_of(optimise(_plain('* | where time >= "2026-11-22T10:00Z" | where time < "2026-11-22T11:00Z"'))).window
        == hour
    )
    for text in ("time:2026-11-22T10 OR a:1", "-time:2026-11-22T10", '* | let time = 5 | where time > "2026-11-22"'):
        assert scan_of(optimise(_plain(text))).window == EVERYTHING


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("*", None),
        ("a:1", None),
        ("* | count", set()),
        ("a:1 error | count", {"a", "message"}),
        ("* | count by a", {"a"}),
        ("* | let x = a + b, y = x | fields y", {"a", "b"}),
        ("* | rename a as b | fields b", {"a"}),
        ("* | sort -a | fields b", {"a", "b"}),
        ("* | fields a* | count", None),
        ("* | dedup a | stats max(b)", {"a", "b"}),
        ("* | where a > 1 | top 3 b, c", {"a", "b", "c"}),
        ("* | drop a | fields b", {"a", "b"}),
    ],
)
def test_a_scan_reads_what_is_looked_at(text: str, fields: set[str] | None) -> None:
    """And what it reads beside that is nothing."""
    found = scan_of(needed_fields(_plain(text))).fields
    assert found is None if fields is None else found is not None and found >= fields - {"a"} and found <= fields


def test_a_plan_is_a_value() -> None:
    """Spans do not take part in equality: the same query written with more blanks is the same plan."""
    assert _plain("tag:a   |   where a>1") == _plain("tag:a | where a > 1")
    assert _plain("tag:a") == Filter(Scan(), TextTest(FieldRef("tag"), "==", "a"))
