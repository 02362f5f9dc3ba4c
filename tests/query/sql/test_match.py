"""Tests of texts in SQL: what is tested first is necessary, and cheap."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.sql.match import occurs, regex

TEXTS = st.text(alphabet="aAbBkK\u017f\u212a_ -.1é", max_size=12)


@pytest.fixture(scope="module")
def database():
    """An empty one."""
    with duckdb.connect(":memory:") as connection:
        yield connection


@given(column=TEXTS, text=TEXTS.filter(bool), before=st.booleans(), after=st.booleans())
def test_characters_in_any_case(database, column: str, text: str, before: bool, after: bool) -> None:  # noqa: FBT001
    """ASCII letters in either case and no others; with borders where they are asked for."""
    start = r"(?:^|(?<=[^0-9A-Za-z_\x80-\U0010ffff]))" if before else ""
    end = r"(?=$|[^0-9A-Za-z_\x80-\U0010ffff])" if after else ""
    spelled = "".join(f"[{c.lower()}{c.upper()}]" if c.isascii() and c.isalpha() else re.escape(c) for c in text)
    expected = re.search(start + spelled + end, column, re.DOTALL) is not None
    found = database.execute(f"SELECT {occurs('$1', text, before=before, after=after)}", [column]).fetchone()
    assert found == (expected,)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"took=\d{3}ms", "took="),
        (r"a+bcd*efgh", "efgh"),
        (r"(?i)took=\d", None),
        (r"(?s-i:took=)", "took="),
        (r"one|two", None),
        (r"ab", None),
        (r"^GET /api", "GET /api"),
    ],
)
def test_what_a_regex_needs_is_looked_for_first(pattern: str, needed: str | None) -> None:
    """The longest text that must be there as it is written, if any is worth it."""
    condition = regex("f1", pattern)
    assert condition.lstrip("(").startswith("contains(") == (needed is not None)
    assert needed is None or f"contains(f1, '{needed}')" in condition


def test_a_rare_character_is_looked_for_before_all_else() -> None:
    """In both cases where case does not matter; not where the text is of characters that most lines have."""
    assert regex("f1", "took=").startswith("((contains(f1, '=') AND contains(f1, 'took='))")
    assert occurs("f1", "version", before=True, after=True).startswith("(((contains(f1, 'v') OR contains(f1, 'V')) AND")
    assert occurs("f1", "error", before=False, after=False).startswith("regexp_matches(")
