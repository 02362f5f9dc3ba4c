r"""Text matching in SQL.

Word borders and case come from `logstore.model.words`, spelled out for RE2 character by character: never `\b`, never
`(?i)`. What is cheap to test and must hold is tested first: whether the characters are there at all, and only then what
is around them. (Without borders an expression took half as long as with them, and less than `contains(lower(…))`.)
Before all of it comes a character that few texts have: to look for one takes next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from logstore.model.words import WORD_CHARACTERS, fold_case
from query.plan.expressions import Wild
from query.plan.regex_pieces import Literal, pieces_of
from query.plan.regex_pieces import Sequence as Together
from query.sql import quote
from query.sql.typed import any_of

_IGNORES_CASE = re.compile(r"\(\?[a-zA-Z]*i")
_LEAST_CHARS = 3
"""Of a text of fewer characters so many values have it that looking for it is in vain."""

_RARE = "^~`|\\$%@!?#;*+<>&{}=zqxjkvbwf"
"""Characters that many lines of logs are without, the rarest first. Others are in most lines."""

_META = frozenset(r"\.+*?()|[]{}^$-")


def occurs(column: str, text: str, *, before: bool, after: bool) -> str:
    """A condition: `text` occurs in `column`, ASCII case ignored, with word borders where asked for."""
    caseless = fold_case(text) == text and not re.search("[a-z]", text)
    anywhere = "".join(map(_either_case, text))
    cheap = f"contains({column}, {quote.text(text)})" if caseless else _matches(column, anywhere)
    cheap = _with_rare(column, text, cheap, ignore_case=True)
    if not before and not after:
        return cheap
    start = f"(?:^|[^{WORD_CHARACTERS}])" if before else ""
    end = f"(?:$|[^{WORD_CHARACTERS}])" if after else ""
    return f"({cheap} AND {_matches(column, start + anywhere + end)})"


def regex(column: str, pattern: str) -> str:
    """A condition: an RE2 expression matches anywhere in `column`, case as written."""
    needed = _needed_text(pattern)
    matches = _matches(column, pattern)
    if needed is None:
        return matches
    return f"({_with_rare(column, needed, f'contains({column}, {quote.text(needed)})')} AND {matches})"


def _with_rare(column: str, text: str, condition: str, *, ignore_case: bool = False) -> str:
    """The condition, which holds only where `text` occurs; before it, whether the rarest character of that does."""
    chars = set(fold_case(text) if ignore_case else text)
    rare = next((char for char in _RARE if char in chars), None)
    if rare is None or len(text) == 1:
        return condition
    cases = sorted({rare, rare.upper()}, reverse=True) if ignore_case else [rare]
    there = any_of(f"contains({column}, {quote.text(case)})" for case in cases)
    return f"({there} AND {condition})"


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
