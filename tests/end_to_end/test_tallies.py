"""Counts that need no reading, through a server's whole life: sealed, deleted, undone, indexed anew."""

from __future__ import annotations

from tests.end_to_end.processes import run, serving
from tests.end_to_end.test_deletions import tell

QUESTIONS = ("* | count by tag", "* | top user", "tag:a | count", "* | count by bin(1m), level")


def totals(server):
    """How many events each question counts."""
    return [sum(row["count"] for row in server.query(text)) for text in QUESTIONS]


def known(server, text):
    """Whether an answer needs no file, and so no statement."""
    said = run("explain", text, "--server", server.url).stdout.decode()
    assert ("known without reading" in said) == ("-- none: the rows are put together without one" in said), said
    assert ("known without reading" in said) != ("read_parquet" in said), said
    return "known without reading" in said


def test_counts_stay_right_whatever_becomes_of_the_events(tmp_path):
    """In memory, in parts, with a deletion, without it again, and after indexes were made anew."""
    data = tmp_path / "data"
    with serving(data) as server:
        tell(server)
        assert totals(server) == [20, 20, 10, 20]
        assert server.stop() == 0
    assert run("verify", data, "--deep").returncode == 0
    assert b"made 0" in run("reindex", "--data", data).stdout
    assert b"made 1" in run("reindex", "--data", data, "--all").stdout
    with serving(data) as server:
        assert totals(server) == [20, 20, 10, 20]
        assert all(known(server, text) for text in QUESTIONS)
        tell(server, "b", 5)
        assert totals(server) == [25, 25, 10, 25]
        assert run("delete", "user:u1 tag:a", "--all", "--server", server.url).returncode == 0
        assert totals(server) == [20, 20, 5, 20]
        assert run("undelete", "1", "--server", server.url).returncode == 0
        assert totals(server) == [25, 25, 10, 25]
        assert known(server, "* | top user")
