"""Values, conditions and nodes of the plan in words near to the language, for people who ask how a query is answered.

Only for reading: the text says which test is made, not how it was spelt, and nothing parses it again.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from logstore.model.schema import LEVELS, Kind
from logstore.model.timespan import NS_PER_SECOND, TimeSpan
from query.plan import expressions as e
from query.plan import logical

_INFIX = frozenset({"+", "-", "*", "/", "%"})


def describe_value(value: e.Value) -> str:  # noqa: PLR0911, one case a form
    """A value."""
    match value:
        case e.Constant():
            return _constant(value)
        case e.FieldRef(name):
            return name
        case e.Call(function, (left, right)) if function in _INFIX:
            return f"({describe_value(left)} {function} {describe_value(right)})"
        case e.Call(function, arguments):
            return f"{function}({', '.join(map(describe_value, arguments))})"
        case e.Coalesce(values):
            return f"({' ?? '.join(map(describe_value, values))})"
        case e.Choose(condition, then, otherwise):
            return f"if({describe_condition(condition)}, {describe_value(then)}, {describe_value(otherwise)})"
        case e.Verdict(condition):
            return f"({describe_condition(condition)})"


def describe_condition(condition: e.Condition) -> str:
    """A condition."""
    match condition:
        case e.And(items):
            return _joined(items, "and") or "true"
        case e.Or(items):
            return _joined(items, "or") or "false"
        case e.Not(item):
            return f"not {_operand(item)}"
        case _:
            return _test(condition)


def _test(test: e.Condition) -> str:  # noqa: C901, PLR0911, PLR0912, one case a form
    """A condition that holds no other."""
    match test:
        case e.Compare(operator, left, right):
            return f"{describe_value(left)} {operator} {describe_value(right)}"
        case e.NumberTest(value, operator, number):
            return f"{describe_value(value)} {operator} {number}"
        case e.TextTest(value, operator, text):
            return f"{describe_value(value)} {operator} {_quoted(text)}"
        case e.BoolTest(value, truth):
            return f"{describe_value(value)} == {'true' if truth else 'false'}"
        case e.LevelTest(value, operator, rank):
            return f"{describe_value(value)} {operator} {LEVELS[rank]}"
        case e.TimeTest(value, operator, ns):
            return f"{describe_value(value)} {operator} {instant(ns)}"
        case e.Occurs(value, text, before, after):
            borders = {(True, True): "as words", (True, False): "as the start of a word", (False, True): "as its end"}
            return " ".join(filter(None, (describe_value(value), "has", _quoted(text), borders.get((before, after)))))
        case e.MatchesRegex(value, pattern):
            return f"{describe_value(value)} ~ {_quoted(pattern)}"
        case e.MatchesPattern(value, pieces):
            shape = "".join(piece.value if isinstance(piece, e.Wild) else piece for piece in pieces)
            return f"{describe_value(value)} fits {_quoted(shape)}"
        case e.InRows(value, query):
            return f"{describe_value(value)} in ({_inside(query)})"
        case e.EqualsAny(value, constants):
            return f"{describe_value(value)} is one of {len(constants):,} values"
        case e.IsTrue(value):
            return f"{describe_value(value)} is true"
        case e.IsPresent(value):
            return f"{describe_value(value)} is present"
        case e.IsNan(value):
            return f"{describe_value(value)} is NaN"
        case _:
            return describe_condition(test)


def steps(plan: logical.Plan) -> list[tuple[str, str]]:
    """The nodes in the order in which rows pass them: what each does, and its details."""
    done: list[tuple[str, str]] = []
    node = plan
    while not isinstance(node, logical.Scan):
        done.append((type(node).__name__.lower(), _details(node)))
        node = node.input
    wanted = "all fields" if node.fields is None else f"the fields {', '.join(sorted(node.fields)) or '(none)'}"
    moved = f", {node.moved_ns / NS_PER_SECOND:g} s earlier" if node.moved_ns else ""
    return [("scan", f"{_window(node.window)}{moved}; {wanted}"), *reversed(done)]


def _details(node: logical.Plan) -> str:  # noqa: C901, PLR0911, PLR0912, one case a node
    match node:
        case logical.Filter():
            return describe_condition(node.condition)
        case logical.Extend():
            return ", ".join(f"{name} = {describe_value(value)}" for name, value in node.assignments)
        case logical.Project() | logical.Drop():
            return ", ".join(f"{choice.name}*" if choice.prefix else choice.name for choice in node.choices)
        case logical.Rename():
            return ", ".join(f"{old.name} as {new}" for old, new in node.renamings)
        case logical.Aggregate():
            groups = ", ".join(_named(name, describe_value(value)) for name, value in node.groups)
            made = ", ".join(_named(each.name, _aggregation(each)) for each in node.aggregations)
            return f"{made} by {groups}" if groups else made
        case logical.Top():
            return f"{'rarest' if node.rare else 'most frequent'} {node.limit} of {_names(node.fields)}"
        case logical.Sort():
            return ", ".join(f"{key.field.name}{' descending' if key.descending else ''}" for key in node.keys)
        case logical.Dedup():
            return f"by {_names(node.fields)}, the {node.keep} kept"
        case logical.Parse():
            made = ", ".join(group.name for group in node.groups if group.name is not None)
            return f"{made} from {node.source.name} by {_quoted(node.pattern)}"
        case logical.Unpack():
            under = "" if node.prefix is None else f" under {node.prefix}"
            return f"{node.form} from {node.source.name}{under}"
        case logical.Facets():
            return f"the {node.limit} most frequent values of every field"
        case logical.Sessions():
            return f"by {node.by.name}, parted by {node.gap_ns:,} ns without any"
        case logical.Limit() | logical.Sample():
            return str(node.count)
        case logical.Union():
            return f"({_inside(node.other)})"
        case logical.Join():
            kept = ", all kept" if node.keep_all else ""
            return f"({_inside(node.other)}) on {_names(node.fields)}{kept}"
        case logical.Patterns():
            return f"of {node.field.name}"
        case logical.Context():
            return f"{node.before} before and {node.after} after, by {_names(node.by)}"
        case logical.Picked():
            return f"{len(node.lines.seqs):,} lines"
        case logical.Compare():
            return f"with ({_inside(node.other)})"
        case logical.Scan():
            return _window(node.window)


def _inside(plan: logical.Plan) -> str:
    """A plan inside another, in one line."""
    return " | ".join(" ".join(step) for step in steps(plan))


def instant(ns: int | None) -> str:
    """A time as RFC 3339; an end that is open as an ellipsis."""
    if ns is None:
        return "…"
    seconds, fraction = divmod(ns, NS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _window(window: TimeSpan) -> str:
    if window.start_ns is None and window.end_ns is None:
        return "all times"
    return f"times [{instant(window.start_ns)}, {instant(window.end_ns)})"


def _aggregation(aggregation: logical.Aggregation) -> str:
    argument = aggregation.argument
    arguments = [] if argument is None else [_argument(argument)]
    return f"{aggregation.function}({', '.join([*arguments, *map(_constant, aggregation.constants)])})"


def _argument(argument: e.Value | e.Condition) -> str:
    if isinstance(argument, e.Constant | e.FieldRef | e.Call | e.Coalesce | e.Choose | e.Verdict):
        return describe_value(argument)
    return describe_condition(argument)


def _named(name: str, made: str) -> str:
    return made if made == name else f"{made} as {name}"


def _names(references: tuple[e.FieldRef, ...]) -> str:
    return ", ".join(reference.name for reference in references)


def _joined(items: tuple[e.Condition, ...], word: str) -> str:
    return f" {word} ".join(map(_operand, items))


def _operand(condition: e.Condition) -> str:
    text = describe_condition(condition)
    return f"({text})" if isinstance(condition, e.And | e.Or) and condition.items else text


def _constant(constant: e.Constant) -> str:
    value = constant.value
    if constant.kind is Kind.TIME and isinstance(value, int):
        return instant(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
