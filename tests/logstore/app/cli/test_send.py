"""Tests of logstore.app.cli.send."""

import pytest

from logstore.app.cli.send import summary


@pytest.mark.parametrize(
    ("events", "in_flight", "seconds", "said"),
    [
        (2000, 0, 0.0213, "2,000 events stored in 0.021 s, 93,897 a second"),
        (1, 0, 2.0, "1 event stored in 2.0 s, 0 a second"),
        (0, 0, 0.01, "0 events stored"),
        (0, 3, 0.3, "0 events stored; 3 chunks were on the way and may be stored too"),
    ],
)
def test_the_summary_says_what_is_certain_and_what_is_not(events, in_flight, seconds, said):
    """No rate of nothing, and no word of "stored" for chunks that nobody has acknowledged."""
    assert summary(events, in_flight, seconds) == said
