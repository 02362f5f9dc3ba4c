"""What may stand at a place of a query that is being written: the parser is asked, so that it is always what parses.

A letter is put behind the cursor, perhaps with the quote that is still open. The token that it ends up in is the one
that is being written, and what the parser would take in its place is what may be written there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from lark import Token, UnexpectedInput
from lark.parsers.lalr_interactive_parser import InteractiveParser

from query.lang import limits
from query.lang.fault import Fault
from query.lang.parse import parsing
from query.lang.spelling import decode_bare, decode_quoted

_PROBES = ("x", 'x"', "x`", "x`:x")
"""What is put behind the cursor: inside quotes the first ones do not lex."""

_FIELDS = frozenset({"FIELD", "QUOTED_FIELD"})
_NAMES = frozenset({"NAME", "QUOTED_NAME"})


@dataclass(frozen=True, slots=True)
class Situation:
    """A place of a query.

    Attributes:
        start: where what is being written there begins.
        typed: that, as far as it is written, without quotes and escapes.
        accepts: names of the terminals that may stand there; empty where the text before makes no sense.
        field: whose value it is, if it is one.
    """

    start: int
    typed: str = ""
    accepts: frozenset[str] = frozenset()
    field: str | None = None


def situation_at(text: str, cursor: int) -> Situation:
    """The situation at a cursor, of which only the text before it matters."""
    before = text[:cursor]
    if len(before) > limits.MAX_CHARACTERS:
        return Situation(cursor)
    found = (_probed(before, probe) for probe in _PROBES)
    return next((situation for situation in found if situation is not None), Situation(cursor))


def _probed(before: str, probe: str) -> Situation | None:
    """The situation as the parser sees it with this behind the text; None where it cannot get so far."""
    parser, tokens = parsing(before + probe), list[Token]()
    try:
        for token in parser.iter_parse():
            if (token.end_pos or 0) > len(before):
                return _situation(before, token.start_pos or 0, _accepted(parser), tokens)
            tokens.append(token)
    except Fault:
        return None
    except UnexpectedInput as error:
        start = cast("int | None", error.pos_in_stream)
        # What was written before the word at the cursor makes no sense, or a quote is open.
        if start is None or (before[start:] and not before[start:].isidentifier()):
            return None
        return _situation(before, start, _accepted(parser), tokens)
    return None


def _accepted(parser: InteractiveParser) -> frozenset[str]:
    return frozenset(cast("set[str]", parser.accepts()))  # type: ignore[no-untyped-call]


def _situation(before: str, start: int, accepts: frozenset[str], tokens: Sequence[Token]) -> Situation:
    return Situation(start, _decoded(before[start:]), accepts, _field(tokens, accepts))


def _decoded(written: str) -> str:
    """The text that an unfinished piece of a query means."""
    quote = written[:1]
    if quote not in ('"', "`"):
        return "".join(piece for piece in decode_bare(written) if isinstance(piece, str))
    try:
        return decode_quoted(written + quote, 0)
    except Fault:
        return written[1:]


def _field(tokens: Sequence[Token], accepts: frozenset[str]) -> str | None:
    """The field whose value comes next."""
    if accepts & {"VALUE", "CHOICE"}:
        token = next(token for token in reversed(tokens) if token.type in _FIELDS)
        return _name(token[:-1])
    if "STRING" in accepts and len(tokens) > 1 and tokens[-1].type == "COMPARATOR" and tokens[-2].type in _NAMES:
        return _name(tokens[-2])
    return None


def _name(source: str) -> str:
    if source.startswith("`"):
        return decode_quoted(source, 0)
    return "".join(piece for piece in decode_bare(source) if isinstance(piece, str))
