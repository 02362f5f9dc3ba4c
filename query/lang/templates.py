"""The patterns of `parse`: text as it stands, and places in it that become fields.

`<name>` is a field, `<name:number>` one that holds a number, `<_>` a place whose text nobody wants, `<<` the character
`<`. Between two places stands text, so that each is known to end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from logstore.errors import Span
from query.lang.fault import Fault

_TOKEN = re.compile(r"<<|<([^<>]*)>|<|[^<]+")
_NAME = re.compile(r"(?![0-9.])(?:[0-9A-Za-z_.]|[^\s\x00-\x7f\u200b\u2060\ufeff\u2018-\u201f])+")
_NUMBER = "number"
UNWANTED = "_"


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a pattern; without a name nobody wants what it holds."""

    name: str | None
    is_number: bool = False


def template_of(text: str, span: Span) -> tuple[str | Hole, ...]:
    """The pieces of a pattern that stands at `span`: no two texts and no two holes beside each other.

    Ends with a `Fault` if it is none.
    """
    pieces: list[str | Hole] = []
    for token in _TOKEN.finditer(text):
        piece = _piece(token, span)
        if isinstance(piece, Hole) and pieces and isinstance(pieces[-1], Hole):
            hint = "put the text between them that parts them"
            raise Fault(f"nothing says where the text of {token[0]} begins", span, hint)
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return tuple(pieces)


def _piece(token: re.Match[str], span: Span) -> str | Hole:
    if token[0] == "<":
        raise Fault("this < begins no field", span, "write << for the character")
    if token[1] is None:
        return "<" if token[0] == "<<" else token[0]
    name, colon, kind = token[1].partition(":")
    if not _NAME.fullmatch(name):
        hint = "names have letters, digits, _ and dots here, as in <user>; write << for the character <"
        raise Fault(f"{token[0]} names no field", span, hint)
    if colon and kind != _NUMBER:
        raise Fault(f"{token[0]} is of no kind that there is", span, f"write <{name}> or <{name}:{_NUMBER}>")
    return Hole(None if name == UNWANTED else name, bool(colon))
