"""`parse`: patterns become regular expressions, and either says which group is which field."""

from __future__ import annotations

from collections.abc import Sequence

from query.lang import nodes
from query.lang.regexes import group_names
from query.lang.templates import Hole, template_of
from query.plan import logical
from query.plan.expressions import FieldRef

_META = frozenset(r"\.+*?()|[]{}^$-")


def parse(plan: logical.Plan, stage: nodes.Parse) -> logical.Parse:
    """The node for a `parse` stage."""
    source = FieldRef(stage.source.name, stage.source.span)
    if isinstance(stage.pattern, nodes.Regex):
        groups = tuple(logical.Group(name) for name in group_names(stage.pattern.pattern))
        return logical.Parse(plan, source, stage.pattern.pattern, groups)
    pieces = template_of(stage.pattern.text, stage.pattern.span)
    groups = tuple(logical.Group(p.name, p.is_number) for p in pieces if isinstance(p, Hole) and p.name is not None)
    return logical.Parse(plan, source, _regex(pieces), groups)


def _regex(pieces: Sequence[str | Hole]) -> str:
    """RE2 that fits what the pattern fits: each hole ends where the text behind it occurs first.

    Taking as little as possible is the same: a text that does not occur behind its first place does not behind a
    later one either.
    """
    start = "^" if isinstance(pieces[0], Hole) else ""
    return "(?s)" + start + "".join(_piece(pieces, place) for place in range(len(pieces)))


def _piece(pieces: Sequence[str | Hole], place: int) -> str:
    piece = pieces[place]
    if isinstance(piece, str):
        return _literal(piece)
    if place + 1 == len(pieces):
        inside = ".*"
    else:
        following = str(pieces[place + 1])
        # The same, and faster: for one character that it is not there needs no looking ahead.
        inside = ".*?" if len(following) > 1 else f"[^{_literal(following)}]*"
    return inside if piece.name is None else f"({inside})"


def _literal(text: str) -> str:
    return "".join(rf"\{char}" if char in _META else r"\x00" if char == "\0" else char for char in text)
