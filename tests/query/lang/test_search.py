"""Each form of a search, as a tree and as canonical text."""

from __future__ import annotations

import pytest

from query.lang import nodes as n
from query.lang.parse import parse
from query.lang.unparse import unparse_search
from query.lang.walk import walk

ANY, ONE = n.Wild.ANY, n.Wild.ONE


def field(name: str) -> n.Field:
    """A field, short."""
    return n.Field(name)


def value(text: str) -> n.Value:
    """An unquoted value, short."""
    return n.Value(text)


MESSAGE = [
    ("", n.Everything(), "*"),
    ("  \n ", n.Everything(), "*"),
    ("*", n.Everything(), "*"),
    ("timeout", n.Word("timeout"), "timeout"),
    ("Größe_5", n.Word("Größe_5"), "Größe_5"),
    ('"timeout"', n.Word("timeout"), "timeout"),
    ('"and"', n.Word("and"), '"and"'),
    ("ANDROID", n.Word("ANDROID"), "ANDROID"),
    ("err*", n.Prefix("err"), "err*"),
    ("part-000*", n.Prefix("part-000"), "part-000*"),
    ("*fail", n.Suffix("fail"), "*fail"),
    ("*mid.dle*", n.Substring("mid.dle"), "*mid.dle*"),
    ("part-00012", n.Phrase("part-00012"), '"part-00012"'),
    ("10.0.0.1", n.Phrase("10.0.0.1"), '"10.0.0.1"'),
    ("http://x/y", n.Phrase("http://x/y"), '"http://x/y"'),
    ("a=b", n.Phrase("a=b"), '"a=b"'),
    ("don't", n.Phrase("don't"), '"don\'t"'),
    (r"a\:b", n.Phrase("a:b"), '"a:b"'),
    (r"a\ b*", n.Prefix("a b"), r"a\ b*"),
    (r"err\*", n.Phrase("err*"), '"err*"'),
    (r"\-x*", n.Prefix("-x"), r"\-x*"),
    ('"a phrase"', n.Phrase("a phrase"), '"a phrase"'),
    ('"say \\"hi\\"\\t\\\\"', n.Phrase('say "hi"\t\\'), '"say \\"hi\\"\\t\\\\"'),
    ('"\\u00e9 \\ud83d\\ude00"', n.Phrase("é 😀"), '"é 😀"'),
    ('~"re[gx]"', n.MessageRegex(n.Regex("re[gx]")), '~"re[gx]"'),
    (r'~"\d+ \"x\""', n.MessageRegex(n.Regex(r'\d+ "x"')), r'~"\d+ \"x\""'),
    (r'~"a\\"', n.MessageRegex(n.Regex(r"a\\")), r'~"a\\"'),
]

