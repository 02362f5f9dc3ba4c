"""Hypothesis strategies for syntax trees that every static check accepts, with the nastiest texts there are."""

from __future__ import annotations

from hypothesis import strategies as st

from logstore.model.schema import LEVEL, LEVELS, MESSAGE, TIME
from logstore.model.words import is_word
from query.lang import functions, values
from query.lang import nodes as n
from query.lang.functions import Takes
from query.lang.naming import aggregation_name, grouping_name

# Characters that mean something in one place or another of the language, among plain and far-off ones.
_NASTY = "ab0Z_ .-*?:\"'`\\|(),<>=!~%@$#&+/[]{}^;\t\n\r\x00\x1f\x7f\xa0\u200b\u201c\u3000éß漢\U0001f600"
_TELLING = (
    "..",
    "in",
    "and",
    "OR",
    "NOT",
    "not",
    "null",
    "true",
    "by",
    "as",
    "keep",
    "http://x/y",
    "a..b",
    "user-agent",
)
_TELLING_TOO = (
    "-5",
    "1e3",
    "5.",
    "2026-11-22T10:00Z",
    "1..2",
    "\\d",
    '\\"',
    "...",
    "*",
    "kubernetes.labels.app",
    "count",
)

texts = st.text(st.sampled_from(_NASTY), max_size=8) | st.text(max_size=5) | st.sampled_from(_TELLING + _TELLING_TOO)
some_text = texts.filter(bool)
names = texts | st.sampled_from(("level", "service", "status", "limit", "where", "count"))
fields = st.builds(n.Field, names)
tested = st.builds(n.Field, names.filter(lambda name: name not in (TIME, LEVEL)))

plain_numbers = (
    st.integers(-(2**70), 2**70).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.sampled_from(("-0", "1E5", "0.10", "1e-400", "1e999"))
)
measures = st.builds(
    "{}{}".format,
    st.integers(0, 10**20) | st.decimals(0, 100, places=2),
    st.sampled_from((*values.DURATION_UNITS, *values.SIZE_UNITS)),
)
numbers = st.builds(n.Number, plain_numbers.filter(lambda text: values.number_of(text) is not None) | measures)
strings = st.builds(n.String, texts)
regexes = st.builds(
    n.Regex,
    st.sampled_from((r"\d+", 'a"b', r"^/api/(v\d)/", r'[^"]\\', r"(?i)x|y", "", "é+", r"\x{80}", r"\.", "a\tb")),
)

# Searches

plain_values = some_text.filter(lambda text: not values.number_of(text)).map(n.Value)
quoted_values = st.builds(n.Value, texts, st.just(value=True))
number_values = numbers.map(lambda number: n.Value(number.text))
comparable = (
    quoted_values
    | number_values
    | st.sampled_from(("abc", "a b", "..", "-", "in", "1.", "2026-11-22T10:00Z")).map(n.Value)
)
any_value = plain_values | quoted_values | number_values


def _pieces(parts: list[str | n.Wild]) -> tuple[str | n.Wild, ...]:
    """Parts as a pattern holds them: texts merged, stars not doubled."""
    merged: list[str | n.Wild] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        elif not (merged and part is n.Wild.ANY and merged[-1] is n.Wild.ANY):
            merged.append(part)
    return tuple(merged)


patterns = (
    st.lists(some_text | st.sampled_from(n.Wild), min_size=1, max_size=5)
    .map(_pieces)
    .filter(lambda pieces: pieces != (n.Wild.ANY,) and any(isinstance(piece, n.Wild) for piece in pieces))
    .map(n.Pattern)
)
orders = st.sampled_from(("<", "<=", ">", ">="))
times = st.sampled_from(
    ("2026-11-22", "2026-11-22T10", "2026-11-22T10:00Z", "2026-11-22t10:00:00.123456789+02:00", "1970-01-01 00:00:00")
).map(n.Time)
level_values = st.builds(n.Value, st.sampled_from((*LEVELS, "WARNING", "Err", "50")), st.booleans())

message_terms = (
    st.builds(n.Word, texts.filter(is_word))
    | st.builds(n.Prefix, some_text)
    | st.builds(n.Suffix, some_text)
    | st.builds(n.Substring, some_text)
    | st.builds(n.Phrase, some_text.filter(lambda text: not is_word(text)))
    | st.builds(n.MessageRegex, regexes)
)
field_terms = (
    st.builds(n.FieldEquals, tested, any_value)
    | st.builds(n.FieldMatches, tested, patterns)
    | st.builds(n.FieldOneOf, tested, st.lists(any_value | patterns, min_size=1, max_size=3).map(tuple))
    | st.builds(n.FieldCompare, tested, orders, comparable)
    | st.builds(n.FieldRange, tested, comparable, comparable)
    | st.builds(n.FieldRegex, tested, regexes)
    | st.builds(n.FieldPresent, fields)
    | st.builds(n.FieldEquals, st.just(n.Field(LEVEL)), level_values)
    | st.builds(n.FieldCompare, st.just(n.Field(LEVEL)), orders, level_values)
)
time_terms = (
    st.builds(n.TimeWithin, st.sampled_from(("15m", "1.5h", "250ms", "1ns")).map(n.Number))
    | st.builds(n.TimeAt, times)
    | st.builds(n.TimeCompare, orders, times)
    | st.just(n.TimeRange(n.Time("2026-11-22 10:00"), n.Time("2026-11-23")))
)


