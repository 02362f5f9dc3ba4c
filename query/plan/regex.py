"""What can be known of an RE2 expression without running it on data."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from logstore.errors import QueryError, Span

# An escape, a quoted run, a character class (`]` first in it stands for itself), or an opening parenthesis.
_TOKEN = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]|\((\?(?:P?<[^>]*>)?)?", re.DOTALL)

# One text, for with none the expression would not even be looked at; a scalar, for arrays import pandas where it is.
_SOME_TEXT = pa.scalar("", pa.string())


def capture_groups(pattern: str) -> int:
    """How many groups a valid expression captures."""
    return sum(
        token[0].startswith("(") and (token[1] is None or token[1].endswith(">")) for token in _TOKEN.finditer(pattern)
    )


def check_regex(pattern: str, span: Span | None) -> None:
    """Raises QueryError at `span` unless RE2 (of pyarrow, which is the same as DuckDB's) accepts the expression."""
    try:
        pc.match_substring_regex(_SOME_TEXT, pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        hint = "regular expressions follow RE2: no look-around, no back-references"
        raise QueryError(f"this is no regular expression: {reason}", span=span, hint=hint) from None
