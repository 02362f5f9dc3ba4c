"""Checks of a syntax tree that need no data: calls, literals, names of columns, levels.

A tree that passes can still name fields that do not exist; that depends on the rows that reach a stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from logstore.errors import Span
from logstore.model import levels
from logstore.model.schema import LEVEL, LEVELS
from query.lang import limits
from query.lang import nodes as n
from query.lang.calls import check_aggregate, check_function
from query.lang.fault import Fault
from query.lang.naming import BEFORE, CHANGE, aggregation_name, grouping_name
from query.lang.nearest import nearest
from query.lang.regexes import group_names, refuse_bad_regex
from query.lang.templates import Hole, template_of
from query.lang.values import duration_seconds
from query.lang.walk import children, walk

_MAX_COUNT = 2**63 - 1


def check(query: n.Query) -> None:
    """Ends with a `Fault` at the first thing in the tree that cannot work with any data."""
    for node, _ in walk(query):
        rule = _RULES.get(type(node))
        if rule is not None:
            rule(node)
        for child in children(node):
            if isinstance(child, n.Call):
                (check_aggregate if isinstance(node, n.Aggregation) else check_function)(child)


# Searches


def _level(test: n.FieldEquals | n.FieldCompare) -> None:
    if test.field.name == LEVEL:
        _refuse_unknown_level(test.value)


def _levels_in_range(test: n.FieldRange) -> None:
    if test.field.name == LEVEL:
        _refuse_unknown_level(test.low)
        _refuse_unknown_level(test.high)


def _levels_in_list(test: n.FieldOneOf) -> None:
    if test.field.name == LEVEL:
        for choice in test.choices:
            if isinstance(choice, n.Value):
                _refuse_unknown_level(choice)


def _refuse_unknown_level(value: n.Value) -> None:
    if levels.normalize_level(value.text) is None:
        near = nearest(value.text, (*LEVELS, *levels.LEVEL_SPELLINGS))
        known = f"levels are {', '.join(LEVELS)}"
        hint = known if near is None else f"did you mean {levels.LEVEL_SPELLINGS[near]}? {known}"
        raise Fault(f"{value.text} is no level", value.span, hint)


# Expressions


def _no_null(parts: Iterable[n.Expression]) -> None:
    for part in parts:
        if isinstance(part, n.Null):
            raise Fault("nothing equals null", part.span, "write x is null, or x is not null")


def _comparison(test: n.Comparison) -> None:
    _no_null((test.left, test.right))


def _in_list(test: n.InList) -> None:
    _no_null((test.operand, *test.choices))


def _between(test: n.Between) -> None:
    _no_null((test.operand, test.low, test.high))


def _like(test: n.Like) -> None:
    rest = test.pattern.text.replace("\\\\", "").replace("\\%", "").replace("\\_", "")
    if "\\" in rest:
        hint = 'in a like pattern a backslash is written "\\\\\\\\"; it takes % and _ as they stand: "100\\\\%"'
        raise Fault("a backslash stands before neither %, _ nor another backslash", test.pattern.span, hint)


# Stages


def _columns(stage: n.Stats | n.Count) -> None:
    named = [(grouping_name(grouping), grouping.span) for grouping in stage.by]
    if isinstance(stage, n.Stats):
        named += [(aggregation_name(aggregation), aggregation.span) for aggregation in stage.aggregations]
    else:
        named.append(("count", stage.span))
    _distinct(named, "name one of them with as")


def _fields(stage: n.Fields | n.Drop) -> None:
    _distinct(_named(choice for choice in stage.choices if isinstance(choice, n.Field)), "remove one of them")


def _frequent(stage: n.Top | n.Rare) -> None:
    _positive(stage.limit, stage.span)
    added = [("count", stage.span), ("share", stage.span)]
    _distinct(added + _named(stage.fields), "rename the field first")


def _rename(stage: n.Rename) -> None:
    _distinct(_named(renaming.old for renaming in stage.renamings), "give a field one new name")
    _distinct(_named(renaming.new for renaming in stage.renamings), "give each field another name")


def _sort(stage: n.Sort) -> None:
    _distinct(_named(key.field for key in stage.keys), "remove one of them")


def _dedup(stage: n.Dedup) -> None:
    _distinct(_named(stage.fields), "remove one of them")


def _join(stage: n.Join) -> None:
    _distinct(_named(stage.fields), "remove one of them")
    _refuse_prefix(stage.query)
    if len(stage.fields) > limits.MAX_JOIN_FIELDS:
        hint = 'join on one made of several: | let key = concat(a, " ", b)'
        raise Fault(f"a join goes by at most {limits.MAX_JOIN_FIELDS} fields", stage.span, hint)


def _refuse_prefix(joined: n.Query) -> None:
    """Which columns `fields a*` gives depends on the events, so that a join would not know what it replaces."""
    for stage in reversed(joined.stages):
        if isinstance(stage, n.Stats | n.Count | n.Top | n.Rare):
            return
        for choice in stage.choices if isinstance(stage, n.Fields) else ():
            if isinstance(choice, n.FieldPrefix):
                raise Fault("a query to join with must name its columns", choice.span, "write them out")


def _order_of_stages(query: n.Query) -> None:
    _comparisons(query)
    _contexts(query)


def _contexts(query: n.Query) -> None:
    for place, stage in enumerate(query.stages):
        if isinstance(stage, n.Context):
            before = next((each for each in query.stages[:place] if not isinstance(each, _CHOOSING)), None)
            if before is not None:
                hint = "put it right after the search, or after where, sort, limit, sample and dedup"
                raise Fault("context goes around events as they were found", stage.span, hint)


_CHOOSING = (n.Where, n.Sort, n.Limit, n.Sample, n.Dedup)
"""Stages that take rows away and leave the others as they are."""


def _context(stage: n.Context) -> None:
    _distinct(_named(stage.by), "remove one of them")
    if not 0 < max(stage.before, stage.after) <= limits.MAX_CONTEXT:
        hint = "such as context 5, or context -10 +2"
        raise Fault(f"context takes 1 to {limits.MAX_CONTEXT} lines", stage.span, hint)


def _comparisons(query: n.Query) -> None:
    for place, stage in enumerate(query.stages):
        if not isinstance(stage, n.Compare):
            continue
        before = query.stages[place - 1] if place else None
        if isinstance(before, n.Top | n.Rare):
            hint = "the most frequent of then may be others: write | count by f | compare 1d | sort -count | limit 10"
            raise Fault("compare does not go with top and rare", stage.span, hint)
        if not isinstance(before, n.Stats | n.Count):
            raise Fault("compare stands right after stats or count", stage.span, "such as | count by path | compare 1d")
        _compared_names(before)


def _compared_names(stage: n.Stats | n.Count) -> None:
    named = [(grouping_name(grouping), grouping.span) for grouping in stage.by]
    values = [(aggregation_name(each), each.span) for each in stage.aggregations] if isinstance(stage, n.Stats) else []
    values = values or [("count", stage.span)]
    added = [(name + end, span) for name, span in values for end in (BEFORE, CHANGE)]
    _distinct(named + values + added, "name one of them with as")


def _length(stage: n.Compare) -> None:
    length = stage.length
    if duration_seconds(length.text) is None or length.nanoseconds is None or length.nanoseconds <= 0:
        raise Fault("compare takes a duration above 0", length.span, "such as compare 1d, or compare 1w")


def _limit(stage: n.Limit | n.Sample) -> None:
    if stage.count > _MAX_COUNT:
        raise Fault("this number of rows is too large", stage.span, "leave the stage out to keep all rows")


def _parse(stage: n.Parse) -> None:
    pattern = stage.pattern
    if isinstance(pattern, n.Regex):
        names = [name for name in group_names(pattern.pattern) if name is not None]
        if not names:
            raise Fault("this expression names no field", pattern.span, 'write for example ~"user=(?P<user>[a-z]+)"')
    else:
        holes = [piece for piece in template_of(pattern.text, pattern.span) if isinstance(piece, Hole)]
        names = [hole.name for hole in holes if hole.name is not None]
        if not names:
            hint = 'write for example "user=<user> took <ms:number>ms"'
            raise Fault("this pattern names no field", pattern.span, hint)
    _distinct([(name, pattern.span) for name in names], "give each place another name")


def _facets(stage: n.Facets) -> None:
    _positive(stage.limit, stage.span)


def _sessions(stage: n.Sessions) -> None:
    if not stage.gap.nanoseconds:
        raise Fault("this gap is no span of time", stage.gap.span, "write for example gap 30s")
    added = [(name, stage.span) for name in ("start", "end", "count", "duration")]
    _distinct(added + _named((stage.field,)), "rename the field first")


def _positive(count: int, span: Span) -> None:
    if not 0 < count <= _MAX_COUNT:
        raise Fault("the number of values is 1 or more", span, "write for example top 10 path")


def _named(fields: Iterable[n.Field]) -> list[tuple[str, Span]]:
    return [(field.name, field.span) for field in fields]


def _distinct(named: list[tuple[str, Span]], hint: str) -> None:
    """Refuses the second of two columns of one name."""
    seen: set[str] = set()
    for name, span in named:
        if name in seen:
            raise Fault(f"two columns are called {name}", span, hint)
        seen.add(name)


_RULES: dict[type, Callable[..., None]] = {
    n.FieldEquals: _level,
    n.FieldCompare: _level,
    n.FieldRange: _levels_in_range,
    n.FieldOneOf: _levels_in_list,
    n.Regex: refuse_bad_regex,
    n.Comparison: _comparison,
    n.InList: _in_list,
    n.Between: _between,
    n.Like: _like,
    n.Stats: _columns,
    n.Count: _columns,
    n.Fields: _fields,
    n.Drop: _fields,
    n.Top: _frequent,
    n.Rare: _frequent,
    n.Rename: _rename,
    n.Sort: _sort,
    n.Limit: _limit,
    n.Sample: _limit,
    n.Facets: _facets,
    n.Sessions: _sessions,
    n.Parse: _parse,
    n.Dedup: _dedup,
    n.Join: _join,
    n.Compare: _length,
    n.Query: _order_of_stages,
    n.Context: _context,
}
