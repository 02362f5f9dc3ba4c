"""Mistakes that people make in stages and expressions, told from the place where the parser stopped.

Rules as in `search_mistakes`.
"""

from __future__ import annotations

import re

from query.lang import functions, nearest, spelling
from query.lang.calls import unknown_aggregate_hint
from query.lang.expected import in_words
from query.lang.fault import Fault
from query.lang.place import Place
from query.lang.search_mistakes import Rule, single_quoted
from query.lang.stages import KNOWN_ELSEWHERE, STAGES

_NAME = re.compile(r"[\w.-]+")
_ODD_NAME = re.compile(r"[@$#\w][\w.@$#/-]*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-")

_WITH_QUERY = ("union", "join", "left")

_FOREIGN_OPERATORS = {
    "=>": ("=> is no operator", "write >="),
    "=<": ("=< is no operator", "write <="),
    "=~": ("=~ is no operator", "write ~"),
    "=": ("= is no comparison", "write == to compare"),
    "&&": ("&& is no operator", "write and"),
    "<>": ("<> is no operator", "write !="),
    "!": ("! is no operator here", "write not before a condition, != to compare"),
    ":": ("field:value is written in searches only", 'write == here, as in level == "error"'),
    "^": ("^ is no operator", "write pow(x, y)"),
    "||": ("|| is no operator", "write or"),
}


def _unknown_stage(place: Place) -> Fault | None:
    """A name that is no stage."""
    if place.char == "|":
        return place.fault("|| is no operator", "write OR in a search, or in an expression", 1)
    match = _NAME.match(place.text, place.start)
    if match is None:
        return None
    hint = nearest.suggestion(match[0], STAGES, "stages are", KNOWN_ELSEWHERE)
    return place.fault(f"unknown stage {match[0]}", hint, len(match[0]))


def _foreign_operator(place: Place) -> Fault | None:
    """Operators of other languages."""
    for sign, (message, hint) in _FOREIGN_OPERATORS.items():
        if place.rest.startswith(sign):
            return place.fault(message, hint, len(sign))
    if place.char == ">" and place.text[place.start - 1 : place.start] == "<":
        return place.fault(*_FOREIGN_OPERATORS["<>"], 1)
    return None


def _chained(place: Place) -> Fault | None:
    """`a < b < c`."""
    if "COMPARATOR" in place.accepts or "_AND_ALSO" not in place.accepts or place.char not in ("<", ">", "=", "!"):
        return None
    return place.fault("comparisons do not chain", "write a < b and b < c", 1)


def _negated_test(place: Place) -> Fault | None:
    """`x not like "y"`, `x not between 1 and 2`."""
    if place.accepts != {"_IN"} or place.word_before not in ("not", "NOT"):
        return None
    return place.fault("only in takes not in front of it", "write not (x like …), not (x between …)")


def _bare_query(place: Place) -> Fault | None:
    """`union level:error`."""
    stage = place.word_before
    if place.accepts != {"LPAR"} or stage not in _WITH_QUERY:
        return None
    return place.fault("the second query stands in parentheses", f"write {stage} ({place.run.rstrip('|)')} …)")


def _bare_aggregate(place: Place) -> Fault | None:
    """`stats count by x`, `stats by x`."""
    name = place.word_before
    if place.accepts != {"LPAR"} or not name:
        return None
    start = place.text.rindex(name, 0, place.start) - place.start
    if name in ("by", "as"):
        return Fault("stats has no aggregate", place.span(len(name), start), "write one before it, such as count()")
    if functions.aggregate(name) is None:
        return Fault(f"unknown aggregate {name}", place.span(len(name), start), unknown_aggregate_hint(name))
    return Fault("an aggregate has parentheses", place.span(len(name), start), f"write {name}()")


def _all_rows(place: Place) -> Fault | None:
    """`count(*)`."""
    if place.char != "*" or place.text[: place.start].rstrip()[-1:] != "(":
        return None
    return place.fault("* is no expression", "write count() to count rows", 1)


