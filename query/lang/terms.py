"""What a search term means, once its words are told apart: which node a bare term or a field test becomes.

Terms on `time` are special: they take durations and time literals only, and have nodes of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from logstore.errors import Span
from logstore.model.schema import TIME
from logstore.model.words import is_word
from query.lang import nodes as n
from query.lang import spelling, values
from query.lang.fault import Fault

ORDERS: dict[str, n.Order] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
COMPARATORS: dict[str, n.Comparator] = {"==": "==", "!=": "!=", **ORDERS}
ARITHMETIC: dict[str, n.ArithmeticOperator] = {"+": "+", "-": "-", "*": "*", "/": "/", "%": "%"}

# A test that somebody wrote as in other languages. As text it would be searched for and hardly ever found.
_FOREIGN_TEST = re.compile(r"(?P<field>[\w.@-]*\w)(?P<op>>=|<=|==|!=|>|<)(?P<value>-?[\w.]+)")
_JUNK_UNIT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?[A-Za-z]+")

_TIME_HINT = "such as time:15m, time:2026-11-22, time:>=2026-11-22T10:00Z or time:2026-11-22T10:00Z..2026-11-22T11:00Z"


def text_term(text: str, span: Span) -> n.Search:
    """Text to be found between word borders."""
    if not text:
        raise Fault("an empty phrase matches nothing in particular", span, "write * to match everything")
    return n.Word(text, span) if is_word(text) else n.Phrase(text, span)


def bare_term(source: str, span: Span) -> n.Search:
    """A term without quotes: a word, a phrase, or one with a star at an end."""
    _refuse_operators(source, span)
    pieces = spelling.decode_bare(source)
    match pieces:
        case (n.Wild.ANY,):
            return n.Everything(span)
        case (str(text),):
            _refuse_foreign(source, span)
            return text_term(text, span)
        case (str(text), n.Wild.ANY):
            return n.Prefix(text, span)
        case (n.Wild.ANY, str(text)):
            return n.Suffix(text, span)
        case (n.Wild.ANY, str(text), n.Wild.ANY):
            return n.Substring(text, span)
    hint = f'use ~"regex", or quotes for the characters themselves: {spelling.encode_quoted(source)}'
    raise Fault("in a search term only a * at its start or end is a wildcard", span, hint)


def _refuse_operators(source: str, span: Span) -> None:
    if source in spelling.OPERATORS and source.islower():
        hint = f'write {source.upper()} for the operator, or "{source}" for the word'
        raise Fault(f"is this {source} an operator or a word?", span, hint)
    if source in spelling.OPERATORS:
        raise Fault(f"{source} stands between two terms", span, f'write "{source}" for the word')
    if source in ("&&", "&"):
        raise Fault(f"{source} is no operator", span, "put terms side by side, or write AND")


def _refuse_foreign(source: str, span: Span) -> None:
    match = _FOREIGN_TEST.fullmatch(source)
    if match is None:
        return
    sign, op = ("-", "") if match["op"] == "!=" else ("", match["op"].removeprefix("=="))
    test = f"{sign}{match['field']}:{op}{match['value']}"
    raise Fault(f"a test of a field is written with a colon: {test}", span, f'write "{source}" to search for the text')


def equals_term(field: n.Field, value: n.Choice, span: Span) -> n.Search:
    """`field:value`, with or without wildcards."""
    if isinstance(value, n.Pattern):
        if value.pieces == (n.Wild.ANY,):
            return n.FieldPresent(field, span)
        refuse_time(field, span)
        return n.FieldMatches(field, value, span)
    return _time_term(value, span) if field.name == TIME else n.FieldEquals(field, value, span)


def _time_term(value: n.Value, span: Span) -> n.Search:
    if not value.quoted and values.duration_seconds(value.text) is not None:
        length = n.Number(value.text, value.span)
        if length.nanoseconds is None or length.nanoseconds <= 0:
            raise Fault("the last … takes a duration above 0", value.span, _TIME_HINT)
        return n.TimeWithin(length, span)
    return n.TimeAt(_time_literal(value), span)


def _time_literal(value: n.Choice) -> n.Time:
    if isinstance(value, n.Value) and values.time_of(value.text) is not None:
        return n.Time(value.text, value.span)
    raise Fault("this is no time", value.span, _TIME_HINT)


def refuse_time(field: n.Field, span: Span) -> None:
    """Ends a test that `time` cannot have."""
    if field.name == TIME:
        raise Fault("time cannot be tested like this", span, _TIME_HINT)


def range_term(field: n.Field, low: n.Choice, high: n.Choice, span: Span) -> n.Search:
    """`field:low..high`."""
    if field.name != TIME:
        return n.FieldRange(field, _plain(low), _plain(high), span)
    start, end = _time_literal(low), _time_literal(high)
    if start.point.start_ns >= end.point.start_ns:
        raise Fault("this range of time ends before it starts", Span(low.span.start, high.span.end), "swap its ends")
    return n.TimeRange(start, end, span)


def compare_term(field: n.Field, op: n.Order, value: n.Choice, span: Span) -> n.Search:
    """`field:>value`."""
    if field.name == TIME:
        return n.TimeCompare(op, _time_literal(value), span)
    return n.FieldCompare(field, op, _plain(value), span)


def _plain(choice: n.Choice) -> n.Value:
    """A value to compare with."""
    if isinstance(choice, n.Pattern):
        raise Fault("wildcards have no place in a comparison", choice.span, "put quotes around the characters meant")
    if not choice.quoted and choice.number is None and _JUNK_UNIT.fullmatch(choice.text):
        _refuse_unit(choice.text, choice.span, f' or "{choice.text}" to compare as text')
    return choice


def one_of_term(field: n.Field, choices: Sequence[n.Choice], span: Span) -> n.Search:
    """`field:(a, b)`."""
    refuse_time(field, span)
    return n.FieldOneOf(field, tuple(choices), span)


def number_literal(text: str, span: Span) -> n.Number:
    """A number of an expression."""
    if values.number_of(text) is None:
        _refuse_unit(text, span, "")
    return n.Number(text, span)


def _refuse_unit(text: str, span: Span, otherwise: str) -> None:
    units = ", ".join((*values.DURATION_UNITS, *values.SIZE_UNITS))
    raise Fault(
        f"{text} is neither a number, nor a duration, nor a size", span, f"units are {units};{otherwise}".rstrip(";")
    )
