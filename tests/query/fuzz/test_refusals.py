"""What is refused because nothing could stop it later, and what is missing because it would be too large."""

from __future__ import annotations

import pytest

from logstore.errors import QueryError
from query.lang import limits
from query.lang.parse import parse
from query.lang.regexes import open_repeats, repeats
from tests.query.sql.laid_down import column, events


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a " * (limits.MAX_NODES + 1), "at most 4,000 parts"),
        ("* | fields " + ", ".join(f"x{n}" for n in range(limits.MAX_NAMED + 1)), "name at most 300 things"),
        ('~"a{0,101}b{100}"', "more than 200 times"),
        ('~"' + "|".join(f"word{n}" for n in range(2_500)) + '"', "at most 16,384 characters"),
        ('~"' + "|".join(f".*{n}.*z" for n in range(65)) + '"', "more than 128 of"),
        ('* | let x = format_time(time, "' + "%c" * 51 + '")', "1 to 100 characters"),
        ('* | let x = format_time(time, "")', "1 to 100 characters"),
        ('* | let x = json_get(list, "[9999999999]")', "no path into JSON"),
    ],
)
def test_the_error_names_the_bound(text: str, message: str):
    """With its number."""
    with pytest.raises(QueryError, match=message):
        parse(text)


def test_only_numbered_repetitions_count():
    """Braces that are escaped, quoted, in a class or of a character by its name repeat nothing."""
    assert repeats(r"a{3}b{2,5}c{4,}") == 12
    assert repeats(r"\{9}[{9}]\Q{9}\E\x{99}\p{Greek}a*b+{x}") == 0


def test_only_open_repetitions_count():
    """What is repeated a bounded number of times, and what stands for itself, is none."""
    assert open_repeats(r"a*b+c{2,}d*?") == 4
    assert open_repeats(r"a{2,5}b{3}\*[*+]\Q*\E\+d?") == 0


def test_a_text_that_replace_would_make_too_long_is_missing():
    """One that fits is made, however the bound would be reached with more to replace."""
    source = events({"message": "b" * 300 + "a"}, {"message": "a" * 300})
    text = '* | let x = replace(message, "a", "' + "c" * 1_000 + '"), n = len(x) | sort _seq'
    assert column(source, text, "n") == [1_300, None]


def test_positions_beyond_any_text_are_its_end():
    """Numbers of any size are positions."""
    source = events({"message": "abc", "n": 2**63 - 1})
    assert column(source, "* | let x = substr(message, 2, n)", "x") == ["bc"]
    assert column(source, "* | let x = substr(message, n, n)", "x") == [""]


def test_bins_wider_than_all_numbers_begin_at_0():
    """Whatever the width, as long as it is a number."""
    for width in ("1e308", "9" * 300):
        assert column(events({"n": 5}), f"* | let x = bin(n, {width})", "x") == [0]
