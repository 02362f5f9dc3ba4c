"""What a wrong query is told: the place, the mistake, and what to write instead."""

from __future__ import annotations

import pytest

from logstore.errors import QueryError
from query.lang import limits
from query.lang.parse import parse

# Query, the characters under the caret, the message, and a piece of the hint.
SEARCHES = [
    ("a and b", "and", "is this and an operator or a word?", 'AND for the operator, or "and"'),
    ("a or b", "or", "is this or an operator or a word?", 'OR for the operator, or "or"'),
    ("not a", "not", "is this not an operator or a word?", 'NOT for the operator, or "not"'),
    ("AND a", "AND", "AND stands between two terms", '"AND" for the word'),
    ("a OR OR b", "OR", "OR stands between two terms", '"OR"'),
    ("a NOT", "", "the query ends too early", "expected a search term"),
    ("(NOT)", ")", ") does not fit here", "a search term"),
    ("a OR", "", "the query ends too early", "expected a search term"),
    ("a && b", "&&", "&& is no operator", "AND"),
    ("a || b", "|", "|| is no operator", "OR"),
    ("!error", "!error", "! is no operator in a search", "-error"),
    ("- a", "-", "no term follows this -", "right before a term"),
    ("--verbose", "--verbose", "no term follows this -", '"--verbose"'),
    ('a "b c', '"', "this quote is never closed", '\\"'),
    ('f:"b c', '"', "this quote is never closed", '\\"'),
    ('~"b c', '"', "this quote is never closed", '\\"'),
    ('"a" "b', '"', "this quote is never closed", '\\"'),
    ("`b c:x", "`", "this backquote is never closed", "between two"),
    ('"a"b', "b", "a quoted text ends here, and more follows", "a space between"),
    ('"a"*', "*", "a quoted text takes no wildcard", "regular expression"),
    ("'a b'", "'", "single quotes mean nothing here", "double quotes"),
    ("\u201ca\u201d", "\u201c", "\u201c is no quote", "straight double quotes"),
    ("a\xa0b", "\xa0", "an invisible character, U+00A0", "plain space"),
    ('""', '""', "an empty phrase matches nothing in particular", "*"),
    ('"a\\qb"', "\\q", "\\q is no escape", "\\\\q"),
    ('"\\ud800"', '"\\ud800"', "half of a surrogate pair is no character", ""),
    ("a\\d", "\\d", "\\d is no escape", '~"a\\d"'),
    ("err?r", "err?r", "in a search term only a * at its start or end is a wildcard", '~"regex"'),
    ("e*r", "e*r", "in a search term only a * at its start or end is a wildcard", '"e*r"'),
    ("a:b:c", "b:c", "text with : needs quotes", '"b:c"'),
    ("http://x:80/", "http://x:80/", "text with : needs quotes", '"http://x:80/"'),
    ("foo(a)", "foo(a)", "text with ( needs quotes", '"foo(a)"'),
    ("a,b", "a,b", "text with , needs quotes", '"a,b"'),
    ('a"b', 'a"b', 'text with " needs quotes', '"a\\"b"'),
    ("level: error", "level:", "no value follows level:", "level:error without a space"),
    ("level:", "level:", "no value follows level:", "level:* for any value"),
    ("status>=500", "status>=500", "a test of a field is written with a colon: status:>=500", '"status>=500"'),
    ("level!=info", "level!=info", "a test of a field is written with a colon: -level:info", ""),
    ("f:=5", "=5", "= has no meaning after a colon", "f:5"),
    ("f:!=5", "!=5", "! has no meaning after a colon", "-f:5"),
    ("f:5..", "..", "a range has two ends", ">=5"),
    ("f:..5", "..5", "a range has two ends", "<=5"),
    ("f:a,b", "a,b", "text with , needs quotes", "f:(a, b)"),
    ("f:(a b)", "b", "commas part the values of a list", "(a, b)"),
    ("f:(a OR b)", "OR", "commas part the values of a list", "(a, b)"),
    ("f:()", ")", "nothing stands between these parentheses", "expected a value"),
    ("f:(a", "(", "this ( is never closed", ""),
    ("f:in(a | limit 3", "(", "this ( is never closed", ""),
    ("(a OR b", "(", "this ( is never closed", ""),
    ("(a OR )", ")", ") does not fit here", "expected a search term"),
    ("()", ")", "nothing stands between these parentheses", "expected a search term"),
    ("a)", ")", "this ) closes nothing", ""),
    ("f:~x", "~x", "a regular expression stands in double quotes", '~"x"'),
    ('~"(a"', '~"(a"', "this is no regular expression: missing ): (a", "RE2"),
    ('f:~"(?=a)"', '~"(?=a)"', "this is no regular expression: invalid perl operator: (?=", "look-around"),
    ('~"(?<a>b)"', '~"(?<a>b)"', "this is no regular expression: invalid perl operator: (?<", "(?P<name>"),
    ("f:>a*", "a*", "wildcards have no place in a comparison", "quotes"),
    ("f:>10kb", "10kb", "10kb is neither a number, nor a duration, nor a size", "KiB"),
    ("level:eror", "eror", "eror is no level", "did you mean error?"),
    ("level:>=hgih", "hgih", "hgih is no level", "levels are trace, debug"),
    ("level:(warn, eror)", "eror", "eror is no level", "error"),
    ("level:info..wran", "wran", "wran is no level", "warn"),
    ("time:yesterday", "yesterday", "this is no time", "time:15m"),
    ("time:2026-02-30", "2026-02-30", "this is no time", "time:2026-11-22"),
    ("time:-5m", "-5m", "the last … takes a duration above 0", "time:15m"),
    ("time:5m..1h", "5m", "this is no time", ""),
    ("time:2026-11-22..2026-11-21", "2026-11-22..2026-11-21", "this range of time ends before it starts", "swap"),
    ("time:(2026-11-22, 2026-11-23)", "time:(2026-11-22, 2026-11-23)", "time cannot be tested like this", ""),
    ("time:20*", "time:20*", "time cannot be tested like this", "time:15m"),
    ("stats count() by x", "stats", "stats is a stage only after a |", "| stats count("),
]

