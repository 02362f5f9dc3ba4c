"""Tests of query.plan.describe and query.plan.explain."""

import pytest

from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan.describe import steps
from query.plan.explain import explain_plan, explain_sql
from query.plan.lower import lower
from query.plan.rules import optimise

NOW_NS = 1_795_341_600_000_000_000


def plan_of(text, window=EVERYTHING):
    """The plan as the engine makes it."""
    return optimise(lower(parse(text), NOW_NS, window))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level:>=warn a:(x, y)", 'level >= warn and (a == "x" or a == "y")'),
        ('"connection refused" -err*', 'message has "connection refused" as words and not message has "err"'),
        ('a:b*c? x:* y:~"z+"', 'a fits "b*c?" and x is present and y ~ "z+"'),
        ("trace:in(level:fatal | fields trace)", "trace in (scan all times; the fields level, trace | filter"),
        ("* | where ms / 2 > 250ms or not (a == b)", "(ms / 2) > 0.25 or not a == b"),
        ('* | where not time > "2026-11-22T10:00Z"', "time > 2026-11-22T10:00:00.000000000Z"),
    ],
)
def test_conditions_read_like_the_language(text, said):
    """A filter says which tests are made, without the marks of our data structures."""
    [(_, details)] = [step for step in steps(plan_of(text)) if step[0] == "filter"]
    assert said in details


def test_every_stage_is_a_line_in_the_order_of_the_query():
    """From the scan to the last stage, names aligned."""
    text = (
        "tag:a | let q = ms * 2, z = a ?? lower(b) | rename ms as took | stats count(), p99(q) as p by bin(1m), z"
        " | sort -count | dedup z keep newest | drop p* | limit 5"
    )
    lines = explain_plan(plan_of(text, TimeSpan(NOW_NS, None))).splitlines()
    assert lines[0] == "plan"
    assert [line.split()[0] for line in lines[1:]] == [
        "scan",
        "filter",
        "extend",
        "rename",
        "aggregate",
        "sort",
        "dedup",
        "drop",
        "limit",
    ]
    assert lines[1].startswith("  scan       times [2026-11-22T10:00:00.000000000Z, …)")
    assert lines[3] == "  extend     q = (ms * 2), z = (a ?? lower(b))"
    assert lines[5] == "  aggregate  count() as count, quantile(q, 0.99) as p by bin(time, 60) as time, z"
    assert lines[6] == "  sort       count descending"


@pytest.mark.parametrize("text", ["* | top 3 a, b", "* | rare 3 a | fields a", '* | let x = if(a == "b", now(), null)'])
def test_no_form_is_shown_as_a_data_structure(text):
    """No brackets of Python objects, no places in the text."""
    said = explain_plan(plan_of(text))
    assert "Span" not in said
    assert "name=" not in said


def test_sql_is_set_off():
    """Each line of the statement stands under its heading."""
    assert explain_sql("WITH a\nSELECT 1") == "SQL\n  WITH a\n  SELECT 1"
