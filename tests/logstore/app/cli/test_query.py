"""Tests of logstore.app.cli.query."""

import pytest

from logstore.app.cli.query import remarks
from logstore.app.facts import Facts


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (Facts(rows=5), []),
        (Facts(rows=5, notices=("careful",)), ["careful"]),
        (Facts(rows=1, cut_at=1), ["only the first row is shown; --limit changes that"]),
        (Facts(rows=2000, cut_at=2000), ["only the first 2,000 rows are shown; --limit changes that"]),
        (Facts(), ["no rows"]),
        (
            Facts(outside=0),
            ["no rows; no event outside the window matches either"],
        ),
        (
            Facts(outside=1, newest="T"),
            ["no rows; 1 matching event lies outside the window, the newest at T; --all asks all times"],
        ),
    ],
)
def test_what_is_said_beside_an_answer(facts, said):
    """Notices, a cut, and where the events are when there are no rows."""
    assert list(remarks(facts)) == said
