"""Tests of logstore.app.blame."""

import pytest

from logstore.app.blame import describe, verdict
from logstore.errors import (
    CallerError,
    LimitExceededError,
    OverloadedError,
    QueryCancelledError,
    QueryError,
    SettingsError,
    Span,
    StorageError,
)


@pytest.mark.parametrize(
    ("error", "status", "exit_code"),
    [
        (QueryError("bad"), 400, 1),
        (LimitExceededError("slow"), 422, 1),
        (SettingsError("bad"), 400, 2),
        (CallerError("bad"), 400, 2),
        (QueryCancelledError("gone"), 499, 130),
        (OverloadedError("busy"), 503, 1),
        (StorageError("disk full"), 503, 1),
        (ZeroDivisionError(), 500, 1),
    ],
)
def test_each_family_has_a_status_and_an_exit_code(error, status, exit_code):
    """Callers' errors are 4xx, the world's 503, ours 500; bad usage exits with 2, all else with 1."""
    assert (verdict(error).status, verdict(error).exit_code) == (status, exit_code)


def test_a_query_error_tells_place_and_diagram():
    """Programs get line and column, people the diagram."""
    told = describe(QueryError("unknown stage", "* | cuont", Span(4, 9), "did you mean count?"))
    assert (told["line"], told["column"], told["hint"]) == (1, 5, "did you mean count?")
    assert "    ^^^^^" in told["diagram"]


def test_a_bug_does_not_tell_its_details():
    """What we did not raise on purpose may hold anything, so strangers are not told."""
    assert "secret" not in str(describe(RuntimeError("secret")))
