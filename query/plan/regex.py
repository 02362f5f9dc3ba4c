"""What can be known of an RE2 expression without running it on data."""

from __future__ import annotations

import re

# An escape, a quoted run, a character class (`]` first in it stands for itself), or an opening parenthesis.
_TOKEN = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]|\((\?(?:P?<[^>]*>)?)?", re.DOTALL)


def capture_groups(pattern: str) -> int:
    """How many groups a valid expression captures."""
    return sum(
        token[0].startswith("(") and (token[1] is None or token[1].endswith(">")) for token in _TOKEN.finditer(pattern)
    )