STAGES = [
    ("a | cuont", "cuont", "unknown stage cuont", "did you mean count?"),
    ("a | head 10", "head", "unknown stage head", "did you mean limit?"),
    ("a | wibble x", "wibble", "unknown stage wibble", "stages are: compare, context, count, dedup"),
    ("a |", "", "the query ends too early", "expected a stage"),
    ("* | stats", "", "the query ends too early", "an aggregate such as count()"),
    ("* | stats count by x", "count", "an aggregate has parentheses", "count()"),
    ("* | stats cuont by x", "cuont", "unknown aggregate cuont", "count"),
    ("* | stats by x", "by", "stats has no aggregate", "count()"),
    ("* | stats sum(a) / count()", "/", "stats does not compute with aggregates", "| let ratio"),
    ("* | stats count(*)", "*", "* is no expression", "count()"),
    ("* | stats averag(x)", "averag", "unknown aggregate averag", "did you mean avg?"),
    ("* | stats wibble(x)", "wibble", "unknown aggregate wibble", "aggregates are p0 to p100: avg, count"),
    ("* | stats average(x)", "average", "unknown aggregate average", "did you mean avg?"),
    ("* | stats median(x)", "median", "unknown aggregate median", "did you mean p50?"),
    ("* | stats p101(x)", "p101", "unknown aggregate p101", "p0 to p100"),
    ("* | stats lower(x)", "lower", "lower is a function, and no aggregate", "inside an aggregate"),
    ("* | stats avg(x, y)", "avg(x, y)", "avg takes 1 argument, not 2", "avg(x)"),
    ("* | stats count(a, b)", "count(a, b)", "count takes 0 or 1 arguments, not 2", "count() or count(x)"),
    ("* | stats quantile(x, 5)", "5", "q of quantile must be a number from 0 to 1", "quantile(x, q)"),
    ("* | stats values(x, 0)", "0", "the number of values is 1 or more", "values(x, 10)"),
    ("* | stats count(), count()", "count()", "two columns are called count", "as"),
    ("* | count by count", "count by count", "two columns are called count", "as"),
    ("* | stats count() by a, b as a", "b as a", "two columns are called a", "as"),
    ("* | count by bin(0)", "0", "width of bin must be a number or duration above 0", "bin(width)"),
    ("* | count by bin(1e-12)", "1e-12", "this width is no span of time", "bin(1m)"),
    ("* | fields user-agent", "-", "a name with - stands in backquotes", "`user-agent`"),
    ("* | fields @t", "@t", "a name with such characters stands in backquotes", "`@t`"),
    ('* | fields "a b"', '"', "a field's name stands in backquotes", "`a name`"),
    ("* | fields a, a", "a", "two columns are called a", ""),
    ("* | rename a as c, b as c", "c", "two columns are called c", ""),
    ("* | rename a b", "b", "b does not fit here", "expected as"),
    ("* | top 5 count", "count", "two columns are called count", "rename"),
    ("* | top 0 a", "top 0 a", "the number of values is 1 or more", "top 10"),
    ("* | limit", "", "the query ends too early", "a whole number"),
    ("* | limit ten", "ten", "ten does not fit here", "a whole number"),
    ("* | limit 99999999999999999999", "99999999999999999999", "this number is too large", ""),
    ("* | limit 9999999999999999999", "limit 9999999999999999999", "this number of rows is too large", ""),
    ("* | fields not, a", "not", "not does not fit here", "`not`"),
    ("* | sort a desc", "desc", "desc does not fit here", "sort -a"),
    ("* | dedup a keep oldest", "oldest", "oldest does not fit here", "expected newest"),
    ('* | parse "abc"', '"abc"', "this pattern names no field", "<ms:number>"),
    ('* | parse "<_>"', '"<_>"', "this pattern names no field", ""),
    ('* | parse "<a><b>"', '"<a><b>"', "nothing says where the text of <b> begins", "between"),
    ('* | parse "<13> <a>"', '"<13> <a>"', "<13> names no field", "<<"),
    ('* | parse "a < <b>"', '"a < <b>"', "this < begins no field", "<<"),
    ('* | parse "<a:int>"', '"<a:int>"', "<a:int> is of no kind that there is", "<a:number>"),
    ('* | parse "<a> <a>"', '"<a> <a>"', "two columns are called a", "another name"),
    ('* | parse ~"(a)"', '"(a)"', "this expression names no field", "(?P<user>"),
    ('* | parse ~"(?P<a>"', '"(?P<a>"', "this is no regular expression: missing ): (?P<a>", "RE2"),
    ("* | parse a", "a", "a does not fit here", "a text in double quotes"),
    ("* | facets 0", "facets 0", "the number of values is 1 or more", ""),
    ("* | sessions a", "", "the query ends too early", "expected gap"),
    ("* | sessions a gap 0s", "0s", "this gap is no span of time", "gap 30s"),
    ("* | sessions count gap 1s", "count", "two columns are called count", "rename"),
    ("* | let x == 5", "==", "== does not fit here", "expected ="),
]

