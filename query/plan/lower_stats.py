"""`stats` and `count`: names, arguments, and what a rate is per."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from logstore.errors import QueryError
from logstore.model.schema import TIME, Kind
from query.lang import functions, naming, nodes
from query.plan import logical
from query.plan.expressions import Call, Condition, Constant, FieldRef, Value
from query.plan.lower_expression import ExpressionLowering


def aggregate(
    plan: logical.Plan,
    expressions: ExpressionLowering,
    aggregations: Sequence[nodes.Aggregation],
    by: Sequence[nodes.Grouping],
    window_seconds: float | None,
) -> logical.Aggregate:
    """The node for a `stats` stage; QueryError for two columns of one name, or a rate over an open window."""
    groups = tuple((naming.grouping_name(group), expressions.value(group.key)) for group in by)
    made = tuple(_aggregation(expressions, each) for each in aggregations)
    _check_names(
        [*zip((name for name, _ in groups), by, strict=True), *zip((a.name for a in made), aggregations, strict=True)]
    )
    seconds = _bin_seconds(value for _, value in groups) or window_seconds
    for each in aggregations:
        if each.call.name == "rate" and not seconds:
            hint = "add `by bin(1m)`, or a time window such as time:15m"
            raise QueryError("rate() needs a length of time to divide by", span=each.call.span, hint=hint)
    return logical.Aggregate(plan, made, groups, seconds)


def _aggregation(expressions: ExpressionLowering, node: nodes.Aggregation) -> logical.Aggregation:
    call, name = node.call, naming.aggregation_name(node)
    share = functions.percentile(call.name)
    function = call.name if share is None else "quantile"
    argument: Value | Condition | None = None
    if call.args:
        first = call.args[0]
        if isinstance(first, nodes.Regex):
            raise TypeError(first)
        argument = expressions.condition(first) if call.name == "countif" else expressions.value(first)
    constants = [Constant(share, Kind.FLOAT)] if share is not None else []
    for further in call.args[1:]:
        if not isinstance(further, nodes.Number):
            raise TypeError(further)
        constants.append(Constant(further.value, Kind.FLOAT))
    return logical.Aggregation(name, function, argument, tuple(constants), call.span)


def _check_names(named: Iterable[tuple[str, nodes.Grouping | nodes.Aggregation]]) -> None:
    seen: set[str] = set()
    for name, node in named:
        if name in seen:
            raise QueryError(f"two columns would be called {name}", span=node.span, hint="name one of them with `as`")
        seen.add(name)


def _bin_seconds(groups: Iterable[Value]) -> float | None:
    """Width of the first bin of `time`."""
    for value in groups:
        match value:
            case Call("bin", (FieldRef(name), Constant(width, _))) if name == TIME and isinstance(width, (int, float)):
                return width
    return None
