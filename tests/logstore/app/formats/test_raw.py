"""Tests of logstore.app.formats.raw."""

from logstore.app.formats.raw import RawWriter
from logstore.model.schema import Kind
from tests.logstore.app.formats.answers import answer, events, written


def test_messages_are_written_as_they_were_sent():
    """Into a file or pipe nothing is changed."""
    shape, batch = events()
    assert written(RawWriter(), shape, batch) == b'say "hi"\n\x1b[31mred\nplain\n'


def test_a_terminal_is_protected_from_messages():
    """On a terminal escape sequences become visible text, line ends stay."""
    shape, batch = events()
    assert written(RawWriter(on_terminal=True), shape, batch) == b'say "hi"\n\\x1b[31mred\nplain\n'


def test_rows_without_a_message_are_tab_separated():
    """Counts and the like are still of use."""
    shape, batch = answer(("path", Kind.TEXT, ["/", None]), ("count", Kind.INT, [2, 1]))
    assert written(RawWriter(), shape, batch) == b"/\t2\n\t1\n"