EXPRESSIONS = [
    ("* | where x = 5", "=", "= is no comparison", "=="),
    ("* | where x <> 5", ">", "<> is no operator", "!="),
    ("* | where x =~ 5", "=~", "=~ is no operator", "~"),
    ("* | where a && b", "&&", "&& is no operator", "and"),
    ("* | where a || b", "|", "|| is no operator", "or"),
    ("* | where !a", "!", "! is no operator here", "not"),
    ("* | where level:error", ":", "field:value is written in searches only", "=="),
    ("* | where a < b < c", "<", "comparisons do not chain", "a < b and b < c"),
    ('* | where a not like "x"', "like", "only in takes not in front of it", "not (x like"),
    ("* | where x == null", "null", "nothing equals null", "x is null"),
    ("* | where x in (1, null)", "null", "nothing equals null", "is null"),
    ("* | where x ==", "", "the query ends too early", "an expression"),
    ("* | where (x", "(", "this ( is never closed", ""),
    ("* | where x)", ")", "this ) closes nothing", ""),
    ("* | where x in ()", ")", "nothing stands between these parentheses", "an expression"),
    ("* | where 'a' == x", "'", "single quotes mean nothing here", "double quotes"),
    ('* | where x == "a', '"', "this quote is never closed", ""),
    ("* | where `a == 1", "`", "this backquote is never closed", ""),
    ("* | where x > .5", ".5", "a number starts with a digit", "0.5"),
    ("* | where x == 10.0.0.1", "10.0.0.1", "10.0.0.1 is no number", '"10.0.0.1"'),
    ("* | where x > 5xx", "5xx", "5xx is neither a number, nor a duration, nor a size", "units are"),
    ("* | where time > 2026-11-22T10:00Z", "22T10:00Z", "a time stands in double quotes here", '"2026-11-22T10:00Z"'),
    ("* | where @t > 5", "@t", "a name with such characters stands in backquotes", "`@t`"),
    ("* | where x == and", "and", "and does not fit here", "`and`"),
    ("* | where nope(x)", "nope", "unknown function nope", "functions are"),
    ("* | where lenght(x) > 3", "lenght", "unknown function lenght", "did you mean len?"),
    ("* | where tolower(x) == y", "tolower", "unknown function tolower", "did you mean lower?"),
    ("* | where max(a, b) > 3", "max", "max is an aggregate, and no function", "greatest"),
    ("* | where substr(x) == y", "substr(x)", "substr takes 3 arguments, not 1", "substr(s, start, n)"),
    ("* | where coalesce() == y", "coalesce()", "coalesce takes 1 or more arguments, not 0", "coalesce(a, …)"),
    (
        "* | where extract(m, y) == z",
        "y",
        "regex of extract must be a regular expression in quotes",
        "extract(s, regex)",
    ),
    ('* | where extract(m, "(") == z', '"("', "this is no regular expression: missing ): (", ""),
    ('* | where ip_in(x, "foo")', '"foo"', "foo is no network", "10.0.0.0/8"),
    ('* | where json_get(x, "a..b") == 1', '"a..b"', "this is no path into JSON", "items[0].id"),
    ('* | where x like "a\\\\b"', '"a\\\\b"', "a backslash stands before neither %, _ nor another backslash", ""),
    ("* | where x ~ y", "y", "y does not fit here", "a text in double quotes"),
]


