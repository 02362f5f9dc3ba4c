"""From a parser's refusal to a fault that helps: what is wrong, where, and what to write instead.

The parser stops at the first token that cannot continue the query. Well-known mistakes are recognised there by rules;
what no rule knows is told by what would have fitted.
"""

from __future__ import annotations

from typing import cast

from lark import UnexpectedInput, UnexpectedToken

from query.lang import search_mistakes, stage_mistakes
from query.lang.expected import in_words
from query.lang.fault import Fault
from query.lang.place import Place
from query.lang.search_mistakes import Rule

# A terminal that tells the context when it would fit, and the rules for that context; the first that fits is taken.
_CONTEXTS: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("BARE", search_mistakes.TERM),
    ("VALUE", search_mistakes.VALUE),
    ("CHOICE", search_mistakes.VALUE),
    ("WHERE", stage_mistakes.STAGE),
    ("NUMBER", stage_mistakes.OPERAND),
    ("PLUS", stage_mistakes.OPERATOR),
)

_LONGEST_SHOWN = 40
"""Characters of an unexpected run that a message repeats; the caret shows the rest."""


def diagnose(text: str, error: UnexpectedInput) -> Fault:
    """The fault behind a refusal of `text`."""
    place = _place(text, error)
    faults = (rule(place) for rule in _rules(place))
    return next((fault for fault in faults if fault is not None), None) or _unexpected(place)


def _place(text: str, error: UnexpectedInput) -> Place:
    accepts = frozenset(cast("set[str]", error.interactive_parser.accepts()))  # type: ignore[no-untyped-call]
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        text = text.rstrip()
        return Place(text, len(text), accepts)
    return Place(text, cast("int", error.pos_in_stream), accepts)


def _rules(place: Place) -> tuple[Rule, ...]:
    found = next((rules for terminal, rules in _CONTEXTS if terminal in place.accepts), stage_mistakes.ELSEWHERE)
    return (*search_mistakes.ANYWHERE, *search_mistakes.LISTED, *found)


def _unexpected(place: Place) -> Fault:
    expected = in_words(place.accepts)
    hint = f"expected {expected}" if expected else ""
    if place.at_end:
        return place.fault("the query ends too early", hint, 0)
    run = place.char if place.char in "()|," else place.run
    shown = run if len(run) <= _LONGEST_SHOWN else f"{run[:_LONGEST_SHOWN]}…"
    return place.fault(f"{shown} does not fit here", hint, len(run))
