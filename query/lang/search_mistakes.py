"""Mistakes that people make in searches, told from the place where the parser stopped.

Each rule gives a fault, or None if that was not the mistake. The tuples at the end list the rules in the order in which
they are tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from logstore.errors import Span
from query.lang import functions, spelling
from query.lang.expected import in_words
from query.lang.fault import Fault
from query.lang.place import Place
from query.lang.stages import STAGES

Rule: TypeAlias = Callable[[Place], Fault | None]

_CURLY = re.compile("[\u2018-\u201f]")
_INVISIBLE = re.compile("[^\\S \t\r\n]|[\x00-\x08\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_NOT_BARE = re.compile(r"(?<!\\)[:()|\",`]")
_ESCAPE = re.compile(r"\\([^0-9A-Za-z]?)")
_EMPTY_FIELD = re.compile(r"(?:(?:[^\s\"()|,:`\\]|\\.)++|`(?:[^`\\]|\\.)*+`):(?=[\s)|]|$)")
_PARENTHESIS = re.compile(r'"(?:[^"\\]|\\.)*+"|`(?:[^`\\]|\\.)*+`|\\.|[()]', re.DOTALL)
_CALL = re.compile(r"(\w[\w.]*)\(")


def unclosed(place: Place) -> Fault | None:
    """A quote that never ends: pointed at where it starts, not where the text ends."""
    lead = place.rest.removeprefix("~")
    offset = len(place.rest) - len(lead)
    if lead[:1] == '"' and place.quoted is None:
        return Fault("this quote is never closed", place.span(1, offset), 'write \\" for a quote inside the text')
    if lead[:1] == "`" and "`" not in lead[1:]:
        return Fault("this backquote is never closed", place.span(1, offset), "a field's name stands between two")
    return None


def typographic(place: Place) -> Fault | None:
    """Quotes and spaces as word processors and chats make them."""
    plain = place.rest.split(" ", 1)[0].split('"', 1)[0]
    curly, invisible = _CURLY.search(plain), _INVISIBLE.search(plain)
    if curly is not None:
        return Fault(f"{curly[0]} is no quote", place.span(1, curly.start()), 'write straight double quotes: "')
    if invisible is not None:
        named = f"an invisible character, U+{ord(invisible[0]):04X}"
        return Fault(named, place.span(1, invisible.start()), "write a plain space, or quote the text that it is in")
    return None


def single_quoted(place: Place) -> Fault | None:
    """`'text'`."""
    if place.char != "'":
        return None
    return place.fault("single quotes mean nothing here", 'write texts in double quotes: "…"', 1)


def closes_nothing(place: Place) -> Fault | None:
    """A parenthesis too many."""
    if place.char == ")" and (not place.accepts or "$END" in place.accepts):
        return place.fault("this ) closes nothing", "remove it, or quote the text that it belongs to", 1)
    return None


def _unclosed_parenthesis(place: Place) -> Fault | None:
    """`(a OR b`: pointed at where it opens."""
    if not place.at_end or "RPAR" not in place.accepts:
        return None
    opened: list[int] = []
    for match in _PARENTHESIS.finditer(place.text):
        if match[0] == "(":
            opened.append(match.start())
        elif match[0] == ")" and opened:
            opened.pop()
    if not opened:
        return None
    return Fault("this ( is never closed", Span(opened[-1], opened[-1] + 1), "write ) where it ends, or quote the text")


def _nothing_between(place: Place) -> Fault | None:
    """`()`, `f:()`."""
    if place.char != ")" or place.text[: place.start].rstrip()[-1:] != "(":
        return None
    return place.fault("nothing stands between these parentheses", f"expected {in_words(place.accepts)}", 1)


def _leading_sign(place: Place) -> Fault | None:
    """`!error`, `- error`, `--verbose`, `~regex`."""
    run = place.run
    if run[:1] == "!":
        return place.fault(
            "! is no operator in a search", f"write -{run[1:] or 'term'} to exclude it, quotes for the text"
        )
    if run[:1] == "-":
        hint = f"write one - right before a term to exclude it, or {spelling.encode_quoted(run)} for the text"
        return place.fault("no term follows this -", hint)
    if run[:1] == "~":
        return place.fault("a regular expression stands in double quotes", f"write ~{spelling.encode_regex(run[1:])}")
    return None


def _missing_pipe(place: Place) -> Fault | None:
    """`stats count()` without the pipe before `stats`."""
    call, stage = _CALL.match(place.run), place.word_before
    if call is None or stage not in STAGES:
        return None
    if call[1] not in functions.FUNCTIONS and functions.aggregate(call[1]) is None:
        return None
    start = place.text.rindex(stage, 0, place.start)
    return Fault(f"{stage} is a stage only after a |", Span(start, start + len(stage)), f"write | {stage} {call[0]}…")


def _after_quote(place: Place) -> Fault | None:
    """`"a"b`, `"a"*`: something right behind a closing quote."""
    if place.quoted is None or place.rest == place.quoted:
        return None
    length = len(place.quoted)
    if place.rest[length] == "*":
        hint = 'leave out the quotes (err*), or write a regular expression: ~"…"'
        return Fault("a quoted text takes no wildcard", place.span(1, length), hint)
    hint = 'put a space between, or write \\" for a quote inside the text'
    return Fault("a quoted text ends here, and more follows", place.span(1, length), hint)


def _bad_escape(place: Place) -> Fault | None:
    r"""`\d` without quotes."""
    escape = next((match for match in _ESCAPE.finditer(place.run) if not match[1]), None)
    if escape is None:
        return None
    hint = f"write \\\\ for a backslash, or a regular expression: ~{spelling.encode_regex(place.run)}"
    escaped = place.run[escape.start() : escape.end() + 1]
    return Fault(f"{escaped} is no escape", place.span(len(escaped), escape.start()), hint)


def _empty_field(place: Place) -> Fault | None:
    """`level: error`, `level:`."""
    match = _EMPTY_FIELD.match(place.text, place.start)
    if match is None:
        return None
    name, following = match[0], place.text[match.end() :].split(maxsplit=1)
    value = f"{name}{following[0] if following else 'value'} without a space"
    hint = f"write {value}, {name}* for any value, or {spelling.encode_quoted(name)} for the text"
    return place.fault(f"no value follows {name}", hint, len(name))


def _half_range(place: Place) -> Fault | None:
    """`f:5..`, `f:..5`."""
    if not (place.rest.startswith("..") and place.touches):
        return None
    return place.fault("a range has two ends", "write field:>=5 or field:<=5 for a range with one end")


def _needs_quotes(place: Place) -> Fault | None:
    """Text with a character that ends it."""
    match = _NOT_BARE.search(place.run)
    if match is None or place.char in (")", "|"):
        return None
    return place.fault(f"text with {match[0]} needs quotes", f"write {spelling.encode_quoted(place.run)}")


def _other_equality(place: Place) -> Fault | None:
    """`f:=5`, `f:!=5`, `f:!5`."""
    if place.char not in ("=", "!"):
        return None
    sign, value = ("-" if place.char == "!" else ""), place.run.lstrip("!=") or "value"
    return place.fault(f"{place.char} has no meaning after a colon", f"write {sign}{place.field_before}:{value}")


def _list_without_parentheses(place: Place) -> Fault | None:
    """`f:a,b`."""
    if not re.fullmatch(r"[^\s\"():|,`]+(?:,[^\s\"():|,`]+)+", place.run):
        return None
    listed, quoted = place.run.replace(",", ", "), spelling.encode_quoted(place.run)
    hint = f"write {place.field_before}:({listed}) for any of them, or {quoted} for the text"
    return place.fault("text with , needs quotes", hint)


def _list_without_commas(place: Place) -> Fault | None:
    """`f:(a b)`, `f:(a OR b)`."""
    if place.accepts != {"COMMA", "RPAR"} or place.at_end or place.char in '"(':
        return None
    value = re.match(r"[^\s),]+", place.rest)
    length = 1 if value is None else len(value[0])
    return place.fault("commas part the values of a list", "write field:(a, b)", length)


ANYWHERE: tuple[Rule, ...] = (unclosed, typographic, _unclosed_parenthesis, _nothing_between, closes_nothing)

TERM: tuple[Rule, ...] = (
    single_quoted,
    _after_quote,
    _half_range,
    _leading_sign,
    _missing_pipe,
    _empty_field,
    _bad_escape,
    _needs_quotes,
)

VALUE: tuple[Rule, ...] = (
    single_quoted,
    _after_quote,
    _other_equality,
    _half_range,
    _leading_sign,
    _list_without_parentheses,
    _bad_escape,
    _needs_quotes,
)

LISTED: tuple[Rule, ...] = (_list_without_commas,)