def _bare_time(place: Place) -> Fault | None:
    """`time > 2026-11-22T10:00Z` without quotes."""
    token = place.text[: place.start + len(place.run)].split()[-1:]
    if not token or not _TIME.match(token[0]):
        return None
    return place.fault("a time stands in double quotes here", f"write {spelling.encode_quoted(token[0])}")


def _bare_number(place: Place) -> Fault | None:
    """`.5`, `10.0.0.1`, `5e`."""
    if re.match(r"\.[0-9]", place.rest):
        return place.fault("a number starts with a digit", f"write 0{place.run}")
    match = re.match(r"[0-9][\w.]*", place.rest)
    if match is None:
        return None
    hint = f"write {spelling.encode_quoted(match[0])} for the text, {spelling.encode_quoted(match[0], '`')} for a field"
    return place.fault(f"{match[0]} is no number", hint, len(match[0]))


def _keyword_as_name(place: Place) -> Fault | None:
    """`fields not, x`: a word with a meaning of its own."""
    match = re.match(r"[\w.]+", place.rest)
    if match is None or match[0] not in spelling.KEYWORDS or "NAME" not in place.accepts:
        return None
    named = spelling.encode_quoted(match[0], "`")
    hint = f"if it is a field, write {named}; expected {in_words(place.accepts)}"
    return place.fault(f"{match[0]} does not fit here", hint, len(match[0]))


def _odd_name(place: Place) -> Fault | None:
    """`@timestamp`, `user-agent`, `5xx` where a field stands."""
    if place.touches and place.char in ("-", "/", "@", "$", "#"):
        before = re.search(r"[\w.]+$", place.text[max(0, place.start - 200) : place.start])
        whole = (before[0] if before is not None else "") + place.run.rstrip(",|)")
        if before is not None:
            return place.fault(f"a name with {place.char} stands in backquotes", f"write `{whole}`", 1)
    match = _ODD_NAME.match(place.text, place.start)
    if match is None or not {"NAME", "QUOTED_NAME"} & place.accepts:
        return None
    hint = f"write {spelling.encode_quoted(match[0], '`')}"
    return place.fault("a name with such characters stands in backquotes", hint, len(match[0]))


def _quoted_name(place: Place) -> Fault | None:
    """`fields "a b"`."""
    if place.char != '"' or "NAME" not in place.accepts:
        return None
    return place.fault("a field's name stands in backquotes", "write `a name` instead of quotes", 1)


def _computed_aggregate(place: Place) -> Fault | None:
    """`stats sum(x) / count()`."""
    if "_AS" not in place.accepts or place.char not in ("+", "-", "*", "/", "%"):
        return None
    hint = "name the aggregates with as, and compute in a stage after this one: | let ratio = a / b"
    return place.fault("stats does not compute with aggregates", hint, 1)


def _sort_direction(place: Place) -> Fault | None:
    """`sort f desc`."""
    match = re.match(r"(?i)(desc|asc)(ending)?\b", place.rest)
    if match is None or "PLUS" in place.accepts:
        return None
    sign = "-" if match[1].lower() == "desc" else ""
    return place.fault(f"{match[0]} does not fit here", f"write sort {sign}{place.word_before}", len(match[0]))


STAGE: tuple[Rule, ...] = (_unknown_stage,)

OPERAND: tuple[Rule, ...] = (
    single_quoted,
    _all_rows,
    _bare_time,
    _bare_number,
    _foreign_operator,
    _keyword_as_name,
    _odd_name,
)

OPERATOR: tuple[Rule, ...] = (_chained, _bare_time, _foreign_operator)

ELSEWHERE: tuple[Rule, ...] = (
    single_quoted,
    _negated_test,
    _computed_aggregate,
    _bare_query,
    _bare_aggregate,
    _chained,
    _quoted_name,
    _sort_direction,
    _keyword_as_name,
    _odd_name,
)
