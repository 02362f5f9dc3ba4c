"""Search terms as conditions of the plan."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeGuard

from logstore.errors import QueryError, Span
from logstore.model.levels import normalize_level, severity
from logstore.model.schema import LEVEL, LEVELS, MESSAGE, TIME, Kind
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.model.words import is_word_character
from query.lang import nodes
from query.lang.values import number_of
from query.plan import expressions as plan
from query.plan.logical import Plan

_MANY_TEXTS = 16
"""So many texts in a list are one test. With fewer, the tests of each are as fast, and statistics see what they are."""

_WILD = {nodes.Wild.ANY: plan.Wild.ANY, nodes.Wild.ONE: plan.Wild.ONE}


class SearchLowering:
    """Lowers searches.

    Args:
        now_ns: when the query started.
        subquery: lowers a query inside the query.
    """

    def __init__(self, now_ns: int, subquery: Callable[[nodes.Query], Plan]) -> None:
        self._now_ns = now_ns
        self._subquery = subquery

    def condition(self, term: nodes.Search) -> plan.Condition:  # noqa: PLR0911, one case a form
        """The condition of a search term."""
        match term:
            case nodes.Everything():
                return plan.TRUE
            case nodes.And(terms):
                return plan.And(tuple(map(self.condition, terms)))
            case nodes.Or(terms):
                return plan.Or(tuple(map(self.condition, terms)))
            case nodes.Not(inner):
                return plan.Not(self.condition(inner))
            case nodes.TimeWithin() | nodes.TimeAt() | nodes.TimeCompare() | nodes.TimeRange():
                return _within(_span_of(term, self._now_ns))
            case nodes.FieldIn(field, query, span):
                return plan.InRows(_reference(field), self._subquery(query), span)
            case (
                nodes.Word()
                | nodes.Prefix()
                | nodes.Suffix()
                | nodes.Substring()
                | nodes.Phrase()
                | nodes.MessageRegex()
            ):
                return _message(term)
            case _:
                return _field(term)


def required_window(term: nodes.Search, now_ns: int) -> TimeSpan:
    """A span of time outside of which the search cannot hold: from its time terms that must hold."""
    if isinstance(term, nodes.And):
        span = EVERYTHING
        for each in term.terms:
            span = span.intersect(required_window(each, now_ns))
        return span
    if isinstance(term, nodes.TimeWithin | nodes.TimeAt | nodes.TimeCompare | nodes.TimeRange):
        return _span_of(term, now_ns)
    return EVERYTHING


def _span_of(term: nodes.TimeTerm, now_ns: int) -> TimeSpan:
    match term:
        case nodes.TimeWithin(length):
            return TimeSpan(now_ns - (length.nanoseconds or 0), now_ns + 1)
        case nodes.TimeAt(at):
            return TimeSpan(at.point.start_ns, at.point.end_ns)
        case nodes.TimeRange(low, high):
            return TimeSpan(low.point.start_ns, high.point.start_ns)
        case nodes.TimeCompare(op, at):
            start = at.point.start_ns
            edge = start + 1 if op in {">", "<="} else start
            return TimeSpan(start_ns=edge) if op in {">", ">="} else TimeSpan(end_ns=edge)


def _within(span: TimeSpan) -> plan.Condition:
    time = plan.FieldRef(TIME)
    tests: list[plan.Condition] = []
    if span.start_ns is not None:
        tests.append(plan.TimeTest(time, ">=", span.start_ns))
    if span.end_ns is not None:
        tests.append(plan.TimeTest(time, "<", span.end_ns))
    return plan.And(tuple(tests))


def _reference(field: nodes.Field) -> plan.FieldRef:
    return plan.FieldRef(field.name, field.span)


def _message(term: nodes.MessageTerm) -> plan.Condition:
    message = plan.FieldRef(MESSAGE)
    match term:
        case nodes.MessageRegex(regex):
            return plan.MatchesRegex(message, regex.pattern, regex.span)
        case nodes.Prefix(text):
            return plan.Occurs(message, text, is_word_character(text[0]), border_after=False)
        case nodes.Suffix(text):
            return plan.Occurs(message, text, border_before=False, border_after=is_word_character(text[-1]))
        case nodes.Substring(text):
            return plan.Occurs(message, text, border_before=False, border_after=False)
        case nodes.Word(text) | nodes.Phrase(text):
            return plan.Occurs(message, text, is_word_character(text[0]), is_word_character(text[-1]))


def _field(term: nodes.FieldTerm) -> plan.Condition:  # noqa: PLR0911, one case a form
    field = _reference(term.field)
    match term:
        case nodes.FieldPresent():
            return plan.IsPresent(field)
        case nodes.FieldEquals(_, value):
            return _equals(field, value)
        case nodes.FieldMatches(_, pattern):
            return _fits(field, pattern)
        case nodes.FieldOneOf(_, choices):
            return _one_of(field, choices)
        case nodes.FieldCompare(_, op, value):
            return _bounded(field, ((op, value),))
        case nodes.FieldRange(_, low, high):
            return _bounded(field, ((">=", low), ("<=", high)))
        case nodes.FieldRegex(_, regex):
            return plan.MatchesRegex(field, regex.pattern, regex.span)
        case nodes.FieldIn():
            raise TypeError(term)


def _one_of(field: plan.FieldRef, choices: tuple[nodes.Choice, ...]) -> plan.Condition:
    """One test for all choices that can mean nothing but a text, where they are many: they are looked up in a table."""
    texts = [] if field.name == LEVEL else [each.text for each in choices if _is_text_alone(each)]
    if len(texts) < _MANY_TEXTS:
        return plan.Or(tuple(_choice(field, choice) for choice in choices))
    listed = plan.EqualsAny(field, tuple(plan.Constant(text, Kind.TEXT) for text in dict.fromkeys(texts)))
    others = tuple(_choice(field, choice) for choice in choices if not _is_text_alone(choice))
    return plan.Or((listed, *others)) if others else listed


def _is_text_alone(choice: nodes.Choice) -> TypeGuard[nodes.Value]:
    """Whether texts alone equal it. A number in quotes is left to its own test: `EqualsAny` finds that number too."""
    return isinstance(choice, nodes.Value) and choice.boolean is None and number_of(choice.text) is None


def _choice(field: plan.FieldRef, choice: nodes.Choice) -> plan.Condition:
    return _fits(field, choice) if isinstance(choice, nodes.Pattern) else _equals(field, choice)


def _fits(field: plan.FieldRef, pattern: nodes.Pattern) -> plan.Condition:
    pieces = (_WILD[piece] if isinstance(piece, nodes.Wild) else piece for piece in pattern.pieces)
    return plan.MatchesPattern(field, tuple(pieces))


def _equals(field: plan.FieldRef, value: nodes.Value) -> plan.Condition:
    if field.name == LEVEL:
        return plan.LevelTest(field, "==", level_rank(value.text, value.span))
    quoted_number = value.span if value.quoted and number_of(value.text) is not None else None
    tests: list[plan.Condition] = [plan.TextTest(field, "==", value.text, quoted_number)]
    if value.number is not None:
        tests.insert(0, plan.NumberTest(field, "==", value.number, read_text=False))
    if value.boolean is not None:
        tests.append(plan.BoolTest(field, value.boolean))
    return tests[0] if len(tests) == 1 else plan.Or(tuple(tests))


def _bounded(field: plan.FieldRef, bounds: tuple[tuple[nodes.Order, nodes.Value], ...]) -> plan.Condition:
    """All bounds; numeric only where each of them is a number."""
    tests: list[plan.Condition] = []
    numeric = all(value.number is not None for _, value in bounds)
    for op, value in bounds:
        if field.name == LEVEL:
            tests.append(plan.LevelTest(field, op, level_rank(value.text, value.span)))
        elif numeric and value.number is not None:
            tests.append(plan.NumberTest(field, op, value.number, read_text=True))
        else:
            tests.append(plan.TextTest(field, op, value.text))
    return tests[0] if len(tests) == 1 else plan.And(tuple(tests))


def level_rank(text: str, span: Span | None) -> int:
    """The rank of a level by any of its spellings; QueryError when it is none."""
    level = normalize_level(text)
    if level is None:
        near = difflib.get_close_matches(text.lower(), LEVELS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise QueryError(f"{text} is no level", span=span, hint=f"{meant}levels are {', '.join(LEVELS)}")
    return severity(level)
