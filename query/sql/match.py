r"""Text matching in SQL.

Word borders and case come from `logstore.model.words`, spelled out for RE2 character by character: never `\b`, never
`(?i)`. DuckDB's `lower` only ever makes a cheap first test: it folds more than ASCII, so what it lets through is
checked again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from logstore.model.words import WORD_CHARACTERS, fold_case
from query.plan.expressions import Wild
from query.sql import quote

_META = frozenset(r"\.+*?()|[]{}^$-")


def occurs(column: str, text: str, *, before: bool, after: bool) -> str:
    """A condition: `text` occurs in `column`, ASCII case ignored, with word borders where asked for."""
    caseless = fold_case(text) == text and not re.search("[a-z]", text)
    if caseless:
        cheap = f"contains({column}, {quote.text(text)})"
        if not before and not after:
            return cheap
    else:
        cheap = f"contains(lower({column}), lower({quote.text(text)}))"
    pattern = (f"(?:^|[^{WORD_CHARACTERS}])" if before else "") + "".join(map(_either_case, text))
    pattern += f"(?:$|[^{WORD_CHARACTERS}])" if after else ""
    return f"({cheap} AND {regex(column, pattern)})"


def regex(column: str, pattern: str) -> str:
    """A condition: an RE2 expression matches anywhere in `column`, case as written."""
    return f"regexp_matches({column}, {quote.text(pattern)})"


def fits(column: str, pieces: Sequence[str | Wild]) -> str:
    """A condition: the whole of `column` fits the pieces, case as written."""
    spelled = {Wild.ANY: "%", Wild.ONE: "_"}
    pattern = "".join(spelled[piece] if isinstance(piece, Wild) else _like_literal(piece) for piece in pieces)
    return f"{column} LIKE {quote.text(pattern)} ESCAPE '\\'"


def _like_literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _either_case(char: str) -> str:
    if char.isascii() and char.isalpha():
        return f"[{char.lower()}{char.upper()}]"
    return literal(char)


def literal(text: str) -> str:
    """RE2 that matches just this text."""
    return "".join(rf"\{char}" if char in _META else r"\x00" if char == "\0" else char for char in text)
