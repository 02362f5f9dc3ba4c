"""Tests of logstore.app.formats.terminal."""

from hypothesis import given
from hypothesis import strategies as st

from logstore.app.formats.terminal import safe


@given(st.text())
def test_nothing_that_moves_the_cursor_is_left(text):
    """No control character survives, and text without any is unchanged."""
    result = safe(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in result)
    if result == text:
        assert text.isprintable() or not any(ord(char) < 32 for char in text)


def test_marks_that_reorder_text_become_visible():
    """A line must not be able to show another order of characters than it has."""
    assert safe("a\u202eb\u2066c\x9bd\te") == r"a\u202eb\u2066c\x9bd\te"
