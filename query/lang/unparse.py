"""From a syntax tree to its canonical text: one spelling per tree, and `parse(unparse(tree)) == tree`.

Parentheses stand only where the tree could not be read back without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from logstore.model.schema import MESSAGE
from query.lang import nodes as n
from query.lang import spelling

# How tightly a form holds its parts together. An operand of looser form gets parentheses.
_OR, _AND, _NOT, _TEST, _COALESCE, _SUM, _PRODUCT, _UNARY, _ATOM = range(9)


def unparse(query: n.Query) -> str:
    """The canonical text of a query."""
    return " | ".join([unparse_search(query.search), *(unparse_stage(stage) for stage in query.stages)])


# Search


def unparse_search(search: n.Search) -> str:  # noqa: PLR0911, one per form
    """The canonical text of a search."""
    match search:
        case n.Or(terms):
            return " OR ".join(_term(term, _AND) for term in terms)
        case n.And(terms):
            return " ".join(_term(term, _NOT) for term in terms)
        case n.Not(term):
            return f"-{_term(term, _ATOM)}"
        case n.Everything():
            return "*"
        case n.TimeWithin() | n.TimeAt() | n.TimeCompare() | n.TimeRange():
            return f"time:{_time_test(search)}"
        case n.Word() | n.Prefix() | n.Suffix() | n.Substring() | n.Phrase() | n.MessageRegex():
            return _message_term(search)
        case _:
            return _field_term(search)


def _term(term: n.Search, needed: int) -> str:
    text = unparse_search(term)
    held = {n.Or: _OR, n.And: _AND, n.Not: _NOT}.get(type(term), _ATOM)
    # Before a parenthesis, `f:in` would start a subquery.
    ambiguous = isinstance(term, n.FieldEquals) and term.value == n.Value("in")
    return f"({text})" if held < needed or ambiguous else text


def _message_term(term: n.MessageTerm) -> str:
    match term:
        case n.Word(text):
            return spelling.encode_quoted(text) if text in spelling.OPERATORS else spelling.encode_term(text)
        case n.Prefix(text):
            return f"{spelling.encode_term(text)}*"
        case n.Suffix(text):
            return f"*{spelling.encode_inside(text)}"
        case n.Substring(text):
            return f"*{spelling.encode_inside(text)}*"
        case n.Phrase(text):
            return spelling.encode_quoted(text)
        case n.MessageRegex(regex):
            return f"~{spelling.encode_regex(regex.pattern)}"


def _field_term(term: n.FieldTerm) -> str:
    return f"{spelling.encode_field(term.field.name)}:{_test(term)}"


def _test(term: n.FieldTerm) -> str:  # noqa: PLR0911, one per form
    match term:
        case n.FieldEquals(_, value):
            return spelling.encode_value(value)
        case n.FieldMatches(_, pattern):
            return spelling.encode_pattern(pattern)
        case n.FieldOneOf(_, choices):
            return f"({', '.join(_choice(choice) for choice in choices)})"
        case n.FieldCompare(_, op, value):
            return f"{op}{spelling.encode_value(value)}"
        case n.FieldRange(_, low, high):
            return f"{spelling.encode_range_start(low)}..{spelling.encode_value(high)}"
        case n.FieldRegex(_, regex):
            return f"~{spelling.encode_regex(regex.pattern)}"
        case n.FieldPresent():
            return "*"
        case n.FieldIn(_, query):
            return f"in({unparse(query)})"


def _choice(choice: n.Choice) -> str:
    return spelling.encode_value(choice) if isinstance(choice, n.Value) else spelling.encode_pattern(choice)


def _time_test(term: n.TimeTerm) -> str:
    match term:
        case n.TimeWithin(length):
            return length.text
        case n.TimeAt(at):
            return spelling.encode_time(at.text)
        case n.TimeCompare(op, at):
            return f"{op}{spelling.encode_time(at.text)}"
        case n.TimeRange(low, high):
            return f"{spelling.encode_time(low.text)}..{spelling.encode_time(high.text)}"


# Stages


def unparse_stage(stage: n.Stage) -> str:  # noqa: C901, PLR0911, PLR0912, one per form
    """The canonical text of a stage, without the pipe."""
    match stage:
        case n.Where(condition):
            return f"where {unparse_expression(condition)}"
        case n.Let(assignments):
            return f"let {', '.join(_assignment(assignment) for assignment in assignments)}"
        case n.Parse(pattern, source):
            return f"parse {_template(pattern)}{'' if source.name == MESSAGE else f' from {_name(source)}'}"
        case n.Unpack(form, source, prefix):
            return f"{form}{'' if source.name == MESSAGE else f' {_name(source)}'}{_alias(prefix)}"
        case n.Fields(choices):
            return f"fields {', '.join(_field_choice(choice) for choice in choices)}"
        case n.Drop(choices):
            return f"drop {', '.join(_field_choice(choice) for choice in choices)}"
        case n.Rename(renamings):
            return f"rename {', '.join(f'{_name(pair.old)} as {_name(pair.new)}' for pair in renamings)}"
        case n.Stats(aggregations, by):
            calls = (unparse_expression(part.call) + _alias(part.alias) for part in aggregations)
            return f"stats {', '.join(calls)}{_by(by)}"
        case n.Count(by):
            return f"count{_by(by)}"
        case n.Top(limit, fields):
            return f"top {limit} {_names(fields)}"
        case n.Rare(limit, fields):
            return f"rare {limit} {_names(fields)}"
        case n.Sort(keys):
            return f"sort {', '.join('-' * key.descending + _name(key.field) for key in keys)}"
        case n.Limit(count):
            return f"limit {count}"
        case n.Dedup(fields, keep_newest):
            return f"dedup {_names(fields)}{' keep newest' if keep_newest else ''}"
        case n.Facets(limit):
            return f"facets {limit}"
        case n.Sample(count):
            return f"sample {count}"
        case n.Sessions(field, gap):
            return f"sessions {_name(field)} gap {gap.text}"
        case n.Union(query):
            return f"union ({unparse(query)})"
        case n.Join(query, fields, left):
            return f"join {'left ' if left else ''}({unparse(query)}) on {_names(fields)}"
        case n.Patterns(field):
            return "patterns" if field.name == MESSAGE else f"patterns {_name(field)}"
        case n.Compare(length):
            return f"compare {length.text}"
        case n.Context(before, after, by):
            lines = (
                str(before)
                if before == after
                else " ".join(["-" + str(before)] * (before > 0) + [f"+{after}"] * (after > 0))
            )
            return f"context {lines}{f' by {_names(by)}' if by else ''}"
    assert_never(stage)


def _template(pattern: n.String | n.Regex) -> str:
    if isinstance(pattern, n.Regex):
        return f"~{spelling.encode_regex(pattern.pattern)}"
    return spelling.encode_quoted(pattern.text)


def _name(field: n.Field) -> str:
    return spelling.encode_name(field.name)


def _names(fields: Sequence[n.Field]) -> str:
    return ", ".join(_name(field) for field in fields)


def _field_choice(choice: n.FieldChoice) -> str:
    return spelling.encode_prefix(choice.prefix) if isinstance(choice, n.FieldPrefix) else _name(choice)


def _assignment(assignment: n.Assignment) -> str:
    return f"{_name(assignment.target)} = {unparse_expression(assignment.value)}"


def _alias(alias: n.Field | None) -> str:
    return "" if alias is None else f" as {_name(alias)}"


def _by(groupings: Sequence[n.Grouping]) -> str:
    keys = (unparse_expression(grouping.key) + _alias(grouping.alias) for grouping in groupings)
    return f" by {', '.join(keys)}" if groupings else ""


# Expressions

_HELD: dict[type, int] = {
    n.Disjunction: _OR,
    n.Conjunction: _AND,
    n.Negation: _NOT,
    n.Comparison: _TEST,
    n.Matches: _TEST,
    n.Like: _TEST,
    n.InList: _TEST,
    n.Between: _TEST,
    n.IsNull: _TEST,
    n.Coalesce: _COALESCE,
    n.Negative: _UNARY,
}


def unparse_expression(expression: n.Expression | n.Regex) -> str:  # noqa: PLR0911, one per form
    """The canonical text of an expression."""
    match expression:
        case n.Disjunction(operands):
            return " or ".join(_operand(operand, _AND) for operand in operands)
        case n.Conjunction(operands):
            return " and ".join(_operand(operand, _NOT) for operand in operands)
        case n.Negation(operand):
            return f"not {_operand(operand, _NOT)}"
        case n.Coalesce(operands):
            return " ?? ".join(_operand(operand, _SUM) for operand in operands)
        case n.Arithmetic(op, left, right):
            held = _holds(expression)
            return f"{_operand(left, held)} {op} {_operand(right, held + 1)}"
        case n.Negative(operand):
            return f"-{_operand(operand, _ATOM)}"
        case n.Call(name, args):
            return f"{name}({_list(args)})"
        case n.Comparison() | n.Matches() | n.Like() | n.InList() | n.Between() | n.IsNull():
            return _predicate(expression)
        case _:
            return _atom(expression)


def _holds(expression: n.Expression) -> int:
    if isinstance(expression, n.Arithmetic):
        return _SUM if expression.op in ("+", "-") else _PRODUCT
    if isinstance(expression, n.Number) and expression.text.startswith("-"):
        return _UNARY
    return _HELD.get(type(expression), _ATOM)


def _operand(expression: n.Expression, needed: int) -> str:
    text = unparse_expression(expression)
    return f"({text})" if _holds(expression) < needed else text


def _list(expressions: Sequence[n.Expression | n.Regex]) -> str:
    return ", ".join(unparse_expression(expression) for expression in expressions)


def _predicate(predicate: n.Predicate) -> str:
    match predicate:
        case n.Comparison(op, left, right):
            return f"{_operand(left, _COALESCE)} {op} {_operand(right, _COALESCE)}"
        case n.Matches(operand, regex, negated):
            return f"{_operand(operand, _COALESCE)} {'!~' if negated else '~'} {spelling.encode_regex(regex.pattern)}"
        case n.Like(operand, pattern):
            return f"{_operand(operand, _COALESCE)} like {spelling.encode_quoted(pattern.text)}"
        case n.InList(operand, choices, negated):
            return f"{_operand(operand, _COALESCE)} {'not ' if negated else ''}in ({_list(choices)})"
        case n.Between(operand, low, high):
            ends = f"{_operand(low, _COALESCE)} and {_operand(high, _COALESCE)}"
            return f"{_operand(operand, _COALESCE)} between {ends}"
        case n.IsNull(operand, negated):
            return f"{_operand(operand, _COALESCE)} is {'not ' if negated else ''}null"


def _atom(atom: n.Field | n.Number | n.String | n.Bool | n.Null | n.Regex) -> str:
    match atom:
        case n.Field(name):
            return spelling.encode_name(name)
        case n.Number(text):
            return text
        case n.String(text):
            return spelling.encode_quoted(text)
        case n.Bool(value):
            return "true" if value else "false"
        case n.Null():
            return "null"
        case n.Regex(pattern):
            return spelling.encode_regex(pattern)
