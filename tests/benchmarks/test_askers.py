"""Tests of benchmarks.askers: when answers agree."""

from benchmarks.askers import disagreement, nanoseconds
from benchmarks.questions import Column, Question, What

COLUMNS = (
    Column(What.TEXT, "path", "path", "path"),
    Column(What.NUMBER, "n", "hits", "value"),
    Column(What.ABOUT, "p", "p"),
)
OURS = [{"path": "/a", "n": 3, "p": 1.0}, {"n": 1, "p": 2.0}]


def question(**changes):
    """One with three columns."""
    return Question("q", "*", COLUMNS, **changes)


def test_answers_agree_whatever_their_order_and_spelling():
    """Numbers may be text, what is missing may be empty, and estimates may be a little off."""
    theirs = [{"path": "", "hits": "1", "p": "2.02"}, {"path": "/a", "hits": "3", "p": "1"}]
    assert list(disagreement(question(), {"logstore": OURS, "victorialogs": theirs})) == []
    loki = [{"value": "1"}, {"path": "/a", "value": "3"}]
    assert list(disagreement(question(), {"logstore": OURS, "loki": loki})) == []


def test_another_number_or_row_is_a_disagreement():
    """It is told with the first row that differs."""
    (said,) = disagreement(question(), {"logstore": OURS, "loki": [{"value": "2"}, {"path": "/a", "value": "3"}]})
    assert "1 rows differ" in said
    (said,) = disagreement(question(), {"logstore": OURS, "loki": []})
    assert said == "q: 2 rows of logstore, 0 of loki"


def test_only_the_largest_are_compared_where_others_may_differ():
    """Among equal counts everyone has a choice."""
    columns = (Column(What.NUMBER, "n", "hits"), Column(What.TEXT, "path", "path"))
    one = Question("q", "*", columns, agree_on=1)
    theirs = [{"path": "/b", "hits": "1"}, {"path": "/a", "hits": "3"}]
    assert list(disagreement(one, {"logstore": OURS, "victorialogs": theirs})) == []


def test_times_are_exact():
    """To the nanosecond, with any number of digits."""
    assert nanoseconds("2026-11-23T02:00:00Z") == 1_795_399_200_000_000_000
    assert nanoseconds("2026-11-23T02:00:00.000000001Z") == 1_795_399_200_000_000_001
    assert nanoseconds("2026-11-23T02:00:00.5Z") == 1_795_399_200_500_000_000
