"""Each stage, as a tree and as canonical text; and what the columns of `stats` are called."""

from __future__ import annotations

import pytest

from query.lang import nodes as n
from query.lang.naming import aggregation_name, grouping_name
from query.lang.parse import parse
from query.lang.stages import STAGES
from query.lang.unparse import unparse_stage

A, B, C = (n.Field(name) for name in "abc")
COUNT = n.Aggregation(n.Call("count", ()))
MINUTE = n.Grouping(n.Call("bin", (n.Number("1m"),)))

CASES = [
    ("where a", n.Where(A), None),
    (
        "let x = 1, y = x",
        n.Let((n.Assignment(n.Field("x"), n.Number("1")), n.Assignment(n.Field("y"), n.Field("x")))),
        None,
    ),
    ("let by = null", n.Let((n.Assignment(n.Field("by"), n.Null()),)), "let `by` = null"),
    ('parse "x=<a> <_>"', n.Parse(n.String("x=<a> <_>"), n.Field("message")), None),
    ('parse ~"(?P<a>\\d+)" from b', n.Parse(n.Regex(r"(?P<a>\d+)"), B), None),
    ('parse "<a>" from message', n.Parse(n.String("<a>"), n.Field("message")), 'parse "<a>"'),
    ("json", n.Unpack("json", n.Field("message")), None),
    ("json a as b", n.Unpack("json", A, B), None),
    ("json `as` as `as`", n.Unpack("json", n.Field("as"), n.Field("as")), None),
    ("logfmt message as b", n.Unpack("logfmt", n.Field("message"), B), "logfmt as b"),
    ("fields a, `b c`, kube*", n.Fields((A, n.Field("b c"), n.FieldPrefix("kube"))), None),
    ("fields *", n.Fields((n.FieldPrefix(""),)), None),
    ("fields by, in, limit", n.Fields(tuple(map(n.Field, ("by", "in", "limit")))), "fields `by`, `in`, limit"),
    ("drop a, `x y`*", n.Drop((A, n.FieldPrefix("x y"))), None),
    ("rename a as b, b as a", n.Rename((n.Renaming(A, B), n.Renaming(B, A))), None),
    ("stats count()", n.Stats((COUNT,)), None),
    (
        "stats count() as n, p99.9(a) by bin(1m), b as c",
        n.Stats(
            (n.Aggregation(n.Call("count", ()), n.Field("n")), n.Aggregation(n.Call("p99.9", (A,)))),
            (MINUTE, n.Grouping(B, C)),
        ),
        None,
    ),
    ("stats count() by by", n.Stats((COUNT,), (n.Grouping(n.Field("by")),)), "stats count() by `by`"),
    (
        "stats count(count) as count",
        n.Stats((n.Aggregation(n.Call("count", (n.Field("count"),)), n.Field("count")),)),
        None,
    ),
    ("count", n.Count(), None),
    ("count by a, bin(1m)", n.Count((n.Grouping(A), MINUTE)), None),
    ("top 5 a, b", n.Top(5, (A, B)), None),
    ("top a", n.Top(10, (A,)), "top 10 a"),
    ("top limit", n.Top(10, (n.Field("limit"),)), "top 10 limit"),
    ("rare 3 a", n.Rare(3, (A,)), None),
    ("sort a, -b", n.Sort((n.SortKey(A), n.SortKey(B, descending=True))), None),
    ("sort - a", n.Sort((n.SortKey(A, descending=True),)), "sort -a"),
    ("limit 0", n.Limit(0), None),
    ("sample 5", n.Sample(5), None),
    ("facets", n.Facets(10), "facets 10"),
    ("facets 3", n.Facets(3), None),
    ("sessions a gap 30s", n.Sessions(A, n.Number("30s")), None),
    ("sessions gap gap 1", n.Sessions(n.Field("gap"), n.Number("1")), None),
    ("dedup a, b", n.Dedup((A, B)), None),
    ("dedup a keep newest", n.Dedup((A,), keep_newest=True), None),
    ("join (a) on a", n.Join(n.Query(n.Word("a")), (A,)), None),
    (
        "join left (| count) on left, `on`",
        n.Join(n.Query(n.Everything(), (n.Count(),)), (n.Field("left"), n.Field("on")), left=True),
        "join left (* | count) on left, on",
    ),
    ("context 3", n.Context(3, 3), None),
    ("context -3 +3", n.Context(3, 3), "context 3"),
    ("context -5 +0", n.Context(5, 0), "context -5"),
    ("context +2 by a, by", n.Context(0, 2, (A, n.Field("by"))), "context +2 by a, `by`"),
    ("context -5 +2 by a", n.Context(5, 2, (A,)), None),
    ("compare 1.5h", n.Compare(n.Number("1.5h")), None),
    ("union (a | limit 1)", n.Union(n.Query(n.Word("a"), (n.Limit(1),))), None),
    (
        "union (* | union ())",
        n.Union(n.Query(n.Everything(), (n.Union(n.Query(n.Everything())),))),
        "union (* | union (*))",
    ),
    ("dedup keep keep newest", n.Dedup((n.Field("keep"),), keep_newest=True), "dedup `keep` keep newest"),
    ("patterns", n.Patterns(n.Field("message")), None),
    ("patterns message", n.Patterns(n.Field("message")), "patterns"),
    ("patterns `user-agent`", n.Patterns(n.Field("user-agent")), None),
]


