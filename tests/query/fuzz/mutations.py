"""Broken questions: random characters, and whole questions with pieces taken out, put in, doubled and exchanged."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from tests.query.fuzz import queries

_TOKEN = re.compile(r"\s+|\w+|.", re.DOTALL)
_PIECES = (
    "'", '"', "`", "(", ")", "|", ":", "::", ",", "\\", "*", "-", "--", "..", "and", "OR", "NOT", "in(",
    "~", '~"', "by", "as",
    "\x00", "\ud800", "\u202e", "\u200b", "\u3000", "\x0b", "\u2028", "(" * 200, ")" * 200, "9" * 5_000,
    "1e999", "250ms",
    "=", "==", ";", "/*", "null", " ", "\n", "é", "limit", "where",
)  # fmt: skip

anything = st.text(max_size=60) | st.text("aA0_ .:*-~\"'`\\|(),<>=!%@\x00\ud800\n", max_size=40)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A whole question, changed in one to four places."""
    tokens = _TOKEN.findall(draw(queries.texts))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(tokens)))
        taken = draw(st.integers(0, 2))
        put = draw(st.sampled_from(_PIECES) | st.sampled_from(tokens or [""]))
        tokens[place : place + taken] = draw(st.sampled_from(([], [put], [put, put])))
    return "".join(tokens)


texts = anything | broken()
