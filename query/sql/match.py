r"""Text matching in SQL.

Word borders and case come from `logstore.model.words`, spelled out for RE2 character by character: never `\b`, never
`(?i)`. What is cheap to test and must hold is tested first: whether the characters are there at all, and only then what
is around them. (Without borders an expression took half as long as with them, and less than `contains(lower(…))`.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from logstore.model.words import WORD_CHARACTERS, fold_case
from query.plan.expressions import Wild
from query.plan.regex_pieces import Literal, pieces_of
from query.plan.regex_pieces import Sequence as Together
from query.sql import quote

_IGNORES_CASE = re.compile(r"\(\?[a-zA-Z]*i")
_LEAST_CHARS = 3
"""Of a text of fewer characters so many values have it that looking for it is in vain."""

_META = frozenset(r"\.+*?()|[]{}^$-")


def occurs(column: str, text: str, *, before: bool, after: bool) -> str:
    """A condition: `text` occurs in `column`, ASCII case ignored, with word borders where asked for."""
    caseless = fold_case(text) == text and not re.search("[a-z]", text)
    anywhere = "".join(map(_either_case, text))
    cheap = f"contains({column}, {quote.text(text)})" if caseless else _matches(column, anywhere)
    if not before and not after:
        return cheap
    start = f"(?:^|[^{WORD_CHARACTERS}])" if before else ""
    end = f"(?:$|[^{WORD_CHARACTERS}])" if after else ""
    return f"({cheap} AND {_matches(column, start + anywhere + end)})"


def regex(column: str, pattern: str) -> str:
    """A condition: an RE2 expression matches anywhere in `column`, case as written."""
    needed = _needed_text(pattern)
    matches = _matches(column, pattern)
    return matches if needed is None else f"(contains({column}, {quote.text(needed)}) AND {matches})"


def _matches(column: str, pattern: str) -> str:
    return f"regexp_matches({column}, {quote.text(pattern)})"


def _needed_text(pattern: str) -> str | None:
    """The longest text that is wherever the expression matches, in this case; None when that is not known."""
    if _IGNORES_CASE.search(pattern):
        return None
    needed = pieces_of(pattern)
    items = needed.items if isinstance(needed, Together) else (needed,)
    texts = [item.text for item in items if isinstance(item, Literal) and len(item.text) >= _LEAST_CHARS]
    return max(texts, key=len, default=None)


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
