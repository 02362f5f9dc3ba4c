"""Search terms over one event: true or false, never unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logstore.model.levels import normalize_level
from query.lang import nodes
from tests.query.differential.events import Event
from tests.query.differential.expressions_model import HOLDS, sign_of_values
from tests.query.differential.literals import duration_ns, instant_span, number_of
from tests.query.differential.matching import has_piece, has_word, matches_pieces, search_regex
from tests.query.differential.values import (
    Time,
    Value,
    compare,
    digits_or_text,
    is_nan,
    is_number,
    json_number,
    severity,
    text_of,
)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Evaluates searches.

    Attributes:
        now_ns: the start of the query.
        subquery: gives the values of a subquery's only column.
    """

    now_ns: int
    subquery: Callable[[nodes.Query], Sequence[Value]]

    def matches(self, term: nodes.Search, event: Event) -> bool:  # noqa: PLR0911, one case a form
        """Whether an event is found."""
        match term:
            case nodes.Everything():
                return True
            case nodes.And(terms):
                return all(self.matches(each, event) for each in terms)
            case nodes.Or(terms):
                return any(self.matches(each, event) for each in terms)
            case nodes.Not(inner):
                return not self.matches(inner, event)
            case nodes.TimeWithin() | nodes.TimeAt() | nodes.TimeCompare() | nodes.TimeRange():
                time = event["time"]
                assert isinstance(time, Time)
                return self._time(term, time.ns)
            case (
                nodes.Word()
                | nodes.Prefix()
                | nodes.Suffix()
                | nodes.Substring()
                | nodes.Phrase()
                | nodes.MessageRegex()
            ):
                message = event.get("message")
                return isinstance(message, str) and _message(term, message)
        value = event.get(term.field.name)
        return value is not None and self._field(term, value)

    def _time(self, term: nodes.TimeTerm, ns: int) -> bool:
        match term:
            case nodes.TimeWithin(length):
                back = duration_ns(length.text)
                assert back is not None
                return self.now_ns - back <= ns <= self.now_ns
            case nodes.TimeAt(at):
                start, end = _span(at)
                return start <= ns < end
            case nodes.TimeCompare(op, at):
                return HOLDS[op](compare(ns, _span(at)[0]))
            case nodes.TimeRange(low, high):
                return _span(low)[0] <= ns < _span(high)[0]

    def _field(self, term: nodes.FieldTerm, value: Value) -> bool:  # noqa: PLR0911, one case a form
        name = term.field.name
        match term:
            case nodes.FieldPresent():
                return True
            case nodes.FieldEquals(_, wanted):
                return _equals(name, value, wanted)
            case nodes.FieldMatches(_, pattern):
                return _fits(value, pattern)
            case nodes.FieldOneOf(_, choices):
                return any(
                    _fits(value, choice) if isinstance(choice, nodes.Pattern) else _equals(name, value, choice)
                    for choice in choices
                )
            case nodes.FieldCompare(_, op, bound):
                return _within(name, value, [(op, bound)])
            case nodes.FieldRange(_, low, high):
                return _within(name, value, [(">=", low), ("<=", high)])
            case nodes.FieldRegex(_, regex):
                text = digits_or_text(value)
                return text is not None and search_regex(text, regex.pattern) is not None
            case nodes.FieldIn(_, query):
                return any(same(value, other) for other in self.subquery(query))


def _span(literal: nodes.Time) -> tuple[int, int]:
    span = instant_span(literal.text)
    assert span is not None
    return span


def _message(term: nodes.MessageTerm, message: str) -> bool:
    match term:
        case nodes.Word(text):
            return has_word(message, text)
        case nodes.Prefix(text):
            return has_piece(message, text, border_after=False)
        case nodes.Suffix(text):
            return has_piece(message, text, border_before=False)
        case nodes.Substring(text):
            return has_piece(message, text, border_before=False, border_after=False)
        case nodes.Phrase(text):
            return has_piece(message, text)
        case nodes.MessageRegex(regex):
            return search_regex(message, regex.pattern) is not None


def _equals(field: str, value: Value, wanted: nodes.Value) -> bool:
    if field == "level":
        return value == normalize_level(wanted.text)
    if text_of(value) is not None:
        return text_of(value) == wanted.text
    if wanted.quoted:
        return False
    if isinstance(value, bool):
        return {"true": True, "false": False}.get(wanted.text) is value
    number = number_of(wanted.text)
    return number is not None and is_number(value) and value == number


def _fits(value: Value, pattern: nodes.Pattern) -> bool:
    text = digits_or_text(value)
    return text is not None and matches_pieces(text, pattern.pieces)


def _within(field: str, value: Value, bounds: Sequence[tuple[str, nodes.Value]]) -> bool:
    """Whether a value is on the right side of all bounds; numeric only when all bounds are numbers."""
    if field == "level":
        place = severity(value)
        return place is not None and all(_level_holds(op, place, bound.text) for op, bound in bounds)
    numbers = [None if bound.quoted else number_of(bound.text) for _, bound in bounds]
    if None in numbers:
        text = text_of(value)
        return text is not None and all(HOLDS[op](compare(text, bound.text)) for op, bound in bounds)
    number = json_number(value) if isinstance(value, str) else value
    if not is_number(number) or is_nan(number):
        return False
    return all(HOLDS[op](compare(number, other)) for (op, _), other in zip(bounds, numbers, strict=True))


def _level_holds(op: str, place: int, name: str) -> bool:
    other = severity(normalize_level(name))
    assert other is not None
    return HOLDS[op](compare(place, other))


def same(value: Value, other: Value) -> bool:
    """Whether two values are equal, as `==` has it; what is missing equals nothing."""
    if value is None or other is None or is_nan(value) or is_nan(other):
        return False
    return sign_of_values(value, other) == 0
