"""What a condition needs to find in the texts of an event: what a word index can be asked. Pure.

A clue is necessary, never sufficient: where it says that a row group holds nothing, no event of it meets the condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from logstore.model.schema import Kind
from logstore.model.words import fold_case, is_word_character, words
from query.lang.values import json_number
from query.plan import expressions as plan
from query.plan.logical import Filter, Plan, Scan
from query.plan.regex_pieces import Alternatives, Literal, Needed, Sequence, pieces_of

_NUMBERS = frozenset((Kind.INT, Kind.UINT, Kind.FLOAT))
_TEXTS = frozenset((Kind.TEXT, Kind.JSON))
_SPELLED = frozenset((Kind.TEXT, Kind.JSON, Kind.INT, Kind.UINT))


_MOST_SURVEYED = 64
"""Values of a list that indexes are asked for. More take longer to ask for than row groups to read."""


class What(Enum):
    """What is looked for in a field."""

    ANYTHING = "any value"
    """A value of one of the kinds is enough."""
    WORD = "the word"
    """Case folded."""
    TEXT = "the characters"
    """Anywhere, case folded."""
    VALUE = "the value"
    """Just these characters and no others."""


@dataclass(frozen=True, slots=True)
class Holds:
    """The field has a value, of one of the kinds, in which this is found."""

    field: str
    kinds: frozenset[Kind]
    what: What
    text: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """All of them are needed; of none: nothing is."""

    clues: tuple[Clue, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of them is needed; of none: there is no such event."""

    clues: tuple[Clue, ...]


Clue: TypeAlias = Holds | All | Any

NOTHING = All(())
"""Nothing is needed."""


def clue_of_scan(node: Plan) -> Clue:
    """What the filters on top of a scan need; `node` is the topmost of them, or the scan."""
    clues: list[Clue] = []
    while isinstance(node, Filter):
        clues.append(clue_of(node.condition))
        node = node.input
    if not isinstance(node, Scan):
        raise TypeError(node)
    return _all(clues)


def clue_of(condition: plan.Condition) -> Clue:  # noqa: PLR0911, one case a form
    """What a condition needs."""
    match condition:
        case plan.And(items):
            return _all([clue_of(item) for item in items])
        case plan.Or(items):
            return _any([clue_of(item) for item in items])
        case plan.Occurs(plan.FieldRef(name), text, before, after):
            return _fragment(name, _TEXTS, text, before=before, after=after)
        case plan.TextTest(plan.FieldRef(name), "==", text):
            return _equal(name, text)
        case plan.NumberTest(plan.FieldRef(name), _, _, False):
            return Holds(name, _NUMBERS, What.ANYTHING)
        case plan.BoolTest(plan.FieldRef(name)):
            return Holds(name, frozenset((Kind.BOOL,)), What.ANYTHING)
        case plan.EqualsAny(plan.FieldRef(name), constants) if len(constants) <= _MOST_SURVEYED:
            return _any([_constant(name, each) for each in constants])
        case plan.MatchesPattern(plan.FieldRef(name), pieces):
            return _pattern(name, pieces)
        case plan.MatchesRegex(plan.FieldRef(name), pattern):
            return _needed(name, pieces_of(pattern))
        case _:
            return NOTHING


def clue_about(clue: Clue, field: str) -> Clue:
    """The part of a clue that is about one field, and must hold."""
    clues = clue.clues if isinstance(clue, All) else (clue,)
    return _all([each for each in clues if isinstance(each, Holds) and each.field == field])


def _all(clues: list[Clue]) -> Clue:
    flat = [each for clue in clues for each in (clue.clues if isinstance(clue, All) else (clue,))]
    return flat[0] if len(flat) == 1 else All(tuple(dict.fromkeys(flat)))


def _any(clues: list[Clue]) -> Clue:
    if NOTHING in clues:
        return NOTHING
    return clues[0] if len(clues) == 1 else Any(tuple(dict.fromkeys(clues)))


def _equal(field: str, text: str) -> Clue:
    """A value is indexed whole or by its words, which only the index knows: it is asked for all that can be told."""
    return _all([Holds(field, _TEXTS, What.VALUE, text), _fragment(field, _TEXTS, text, before=True, after=True)])


def _constant(field: str, constant: plan.Constant) -> Clue:
    """A value that equals the constant. A number that a text spells is no text, but may be anywhere among numbers."""
    text = str(constant.value)
    if constant.kind not in _TEXTS:
        return NOTHING
    if constant.kind is Kind.TEXT and json_number(text) is not None:
        return _any([_equal(field, text), Holds(field, _NUMBERS, What.ANYTHING)])
    return _equal(field, text)


def _fragment(field: str, kinds: frozenset[Kind], text: str, *, before: bool, after: bool) -> Clue:
    """Characters somewhere in the field; whether no word character can stand before and after them."""
    folded = fold_case(text)
    found = words(folded)
    whole = found[:]
    if whole and is_word_character(folded[0]) and not before:
        whole = whole[1:]
    if whole and is_word_character(folded[-1]) and not after:
        whole = whole[:-1]
    clues: list[Clue] = [Holds(field, kinds, What.WORD, word) for word in whole]
    if whole != [folded] and folded:
        clues.append(Holds(field, kinds, What.TEXT, folded))
    return _all(clues)


def _pattern(field: str, pieces: tuple[str | plan.Wild, ...]) -> Clue:
    """Characters between wildcards; neighbouring ones belong together, and the ends of the value are borders."""
    if not any(isinstance(piece, plan.Wild) for piece in pieces):
        return _equal_as_pattern(field, "".join(map(str, pieces)))
    runs: list[tuple[str, bool]] = [("", True)]
    for piece in pieces:
        if isinstance(piece, plan.Wild):
            runs.append(("", False))
        else:
            text, is_start = runs[-1]
            runs[-1] = (text + piece, is_start)
    last = len(runs) - 1
    return _all(
        [
            _fragment(field, _SPELLED, text, before=is_start, after=place == last)
            for place, (text, is_start) in enumerate(runs)
        ]
    )


def _equal_as_pattern(field: str, text: str) -> Clue:
    whole = _fragment(field, _SPELLED, text, before=True, after=True)
    return _all([Holds(field, _SPELLED, What.VALUE, text), whole])


def _needed(field: str, needed: Needed) -> Clue:
    match needed:
        case Literal(text, before, after):
            return _fragment(field, _SPELLED, text, before=before, after=after)
        case Sequence(items):
            return _all([_needed(field, item) for item in items])
        case Alternatives(items):
            return _any([_needed(field, item) for item in items])