FIELDS = [
    ("level:error", n.FieldEquals(field("level"), value("error")), None),
    ("LEVEL:x", n.FieldEquals(field("LEVEL"), value("x")), None),
    ("service:checkout", n.FieldEquals(field("service"), value("checkout")), None),
    ('f:"a value"', n.FieldEquals(field("f"), n.Value("a value", quoted=True)), None),
    ('f:""', n.FieldEquals(field("f"), n.Value("", quoted=True)), None),
    ("f:-5", n.FieldEquals(field("f"), value("-5")), None),
    ("f:250ms", n.FieldEquals(field("f"), value("250ms")), None),
    ("f:a=b", n.FieldEquals(field("f"), value("a=b")), None),
    ("path:/api/v1", n.FieldEquals(field("path"), value("/api/v1")), None),
    ("url:http://x/y", n.FieldEquals(field("url"), value("http://x/y")), None),
    ("at:2026-11-22T10:00Z", n.FieldEquals(field("at"), value("2026-11-22T10:00Z")), None),
    (r"f:a\*", n.FieldEquals(field("f"), value("a*")), None),
    (r"f:a\:b", n.FieldEquals(field("f"), value("a:b")), None),
    ("f:in", n.FieldEquals(field("f"), value("in")), None),
    ("f:in x", n.And((n.FieldEquals(field("f"), value("in")), n.Word("x"))), "(f:in) x"),
    ("user-agent:x", n.FieldEquals(field("user-agent"), value("x")), None),
    ("kubernetes.labels.app:web", n.FieldEquals(field("kubernetes.labels.app"), value("web")), None),
    ("app.kubernetes.io/name:web", n.FieldEquals(field("app.kubernetes.io/name"), value("web")), None),
    ("@timestamp:x", n.FieldEquals(field("@timestamp"), value("x")), None),
    ("12:30", n.FieldEquals(field("12"), value("30")), None),
    ("`a b`:x", n.FieldEquals(field("a b"), value("x")), None),
    ("``:x", n.FieldEquals(field(""), value("x")), None),
    (r"`a\`b`:x", n.FieldEquals(field("a`b"), value("x")), None),
    (r"a\ b:x", n.FieldEquals(field("a b"), value("x")), "`a b`:x"),
    ("größe:x", n.FieldEquals(field("größe"), value("x")), None),
    ("by:x", n.FieldEquals(field("by"), value("x")), None),
    ("AND:x", n.FieldEquals(field("AND"), value("x")), None),
    ("status:5*", n.FieldMatches(field("status"), n.Pattern(("5", ANY))), None),
    ("f:a?c**", n.FieldMatches(field("f"), n.Pattern(("a", ONE, "c", ANY))), "f:a?c*"),
    (r"f:a\**", n.FieldMatches(field("f"), n.Pattern(("a*", ANY))), None),
    ("f:*", n.FieldPresent(field("f")), None),
    ("f:(a)", n.FieldOneOf(field("f"), (value("a"),)), None),
    (
        'f:(a, "b c", d*,5)',
        n.FieldOneOf(field("f"), (value("a"), n.Value("b c", quoted=True), n.Pattern(("d", ANY)), value("5"))),
        'f:(a, "b c", d*, 5)',
    ),
    ("f:>5", n.FieldCompare(field("f"), ">", value("5")), None),
    ("status:>=500", n.FieldCompare(field("status"), ">=", value("500")), None),
    ("f:> -5", n.FieldCompare(field("f"), ">", value("-5")), "f:>-5"),
    ("f:<1.5h", n.FieldCompare(field("f"), "<", value("1.5h")), None),
    ('f:<="b"', n.FieldCompare(field("f"), "<=", n.Value("b", quoted=True)), None),
    ("level:>=WARNING", n.FieldCompare(field("level"), ">=", value("WARNING")), None),
    ("f:1..10", n.FieldRange(field("f"), value("1"), value("10")), None),
    ("f:-2..-1", n.FieldRange(field("f"), value("-2"), value("-1")), None),
    ("f:1.5..2.5", n.FieldRange(field("f"), value("1.5"), value("2.5")), None),
    ("v:1.0..2", n.FieldRange(field("v"), value("1.0"), value("2")), None),
    ('f:"a".."b"', n.FieldRange(field("f"), n.Value("a", quoted=True), n.Value("b", quoted=True)), None),
    (r"f:a\..b..c", n.FieldRange(field("f"), value("a..b"), value("c")), r"f:a.\.b..c"),
    (r'f:~"^\d"', n.FieldRegex(field("f"), n.Regex(r"^\d")), None),
    ("f:in(x)", n.FieldIn(field("f"), n.Query(n.Word("x"))), None),
    ("f:in (x | limit 2)", n.FieldIn(field("f"), n.Query(n.Word("x"), (n.Limit(2),))), "f:in(x | limit 2)"),
    (
        "a:in(b:in(c))",
        n.FieldIn(field("a"), n.Query(n.FieldIn(field("b"), n.Query(n.Word("c"))))),
        None,
    ),
    ("f:in()", n.FieldIn(field("f"), n.Query(n.Everything())), "f:in(*)"),
]

