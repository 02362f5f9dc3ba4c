"""How deep brackets are nested in a text, before anybody parses it: parsers take quadratic time for open brackets."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|[(\[{]|[)\]}]")
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")


def nesting(text: str) -> int:
    """The most brackets that are open at a time; those in literals, names and comments do not count."""
    depth = deepest = 0
    for found in _TOKEN.finditer(text):
        token = found.group()
        if token in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif token in _CLOSING:
            depth -= 1
    return deepest
