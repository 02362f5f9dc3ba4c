"""Searches that are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.errors import QueryError
from query.lang.lasting import lasting
from query.lang.parse import parse

NOW = 1_795_000_000_000_000_000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("level:error", "level:error"),
        ("time:15m", "time:2026-11-18T10:51:40.000000000Z..2026-11-18T11:06:40.000000001Z"),
        (
            "a OR -(b time:1h)",
            "a OR -(b time:2026-11-18T10:06:40.000000000Z..2026-11-18T11:06:40.000000001Z)",
        ),
        ("  tag:x   AND  y ", "tag:x y"),
        ("", "*"),
    ],
)
def test_relative_times_become_absolute(text, kept):
    """The rest is in its canonical spelling."""
    assert lasting(text, NOW) == kept


@given(st.sampled_from(["time:15m x", "a OR time:2d", "-time:90s", "x"]), st.integers(0, 2**62), st.integers(0, 2**62))
def test_what_is_kept_does_not_change_any_more(text, made_ns, read_ns):
    """Whenever it is read it says the same."""
    kept = lasting(text, made_ns)
    assert lasting(kept, read_ns) == kept
    assert not parse(kept).stages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a | count", "not stages"),
        ("a | where b == 1", "not stages"),
        ("user:in(tag:x | fields user)", "no in"),
        ("a -(b user:in(tag:x | fields user))", "no in"),
        ("level:nonsense", "no level"),
    ],
)
def test_what_cannot_be_kept_is_refused(text, message):
    """With its place, and what to write instead."""
    with pytest.raises(QueryError, match=message) as caught:
        lasting(text, NOW)
    assert caught.value.text == text
    assert caught.value.hint
