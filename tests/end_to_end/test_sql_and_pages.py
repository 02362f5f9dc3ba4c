"""SQL, snapshots asked again and pages, as users see them."""

import json
from urllib.request import urlopen

import pytest

import logstore
from logstore.errors import LogstoreError
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import run, serving

START = 1_764_000_000 * NS


def _send(server, first, last):
    with Sender(server.forward_port) as sender:
        sender.send(chunk("app.web", [(START + n // 3 * NS, {"number": n}) for n in range(first, last)]).message)
        sender.ack()


def _lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A server with thirty events, which tests only ask."""
    with serving(tmp_path_factory.mktemp("asked") / "data") as server:
        _send(server, 0, 30)
        yield server


def test_sql_on_the_command_line_over_http_and_in_python(asked):
    """The same events, asked of the server and of its directory."""
    text = "SELECT tag, count(*) AS n, sum(number) AS total FROM logs GROUP BY tag"
    rows = [{"tag": "app.web", "n": 30, "total": 435}]
    assert _lines(run("sql", text, "--all", "--server", asked.url)) == rows
    assert _lines(run("sql", text, "--all", "--data", asked.data)) == rows
    assert _lines(run("sql", text, "--server", asked.url)) == []
    with logstore.connect(asked.url) as logs:
        assert logs.sql(text, everything=True).rows() == rows
    with logstore.open(asked.data) as logs:
        assert logs.sql(text, everything=True).rows() == rows


def test_mistakes_in_sql_are_told_with_their_place(asked):
    """On the command line and over HTTP, and nothing is read that is not the store's."""
    done = run("sql", "SELECT count(*) FROM read_text('/etc/passwd')", "--server", asked.url)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[0] == "logstore: a table function cannot be used here (line 1, column 22)"
    with logstore.connect(asked.url) as logs, pytest.raises(LogstoreError, match="the function getenv cannot be used"):
        logs.sql("SELECT getenv('HOME')", everything=True).rows()


def test_pages_of_a_snapshot_are_the_whole_of_it_while_more_comes_in(server):
    """By the ids that answers tell, on the command line; the next server knows nothing of them."""
    _send(server, 0, 100)
    ask = ("query", "*", "--all", "--limit", "30", "--server", server.url)
    first = run(*ask)
    page, numbers = first, [row["number"] for row in _lines(first)]
    while b"to go on behind them: " in page.stderr:
        _send(server, len(numbers) * 1000, len(numbers) * 1000 + 5)
        further = page.stderr.decode().partition("to go on behind them: ")[2].split()
        page = run(*ask, *further)
        numbers += [row["number"] for row in _lines(page)]
    assert numbers == [n for third in range(33, -1, -1) for n in range(min(99, third * 3 + 2), third * 3 - 1, -1)]
    snapshot = further[1]
    assert _lines(run("sql", "SELECT count(*) AS n FROM logs", "--all", "--at", snapshot, "--server", server.url)) == [
        {"n": 100}
    ]
    assert _lines(run("sql", "SELECT count(*) AS n FROM logs", "--all", "--server", server.url)) == [{"n": 115}]


def test_each_answer_tells_its_snapshot_and_each_event_its_id(tmp_path):
    """The ids of events hold over a restart, when they are in files; those of snapshots do not, and that is told."""
    with serving(tmp_path / "data") as server:
        _send(server, 0, 6)
        before = _lines(run("query", "*", "--all", "--ids", "--server", server.url))
        with urlopen(f"{server.url}/api/v1/query?query=*&all=true&limit=2") as response:  # noqa: S310 (our own server)
            snapshot = response.headers["X-Logstore-Snapshot"]
            facts = json.loads(response.headers["X-Logstore-Facts"])
        with urlopen(f"{server.url}/api/v1/sql?query=SELECT+tag+FROM+logs") as nothing:  # noqa: S310 (our own server)
            assert nothing.read() == b""
            assert nothing.headers["X-Logstore-Snapshot"] is not None
        assert (facts["snapshot"], facts["next"]) == (snapshot, before[1]["_row"])
    with serving(tmp_path / "data") as server:
        assert _lines(run("query", "*", "--all", "--ids", "--server", server.url)) == before
        rest = _lines(run("query", "*", "--all", "--after", before[1]["_row"], "--ids", "--server", server.url))
        assert rest == before[2:]
        status, error = server.refuses("/api/v1/query", query="*", all="true", at=snapshot)
        assert (status, error["message"]) == (
            410,
            "the snapshot is of another server, or of this one before it was started again",
        )