def _search_above(below: st.SearchStrategy[n.Search]) -> st.SearchStrategy[n.Search]:
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    return st.builds(n.And, several) | st.builds(n.Or, several) | st.builds(n.Not, below)


searches = st.recursive(message_terms | field_terms | time_terms | st.builds(n.Everything), _search_above, max_leaves=8)

# Expressions

_LITERAL_ARGUMENTS = {
    Takes.REGEX: regexes,
    Takes.TEXT: st.sampled_from(("10.0.0.0/8", "::/0")).map(n.String),
    Takes.COUNT: st.integers(1, 9).map(lambda count: n.Number(str(count))),
    Takes.WIDTH: st.sampled_from(("1m", "100", "0.5")).map(n.Number),
    Takes.SHARE: st.sampled_from(("0", "0.5", "1")).map(n.Number),
}


@st.composite
def _call(draw: st.DrawFn, table: dict[str, functions.Function], below: st.SearchStrategy[n.Expression]) -> n.Call:
    function = draw(st.sampled_from(sorted(table.values(), key=lambda function: function.name)))
    form = draw(st.sampled_from(function.forms)) + function.forms[0][-1:] * (2 * function.variadic)
    return n.Call(function.name, tuple(draw(_LITERAL_ARGUMENTS.get(parameter.takes, below)) for parameter in form))


def _expression_above(below: st.SearchStrategy[n.Expression]) -> st.SearchStrategy[n.Expression]:
    known = below.filter(lambda operand: not isinstance(operand, n.Null))
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    signed = below.filter(lambda operand: not isinstance(operand, n.Number) or operand.text.startswith("-"))
    return (
        st.builds(n.Negative, signed)
        | st.builds(n.Arithmetic, st.sampled_from("+-*/%"), below, below)
        | st.builds(n.Coalesce, several)
        | st.builds(n.Comparison, st.sampled_from(("==", "!=", "<", "<=", ">", ">=")), known, known)
        | st.builds(n.Matches, below, regexes, st.booleans())
        | st.builds(n.Like, below, st.sampled_from(("a%", "_\\%", 'x"', "\\\\")).map(n.String))
        | st.builds(n.InList, known, st.lists(known, min_size=1, max_size=3).map(tuple), st.booleans())
        | st.builds(n.Between, known, known, known)
        | st.builds(n.IsNull, below, st.booleans())
        | st.builds(n.Conjunction, several)
        | st.builds(n.Disjunction, several)
        | st.builds(n.Negation, below)
        | _call({name: f for name, f in functions.FUNCTIONS.items() if name != "json_get"}, below)
    )


_leaves = fields | numbers | strings | st.builds(n.Bool, st.booleans()) | st.builds(n.Null)
expressions = st.recursive(_leaves, _expression_above, max_leaves=8)

# Stages

distinct_fields = st.lists(fields, min_size=1, max_size=3, unique_by=lambda field: field.name).map(tuple)
prefixes = st.builds(n.FieldPrefix, names)
choices = st.builds(lambda some, more: some + tuple(more), distinct_fields, st.lists(prefixes, max_size=2))
aggregate_calls = _call(functions.AGGREGATES, fields | expressions) | st.builds(
    n.Call, st.sampled_from(("p50", "p99.9", "p100")), st.tuples(fields)
)
groupings = st.lists(
    st.builds(n.Grouping, fields | expressions, st.none() | fields), max_size=3, unique_by=grouping_name
).map(tuple)


@st.composite
def _stats(draw: st.DrawFn) -> n.Stats:
    by = draw(groupings)
    taken = {grouping_name(grouping) for grouping in by}
    aggregation = st.builds(n.Aggregation, aggregate_calls, st.none() | fields)
    free = aggregation.filter(lambda made: aggregation_name(made) not in taken)
    return n.Stats(tuple(draw(st.lists(free, min_size=1, max_size=3, unique_by=aggregation_name))), by)


def _columns_free(stage: n.Count) -> bool:
    return all(grouping_name(grouping) != "count" for grouping in stage.by)