TIMES = [
    ("time:15m", n.TimeWithin(n.Number("15m")), None),
    ("time:1.5h", n.TimeWithin(n.Number("1.5h")), None),
    ("time:2026-11-22", n.TimeAt(n.Time("2026-11-22")), None),
    ("time:2026-11-22T10", n.TimeAt(n.Time("2026-11-22T10")), None),
    ('time:"2026-11-22 10:00"', n.TimeAt(n.Time("2026-11-22 10:00")), None),
    ("time:>=2026-11-22T10:00Z", n.TimeCompare(">=", n.Time("2026-11-22T10:00Z")), None),
    ("time:<2026-11-22T10:00:00.5+02:00", n.TimeCompare("<", n.Time("2026-11-22T10:00:00.5+02:00")), None),
    (
        "time:2026-11-22T10:00Z..2026-11-22T11:00Z",
        n.TimeRange(n.Time("2026-11-22T10:00Z"), n.Time("2026-11-22T11:00Z")),
        None,
    ),
    ("time:*", n.FieldPresent(field("time")), None),
]

A, B, C = n.Word("a"), n.Word("b"), n.Word("c")

TOGETHER = [
    ("a b", n.And((A, B)), None),
    ("a AND b", n.And((A, B)), "a b"),
    ("a AND b c", n.And((A, B, C)), "a b c"),
    ("a OR b", n.Or((A, B)), None),
    ("a OR b c", n.Or((A, n.And((B, C)))), None),
    ("(a OR b) c", n.And((n.Or((A, B)), C)), None),
    ("(a)", A, "a"),
    ("(a b) c", n.And((n.And((A, B)), C)), None),
    ("-a", n.Not(A), None),
    ("NOT a", n.Not(A), "-a"),
    ("NOT -a", n.Not(n.Not(A)), "-(-a)"),
    ("-(a OR b)", n.Not(n.Or((A, B))), None),
    ("-a OR b", n.Or((n.Not(A), B)), None),
    ("a AND(b)", n.And((A, B)), "a b"),
    ("(a)(b)", n.And((A, B)), "a b"),
    ("-level:error", n.Not(n.FieldEquals(field("level"), value("error"))), None),
    ('-"a b"', n.Not(n.Phrase("a b")), None),
    ("-*", n.Not(n.Everything()), None),
    ("f:in AND (a)", n.And((n.FieldEquals(field("f"), value("in")), A)), "(f:in) a"),
    ("a\n\tb", n.And((A, B)), "a b"),
]


@pytest.mark.parametrize(("text", "tree", "canonical"), MESSAGE + FIELDS + TIMES + TOGETHER)
def test_search_form(text, tree, canonical):
    """Each form of a search gives its node, and the node gives the canonical text."""
    search = parse(text).search
    assert search == tree
    assert unparse_search(search) == (text if canonical is None else canonical)


def test_spans_cover_the_text_of_each_node():
    """A node's span is where it stands in the query, so that later errors can point at it."""
    text = 'a (b OR  level:>=warn) | stats p99(took) as x by bin(1m) | where x > 1.5 and y ~ "z"'
    query = parse(text)
    found = {type(node).__name__: text[node.span.start : node.span.end] for node, _ in walk(query)}
    assert found["And"] == "a (b OR  level:>=warn"
    assert found["Or"] == "b OR  level:>=warn"
    assert found["FieldCompare"] == "level:>=warn"
    assert found["Value"] == "warn"
    assert found["Stats"] == "stats p99(took) as x by bin(1m)"
    assert found["Aggregation"] == "p99(took) as x"
    assert found["Conjunction"] == 'x > 1.5 and y ~ "z"'
    assert found["Comparison"] == "x > 1.5"
    assert found["Regex"] == '"z"'
    assert found["Query"] == text
