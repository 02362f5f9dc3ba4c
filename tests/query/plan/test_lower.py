"""What the forms of the language mean, and the mistakes that need no data."""

from __future__ import annotations

import pytest

from logstore.errors import QueryError
from logstore.model.schema import Kind
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan import expressions as plan
from query.plan.logical import Aggregate, Filter
from query.plan.lower import lower
from query.plan.regex import capture_groups
from query.plan.shape import scan_of

NOW_NS = 1_795_341_600 * 10**9
SECOND = 10**9


def _condition(text: str) -> plan.Condition:
    node = lower(parse(text), NOW_NS, EVERYTHING)
    assert isinstance(node, Filter)
    return node.condition


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("time:15m", TimeSpan(NOW_NS - 900 * SECOND, NOW_NS + 1)),
        ("time:2026-11-22T10", TimeSpan(NOW_NS, NOW_NS + 3600 * SECOND)),
        ("time:2026-11-22T10:00Z..2026-11-22T10:01Z", TimeSpan(NOW_NS, NOW_NS + 60 * SECOND)),
        ("time:>2026-11-22T10:00Z", TimeSpan(NOW_NS + 1, None)),
        ("time:>=2026-11-22T10:00Z", TimeSpan(NOW_NS, None)),
        ("time:<2026-11-22T10:00Z", TimeSpan(None, NOW_NS)),
        ("time:<=2026-11-22T10:00Z", TimeSpan(None, NOW_NS + 1)),
        ("error time:>=2026-11-22T10:00Z time:1m", TimeSpan(NOW_NS, NOW_NS + 1)),
        ("error OR time:15m", EVERYTHING),
        ("-time:15m", EVERYTHING),
    ],
)
def test_windows(text: str, window: TimeSpan) -> None:
    """Time terms that must hold narrow the window; others do not."""
    assert scan_of(lower(parse(text), NOW_NS, EVERYTHING)).window == window


def test_a_value_is_all_that_it_may_mean() -> None:
    """Unquoted 43 is a number and a text; quoted it is a text; `true` is a bool and a text; 250ms are seconds."""
    field = plan.FieldRef("f")
    assert _condition("f:43") == plan.Or(
        (plan.NumberTest(field, "==", 43, read_text=False), plan.TextTest(field, "==", "43"))
    )
    assert _condition('f:"43"') == plan.TextTest(field, "==", "43")
    assert _condition("f:true") == plan.Or((plan.TextTest(field, "==", "true"), plan.BoolTest(field, truth=True)))
    assert _condition("f:>250ms") == plan.NumberTest(field, ">", 0.25, read_text=True)
    assert _condition("f:>abc") == plan.TextTest(field, ">", "abc")


def test_levels_are_ranks() -> None:
    """By any of their spellings; what is no level is a mistake with a suggestion."""
    assert _condition("level:WARNING") == plan.LevelTest(plan.FieldRef("level"), "==", 3)
    assert _condition("level:>=err") == plan.LevelTest(plan.FieldRef("level"), ">=", 4)
    with pytest.raises(QueryError) as raised:
        lower(parse("level:eror"), NOW_NS, EVERYTHING)
    assert "error" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        '~"("',
        'f:~"[z-a]"',
        '* | where f ~ "(?=x)"',
        '* | let x = extract(f, "(a)", 2)',
        '* | let x = ip_in(f, "10.0.0.0/99")',
        '* | let x = format_time(time, "%Q")',
        "* | stats rate()",
        "* | stats count(), count()",
        "* | stats count() by a, a",
    ],
)
def test_mistakes_are_found_before_anything_runs(text: str) -> None:
    """Each is a QueryError that knows its place."""
    with pytest.raises(QueryError) as raised:
        lower(parse(text), NOW_NS, EVERYTHING)
    assert raised.value.span is not None


def test_a_rate_is_per_bin_or_per_window() -> None:
    """The first bin of `time`, else the window of the query."""
    for text, seconds in (("* | stats rate() by bin(5m)", 300), ("* | stats rate() by bin(time, 1s), a", 1)):
        node = lower(parse(text), NOW_NS, EVERYTHING)
        assert isinstance(node, Aggregate)
        assert node.seconds == seconds
    node = lower(parse("* | stats rate()"), NOW_NS, TimeSpan(NOW_NS - 60 * SECOND, NOW_NS))
    assert isinstance(node, Aggregate)
    assert node.seconds == 60


def test_shorthands_are_spelled_out() -> None:
    """`count by` is `stats count() by`; `a if`, `??` and `now()` have nodes of their own; percentiles are quantiles."""
    assert lower(parse("* | count by a"), 0, EVERYTHING) == lower(parse("* | stats count() by a"), 0, EVERYTHING)
    node = lower(parse("* | stats p99(a)"), 0, EVERYTHING)
    assert isinstance(node, Aggregate)
    assert (node.aggregations[0].function, node.aggregations[0].constants) == (
        "quantile",
        (plan.Constant(0.99, Kind.FLOAT),),
    )


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        ("a", 0),
        ("(a)", 1),
        ("(?:a)(b)", 1),
        (r"\(a(b)", 1),
        ("[(](x)", 1),
        ("[]()](x)", 1),
        ("(?P<n>a)(?i)b", 1),
        (r"\Q(\E(a)", 1),
        ("((a)|(?i:b))", 2),
        ("[[:alpha:](](x)", 1),
    ],
)
def test_groups_are_counted(pattern: str, groups: int) -> None:
    """Only those that capture, whatever stands around them."""
    assert capture_groups(pattern) == groups
