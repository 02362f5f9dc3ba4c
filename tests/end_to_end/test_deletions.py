"""Deletion and retention, as people use them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from tests.end_to_end.processes import DEADLINE_S, run, serving, wait_until

HOUR_S = 3600


def tell(server, tags="ab", count=10, age_s=0.0):
    """Stores events with a number, of each tag so many."""
    moment = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
    for tag in tags:
        rows = [{"time": moment, "message": f"event {n}", "n": n, "user": f"u{n % 2}"} for n in range(count)]
        send(server, "POST", f"/api/v1/ingest?tag={tag}", "".join(f"{json.dumps(row)}\n" for row in rows), "x-ndjson")


def send(server, method, path, body=None, kind="json"):
    """What the server answers, as JSON."""
    data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    headers = {"Content-Type": f"application/{kind}"} if data is not None else {}
    request = urllib.request.Request(server.url + path, data, headers, method=method)  # noqa: S310 (our own server)
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:  # noqa: S310
        return json.loads(response.read())


def rows(*command):
    """What a command that lists writes."""
    done = run(*command, "--format", "jsonl")
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def count(server):
    """How many events there are."""
    return server.ask("* | count")[0]["count"]


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A server in which nothing is deleted."""
    with serving(tmp_path_factory.mktemp("idle") / "data") as running:
        yield running


def test_events_go_at_once_and_come_back_and_go_for_good(tmp_path):
    """From the command line, through a restart, as the directory tells it too."""
    data = tmp_path / "data"
    with serving(data) as server:
        tell(server)
        to = ("--server", server.url)
        dry = run("delete", "user:u1", "--all", "--dry-run", *to)
        assert dry.stdout.startswith(b"10 events from 20"), dry
        assert count(server) == 20
        done = run("delete", "user:u1 tag:a", "--since", "1h", *to)
        assert b"deletion 1: `logstore undelete 1` undoes it" in done.stdout
        assert count(server) == 15
        assert server.query("tag:a | count by user") == [{"user": "u0", "count": 5}]
        assert server.stop() == 0
    with serving(data) as server:
        assert count(server) == 15
        assert run("query", "* | count", "--all", "--data", data).stdout == b'{"count":15}\n'
        (row,) = rows("deletions", "--data", data)
        assert (row["number"], row["state"], row["search"], row["gone"]) == (1, "active", "user:u1 tag:a", 0)
        wait_until(lambda: server.lists("/api/v1/deletions")[0]["rows"] == 5, "it is looked up")
        assert rows("deletions", "--server", server.url) == server.lists("/api/v1/deletions")
        assert server.metric("logstore_deletion_marked_rows") == 5
        assert b"undone" in run("undelete", "1", "--server", server.url).stdout
        assert count(server) == 20
        assert run("delete", "tag:a", "--all", "--now", "--server", server.url).returncode == 0
        assert count(server) == 10
        wait_until(lambda: server.lists("/api/v1/deletions")[0]["gone"] == 10, "it has left the files")
        again = run("undelete", "2", "--server", server.url)
        assert (again.returncode, b"10 events are gone for good" in again.stdout) in {(0, True), (2, False)}
        assert count(server) == 10
    assert rows("deletions", "--data", data)[-1]["state"] == "undone"


def test_programs_delete_too(tmp_path):
    """The HTTP API: dry run, deletion, list, undeletion."""
    with serving(tmp_path / "data") as server:
        tell(server)
        order = {"search": "tag:a time:15m", "all": True}
        told = send(server, "POST", "/api/v1/deletions", order | {"dry_run": True})
        assert told["events"] == 10
        assert told["first"] <= told["last"]
        assert told["search"].startswith("tag:a time:20")
        made = send(server, "POST", "/api/v1/deletions", order | {"by": "a test"})
        assert made["number"] == 1
        assert count(server) == 10
        (row,) = [json.loads(line) for line in server.get("/api/v1/deletions").splitlines()]
        assert row["by"] == "a test (127.0.0.1)"
        assert server.metric("logstore_deletions_active") == 1
        assert send(server, "DELETE", "/api/v1/deletions/1") == {"number": 1, "gone": 0}
        assert count(server) == 20


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ({"search": "tag:a"}, "json", "not said of which time"),
        ({"all": True}, "json", "search is missing"),
        ({"search": "", "all": True}, "json", "the search is empty"),
        ({"search": "* | count", "all": True}, "json", "not stages"),
        ({"search": "n:in(tag:a | fields n)", "all": True}, "json", "no in"),
        ({"search": "*", "all": True, "dryrun": True}, "json", "unknown parameter"),
        ("search=*&all=true", "x-www-form-urlencoded", "takes application/json"),
    ],
)
def test_what_is_not_meant_deletes_nothing(idle, body, kind, message):
    """Refused with what is missing."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        send(idle, "POST", "/api/v1/deletions", body, kind)
    assert caught.value.code == 400
    assert message in json.loads(caught.value.read())["error"]["message"]
    assert idle.get("/api/v1/deletions") == b""


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("delete", "tag:a"), 2, b"not said of which time"),
        (("delete", "tag:a | count", "--all"), 1, b"not stages"),
        (("delete", " ", "--all", "--yes"), 2, b"the search is empty"),
        (("delete", "tag:a", "--all", "--since", "1h"), 2, b"contradict"),
        (("undelete", "7"), 2, b"there is no deletion 7"),
        (("undelete", "0"), 2, b"greater than or equal to 1"),
    ],
)
def test_mistakes_of_commands_are_told(idle, command, code, said):
    """Nothing is deleted by them."""
    done = run(*command, "--server", idle.url)
    assert (done.returncode, said in done.stderr) == (code, True), done
    assert idle.get("/api/v1/deletions") == b""


def test_a_directory_is_not_deleted_from(tmp_path):
    """A server does that; a dry run can be had."""
    with serving(tmp_path / "data") as server:
        tell(server)
        assert server.stop() == 0
    done = run("delete", "*", "--all", "--data", tmp_path / "data")
    assert (done.returncode, b"a server deletes" in done.stderr) == (2, True)
    dry = run("delete", "tag:b", "--all", "--dry-run", "--data", tmp_path / "data")
    assert dry.stdout.startswith(b"10 events from 20")


def test_retention_is_planned_and_then_happens(tmp_path):
    """The plan of a directory with some settings is what a server with them does."""
    data, config = tmp_path / "data", tmp_path / "try.toml"
    rules = '[retention]\nmax_age = "10h"\n[[retention.rules]]\ntag = "b"\nmax_age = "2h"\n'
    config.write_text(rules)
    with serving(data) as server:
        tell(server, age_s=20 * HOUR_S)
        assert server.stop() == 0
    with serving(data) as server:
        tell(server, age_s=5 * HOUR_S)
        tell(server)
        assert b"no rows" in run("retention", "plan", "--server", server.url).stderr
        assert server.stop() == 0
    planned = rows("retention", "plan", "--data", data, "--config", config)
    assert [(row["why"], row["events"]) for row in planned] == [("age", 20), ("rule tag b", 20)]
    assert all(row["bytes"] > 0 for row in planned)
    with serving(data, config=rules) as server:
        wait_until(lambda: count(server) == 30, "what is too old is gone")
        assert server.ask("tag:b | count")[0]["count"] == 10
        (row,) = rows("deletions", "--server", server.url)
        assert row["by"] == "retention rule tag b"
        refused = run("undelete", str(row["number"]), "--server", server.url)
        assert b"kept up by the retention rule tag b" in refused.stderr
        wait_until(lambda: server.lists("/api/v1/deletions")[0]["gone"] == 10, "the rule's events left the files")
