"""From the syntax tree to the logical plan: literals are settled, defaults filled in, shorthands spelled out.

Errors found here carry their place in the query; the engine adds the text.
"""

from __future__ import annotations

from logstore.model.schema import TAG
from logstore.model.timespan import NS_PER_SECOND, TimeSpan
from query.lang import nodes
from query.plan import logical
from query.plan.expressions import TRUE, FieldRef
from query.plan.lower_compare import compare
from query.plan.lower_expression import ExpressionLowering
from query.plan.lower_parse import parse
from query.plan.lower_search import SearchLowering, required_window
from query.plan.lower_stats import aggregate


def lower(query: nodes.Query, now_ns: int, window: TimeSpan) -> logical.Plan:
    """The plan of a query that starts at `now_ns` and is asked within `window`.

    Time terms of the search that must hold narrow the window; they stay in the filter too, for a rule to take out.
    """
    return Lowering(now_ns, window).query(query)


class Lowering:
    """Lowers a query and the queries inside it."""

    def __init__(self, now_ns: int, window: TimeSpan) -> None:
        self._window = window
        self._now_ns = now_ns
        self._expressions = ExpressionLowering(now_ns)
        self._search = SearchLowering(now_ns, self.query)

    def query(self, query: nodes.Query) -> logical.Plan:
        """The plan of one query, within the same outer window."""
        window = self._window.intersect(required_window(query.search, self._now_ns))
        plan: logical.Plan = logical.Scan(window)
        condition = self._search.condition(query.search)
        if condition != TRUE:
            plan = logical.Filter(plan, condition)
        for stage in query.stages:
            plan = self._stage(plan, stage, window)
        return plan

    def _stage(self, plan: logical.Plan, stage: nodes.Stage, window: TimeSpan) -> logical.Plan:  # noqa: C901, PLR0911, PLR0912, one case a stage
        match stage:
            case nodes.Where(condition):
                return logical.Filter(plan, self._expressions.condition(condition))
            case nodes.Let(assignments):
                pairs = ((each.target.name, self._expressions.value(each.value)) for each in assignments)
                return logical.Extend(plan, tuple(pairs))
            case nodes.Parse():
                return parse(plan, stage)
            case nodes.Unpack(form, source, prefix):
                return logical.Unpack(plan, form, _reference(source), None if prefix is None else prefix.name)
            case nodes.Fields(choices):
                return logical.Project(plan, _choices(choices))
            case nodes.Drop(choices):
                return logical.Drop(plan, _choices(choices))
            case nodes.Rename(renamings):
                return logical.Rename(plan, tuple((_reference(each.old), each.new.name) for each in renamings))
            case nodes.Stats(aggregations, by):
                return aggregate(plan, self._expressions, aggregations, by, _seconds(window))
            case nodes.Count(by):
                count = nodes.Aggregation(nodes.Call("count", ()), span=stage.span)
                return aggregate(plan, self._expressions, (count,), by, _seconds(window))
            case nodes.Top(limit, fields):
                return logical.Top(plan, _references(fields), limit)
            case nodes.Rare(limit, fields):
                return logical.Top(plan, _references(fields), limit, rare=True)
            case nodes.Sort(keys):
                return logical.Sort(plan, tuple(logical.SortKey(_reference(k.field), k.descending) for k in keys))
            case nodes.Limit(count):
                return logical.Limit(plan, count)
            case nodes.Dedup(fields, keep_newest):
                return logical.Dedup(plan, _references(fields), "newest" if keep_newest else "oldest")
            case nodes.Facets(limit):
                return logical.Facets(plan, limit)
            case nodes.Sample(count):
                return logical.Sample(plan, count)
            case nodes.Sessions(field, gap):
                return logical.Sessions(plan, _reference(field), gap.nanoseconds or 0, stage.span)
            case nodes.Union(query, span):
                return logical.Union(plan, self.query(query), span)
            case nodes.Join(query, fields, left, span):
                return logical.Join(plan, self.query(query), _references(fields), left, span)
            case nodes.Patterns(field):
                return logical.Patterns(plan, _reference(field))
            case nodes.Compare(length, span):
                return compare(plan, length.nanoseconds or 0, span)
            case nodes.Context(before, after, by, span):
                return logical.Context(plan, before, after, _references(by) or (FieldRef(TAG),), span)


def _reference(field: nodes.Field) -> FieldRef:
    return FieldRef(field.name, field.span)


def _references(fields: tuple[nodes.Field, ...]) -> tuple[FieldRef, ...]:
    """Each field once."""
    return tuple(dict.fromkeys(map(_reference, fields)))


def _choices(choices: tuple[nodes.FieldChoice, ...]) -> tuple[logical.Choice, ...]:
    return tuple(
        logical.Choice(choice.name, span=choice.span)
        if isinstance(choice, nodes.Field)
        else logical.Choice(choice.prefix, prefix=True, span=choice.span)
        for choice in choices
    )


def _seconds(window: TimeSpan) -> float | None:
    if window.start_ns is None or window.end_ns is None:
        return None
    return (window.end_ns - window.start_ns) / NS_PER_SECOND
