"""Tests of the errors."""

from logstore.errors import (
    CallerError,
    CorruptionError,
    DirectoryLockedError,
    LimitExceededError,
    LogstoreError,
    QueryError,
    SettingsError,
    Span,
    StorageError,
    WorldError,
)


def test_the_message_carries_the_hint():
    """One line for people, both parts for programs."""
    error = LogstoreError("it broke", "mend it")
    assert (str(error), error.message, error.hint) == ("it broke (mend it)", "it broke", "mend it")
    assert str(LogstoreError("it broke")) == "it broke"


def test_errors_are_sorted_by_blame():
    """The families decide on HTTP statuses and exit codes."""
    assert all(issubclass(one, CallerError) for one in (SettingsError, QueryError, LimitExceededError))
    assert all(issubclass(one, WorldError) for one in (StorageError, CorruptionError, DirectoryLockedError))
    assert not issubclass(WorldError, CallerError)


def test_a_query_error_points_at_its_place():
    """Line and column count from 1, the caret run is as long as the fault."""
    text = "level:error\n| top x bytes"
    error = QueryError("not a number", text, Span(18, 19), "write a number")
    assert (error.line, error.column) == (2, 7)
    assert error.diagram() == ("not a number (line 2, column 7)\n  | top x bytes\n        ^\nhint: write a number")


def test_the_caret_stays_within_the_line():
    """A fault over several lines is marked to the end of its first; one at the very end gets one caret."""
    text = "ab (cd\nef"
    assert QueryError("open", text, Span(3, 9)).diagram().splitlines()[-1] == "     ^^^"
    assert QueryError("more", text, Span(9, 9)).diagram().splitlines()[1:] == ["  ef", "    ^"]


def test_tabs_keep_the_caret_in_place():
    """The margin under a tab is a tab."""
    assert QueryError("bad", "\ta b", Span(3, 4)).diagram().splitlines()[1:] == ["  \ta b", "  \t  ^"]


def test_a_query_error_without_a_place():
    """No text is drawn."""
    error = QueryError("too many stages", "a | b", hint="split it")
    assert (error.line, error.column) == (1, 1)
    assert error.diagram() == "too many stages\nhint: split it"


def test_corruption_names_file_offset_and_remedy():
    """What an operator needs to act."""
    error = CorruptionError("checksum differs", "/data/x", 12, "restore it")
    assert str(error) == "/data/x at byte 12: checksum differs (restore it)"
    assert str(CorruptionError("no header", "/data/x")) == "/data/x: no header"
    assert (error.path, error.offset) == ("/data/x", 12)


def test_a_locked_directory_names_its_owner():
    """The pid to look for, and the way out."""
    error = DirectoryLockedError("/data", 42)
    assert "pid 42" in str(error)
    assert (error.path, error.pid) == ("/data", 42)