@pytest.mark.parametrize(("text", "marked", "message", "hint"), SEARCHES + STAGES + EXPRESSIONS)
def test_error(text, marked, message, hint):
    """Each mistake is named, marked where it is, and followed by what to write instead."""
    with pytest.raises(QueryError) as raised:
        parse(text)
    error = raised.value
    assert error.message == message
    assert text[error.span.start : error.span.end] == marked
    assert hint in error.hint
    assert error.text == text


def test_diagram_points_into_the_right_line():
    """In a query of several lines the caret stands under the fault in its own line."""
    with pytest.raises(QueryError) as raised:
        parse("level:error\n\t| where x = 5\n\t| limit 3")
    assert raised.value.diagram().split("\n") == [
        "= is no comparison (line 2, column 12)",
        "  \t| where x = 5",
        "  \t          ^",
        "hint: write == to compare",
    ]


def test_end_is_marked_after_the_last_word():
    """A query that ends too early is marked right behind its last word, not behind the white space."""
    with pytest.raises(QueryError) as raised:
        parse("a OR  \n ")
    assert raised.value.span.start == 4


def test_too_long():
    """A text beyond the limit is refused before anything looks at it."""
    with pytest.raises(QueryError, match="65537 characters"):
        parse("x" * (limits.MAX_CHARACTERS + 1))


def test_lone_surrogates():
    """Bytes that were no UTF-8 (a shell hands them over so) are refused where they are."""
    with pytest.raises(QueryError, match="no character") as raised:
        parse("ab \udcff")
    assert raised.value.span.start == 3


def test_subquery_is_checked_too():
    """Static checks reach into subqueries."""
    with pytest.raises(QueryError, match="unknown function nope"):
        parse("f:in(a | where nope(x))")