@pytest.mark.parametrize(("text", "tree", "canonical"), CASES)
def test_stage_form(text, tree, canonical):
    """Each stage gives its node, and the node gives the canonical text."""
    before = "* | count" if isinstance(tree, n.Compare) else "*"
    stage = parse(f"{before} | {text}").stages[-1]
    assert stage == tree
    assert unparse_stage(stage) == (text if canonical is None else canonical)


def test_every_stage_is_listed():
    """The list of stages that errors and documentation show is the grammar's."""
    assert sorted({text.split()[0] for text, _, _ in CASES}) == sorted(STAGES)


def test_search_may_be_left_out():
    """A query may start with a pipe: the search is everything then."""
    assert parse("| count") == parse("* | count") == n.Query(n.Everything(), (n.Count(),))


def test_pipes_need_no_spaces():
    """Only what stands in quotes hides a pipe."""
    assert parse('"a|b"|limit 1|limit 2') == n.Query(n.Phrase("a|b"), (n.Limit(1), n.Limit(2)))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("count()", "count"),
        ("count(a)", "count_a"),
        ("p99(duration_ms)", "p99_duration_ms"),
        ("distinct(client.ip)", "distinct_client.ip"),
        ("quantile(x, 0.5)", "quantile_x"),
        ("values(x, 5)", "values_x"),
        ("avg(a + b)", "avg(a + b)"),
        ("countif(a  > 1)", "countif(a > 1)"),
        ("rate()", "rate"),
        ("sum(a) as total", "total"),
    ],
)
def test_aggregation_name(text, name):
    """An aggregate without `as` is called after its function and field, or by its text."""
    stage = parse(f"* | stats {text}").stages[0]
    assert isinstance(stage, n.Stats)
    assert aggregation_name(stage.aggregations[0]) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a", "a"),
        ("bin(1m)", "time"),
        ("bin(time, 1m)", "time"),
        ("bin(took, 100)", "took"),
        ("bin(a+b, 100)", "bin(a + b, 100)"),
        ("lower(service)", "lower(service)"),
        ("lower(service) as s", "s"),
    ],
)
def test_grouping_name(text, name):
    """A grouping without `as` is called after its field, or by its text."""
    stage = parse(f"* | count by {text}").stages[0]
    assert isinstance(stage, n.Count)
    assert grouping_name(stage.by[0]) == name