frequent_fields = distinct_fields.filter(lambda chosen: not {"count", "share"} & {field.name for field in chosen})
renamings = st.lists(
    st.builds(n.Renaming, fields, fields),
    min_size=1,
    max_size=3,
    unique_by=(lambda pair: pair.old.name, lambda pair: pair.new.name),
).map(tuple)
sort_keys = st.lists(
    st.builds(n.SortKey, fields, st.booleans()), min_size=1, max_size=3, unique_by=lambda key: key.field.name
).map(tuple)
plain_names = st.sampled_from(("user", "a.b", "café", "by", "_x", "number"))
between = some_text.map(lambda text: text.replace("<", "<<"))


@st.composite
def _templates(draw: st.DrawFn) -> n.String:
    """A pattern of `parse` with one named place or more."""
    names = draw(st.lists(plain_names, min_size=1, max_size=3, unique=True))
    named = [draw(st.sampled_from(("<{}>", "<{}:number>"))).format(name) for name in names]
    inside = [part for hole in named for part in (hole, draw(between))]
    return n.String(draw(st.sampled_from(("", "<_> "))) + draw(st.just("x") | between) + "".join(inside[:-1]))


template_regexes = st.sampled_from((r"(?P<a>\d+)ms", r'"(?P<b>[^"]*)" (?P<c>.)(x)', "(?P<d>)")).map(n.Regex)
session_fields = fields.filter(lambda field: field.name not in {"start", "end", "count", "duration"})
stages = (
    st.builds(n.Where, expressions)
    | st.builds(n.Let, st.lists(st.builds(n.Assignment, fields, expressions), min_size=1, max_size=3).map(tuple))
    | st.builds(n.Parse, _templates() | template_regexes, fields)
    | st.builds(n.Unpack, st.sampled_from(("json", "logfmt")), fields, st.none() | fields)
    | st.builds(n.Fields, choices)
    | st.builds(n.Drop, choices)
    | st.builds(n.Rename, renamings)
    | _stats()
    | st.builds(n.Count, groupings).filter(_columns_free)
    | st.builds(n.Top, st.integers(1, 10**6), frequent_fields)
    | st.builds(n.Rare, st.integers(1, 10**6), frequent_fields)
    | st.builds(n.Sort, sort_keys)
    | st.builds(n.Limit, st.integers(0, 10**6))
    | st.builds(n.Dedup, distinct_fields, st.booleans())
    | st.builds(n.Sample, st.integers(0, 10**6))
    | st.builds(n.Facets, st.integers(1, 10**6))
    | st.builds(n.Sessions, session_fields, st.sampled_from(("30s", "1.5h", "250ms", "90", "1e3")).map(n.Number))
    | st.builds(n.Patterns, fields | st.just(n.Field(MESSAGE)))
)
simple_queries = st.builds(n.Query, searches, st.lists(stages, max_size=3).map(tuple))


@st.composite
def _with_subquery(draw: st.DrawFn) -> n.Query:
    """A query with another one inside."""
    inner = n.FieldIn(draw(tested), draw(simple_queries))
    search = draw(st.sampled_from((inner, n.Not(inner), n.And((inner, draw(searches))))))
    return n.Query(search, tuple(draw(st.lists(stages, max_size=2))))


def _names_columns(query: n.Query) -> bool:
    chosen = (choice for stage in query.stages if isinstance(stage, n.Fields) for choice in stage.choices)
    return not any(isinstance(choice, n.FieldPrefix) for choice in chosen)


@st.composite
def _with_stage(draw: st.DrawFn) -> n.Query:
    """A query with a stage that has another one inside."""
    joined = st.builds(n.Join, simple_queries.filter(_names_columns), distinct_fields, st.booleans())
    stage = draw(st.builds(n.Union, simple_queries) | joined)
    before, after = (tuple(draw(st.lists(stages, max_size=1))) for _ in range(2))
    return n.Query(draw(searches), (*before, stage, *after))


lengths = st.sampled_from(("1d", "1.5h", "250ms")).map(n.Number)
compared = st.tuples(st.just(n.Count((n.Grouping(n.Field("a b")),))), st.builds(n.Compare, lengths))


@st.composite
def _with_comparison(draw: st.DrawFn) -> n.Query:
    """A query that compares what it counts."""
    return n.Query(draw(searches), (*draw(compared), *draw(st.lists(stages, max_size=1))))


contexts = st.builds(n.Context, st.integers(1, 1000), st.integers(0, 1000), st.just(()) | distinct_fields)
_with_context = st.builds(
    lambda search, context, after: n.Query(search, (context, *after)), searches, contexts, st.lists(stages, max_size=1)
)
queries = _with_context | simple_queries | _with_subquery() | _with_stage() | _with_comparison()
