"""The ledger and the quarantine, as people use them."""

import base64
import json
import os

import msgpack
import pytest

from logstore.app.sender.chunks import make_chunk
from tests.end_to_end.packing import Sender, entries, message
from tests.end_to_end.processes import run, serving
from tests.end_to_end.test_commands import NOW, on_terminal

GOOD = entries([(NOW, {"n": 1}), (NOW, {"n": 2})])
BAD = entries([(NOW, {"n": 3})]) + msgpack.packb(["no time", {"n": 4}]) + b"\xc1"


def deliver(server, *payloads):
    """Sends chunks, each twice, and waits for all acknowledgements; their ids."""
    chunks = [make_chunk("app.web", payload, 2, os.urandom(16)) for payload in payloads]
    with Sender(server.forward_port) as sender:
        for chunk in (*chunks, *chunks):
            sender.send(chunk.message)
            sender.ack()
    return [chunk.chunk_id.decode().strip() for chunk in chunks]


def lines(*command):
    """What a command that lists writes, as rows."""
    done = run(*command, "--format", "jsonl")
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_chunk_is_followed_from_its_sender_to_its_part(tmp_path):
    """By id: while it is in memory, after kill -9, after its seal, from a server and from the directory."""
    data = tmp_path / "data"
    with serving(data) as server:
        good, bad = deliver(server, GOOD, BAD)
        copy, stored = lines("chunks", good, "--server", server.url)
        assert (copy["status"], copy["duplicate_of"]) == ("copy", stored["key"])
        assert (stored["status"], stored["rows"], stored["tag"], stored["sealed"]) == ("stored", 2, "app.web", False)
        (row,) = lines("chunks", "--rejected", "--tag", "app.*", "--server", server.url)
        assert (row["id"], row["rows"]) == (bad, 1)
        assert sum(row["why"].values()) == row["rejected"] >= 2
        assert server.metric("logstore_ledger_rows") == 2
        assert server.metric("logstore_chunk_ids") == 2
        server.process.kill()
        server.process.wait()
        assert [row["id"] for row in lines("chunks", good, "--data", str(data))] == [good]
    with serving(data) as server:
        deliver(server, GOOD)
        assert server.stop() == 0
    (row,) = lines("chunks", bad, "--data", str(data))
    assert row["sealed"]
    assert (data / row["parts"][0]).exists()
    assert len(lines("chunks", "--copies", "--data", str(data))) == 1
    assert b"no rows" in run("chunks", "no-such-id", "--data", str(data)).stderr


@pytest.mark.parametrize("was_sealed", [False, True])
def test_a_resend_to_the_next_server_is_a_copy(tmp_path, was_sealed):
    """Whether the chunk lay in the log of the killed server or in its parts: it is acknowledged and not stored."""
    data = tmp_path / "data"
    chunk = make_chunk("app.web", GOOD, 2, os.urandom(16))
    with serving(data) as server:
        with Sender(server.forward_port) as sender:
            sender.send(chunk.message)
            sender.ack()
        if was_sealed:
            assert server.stop() == 0
    with serving(data) as server:
        with Sender(server.forward_port) as sender:
            sender.send(chunk.message)
            assert sender.ack().encode() == chunk.chunk_id
        statuses = [row["status"] for row in lines("chunks", chunk.chunk_id.decode(), "--server", server.url)]
        assert statuses == ["copy", "stored"]
        assert server.ask("* | count") == [{"count": 2}]


def test_single_messages_are_told_together(server):
    """A row for a connection and minute, or two when the minute changes meanwhile."""
    with Sender(server.forward_port) as sender:
        for number in range(20):
            sender.send(message(f"tag.{number % 2}", NOW, {"n": number}, f"id-{number}"))
            sender.ack()
    rows = lines("chunks", "--server", server.url)
    assert len(rows) <= 2
    assert sum(row["chunks"] for row in rows) == sum(row["rows"] for row in rows) == 20
    assert {tag for row in rows for tag in row["tags"]} == {"tag.0", "tag.1"}


@pytest.mark.parametrize("where", ["server", "data"])
def test_quarantine_is_listed_shown_exported_and_dropped(tmp_path, where):
    """The bytes come out as they were sent; what is dropped is gone."""
    data = tmp_path / "data"
    with serving(data) as server:
        deliver(server, BAD, GOOD, BAD + BAD)
        if where == "data":
            assert server.stop() == 0
        place = ("--server", server.url) if where == "server" else ("--data", str(data))
        newer, older = lines("quarantine", "list", *place)
        assert (older["bytes"], newer["bytes"], older["sealed"]) == (len(BAD), 2 * len(BAD), where == "data")
        shown = run("quarantine", "show", older["id"], *place).stdout.decode()
        assert "|" in shown
        assert "app.web" in shown
        assert run("quarantine", "export", older["id"], *place).stdout == BAD
        exported = run("quarantine", "export", *place).stdout.splitlines()
        assert [base64.b64decode(json.loads(line)["payload_base64"]) for line in exported] == [BAD + BAD, BAD]
        file = tmp_path / "chunk"
        assert run("quarantine", "export", newer["id"], "--output", str(file), *place).returncode == 0
        assert file.read_bytes() == BAD + BAD
        assert run("quarantine", "drop", older["id"], *place).stdout == b"dropped 1\n"
        assert [row["id"] for row in lines("quarantine", "list", *place)] == [newer["id"]]
        assert run("quarantine", "drop", "--older-than", "1h", *place).stdout == b"dropped 0\n"
        assert run("quarantine", "drop", "--all", *place).stdout == b"dropped 1\n"
        assert lines("quarantine", "list", *place) == []


def test_mistakes_have_the_exit_codes_of_all_commands(server, tmp_path):
    """Bad usage is 2, what failed is 1."""
    place = ("--server", server.url)
    assert run("chunks", "--since", "soon", *place).returncode == 2
    assert run("quarantine", "drop", *place).returncode == 2
    assert run("quarantine", "show", "77", *place).returncode == 2
    assert run("chunks", "--data", str(tmp_path / "nowhere")).returncode == 1
    held = run("quarantine", "drop", "--all", "--data", str(server.data))
    assert (held.returncode, b"in use" in held.stderr) == (1, True)


def test_a_table_on_a_terminal_shows_what_matters(server):
    """Columns without a value are left out, and strangers' bytes do no harm."""
    deliver(server, BAD)
    shown, code = on_terminal("chunks", "--server", server.url, environment={"NO_COLOR": "1"})
    heading = shown.splitlines()[0].split()
    assert code == 0
    assert heading[:3] == ["time", "status", "id"]
    assert "generation" not in heading
    shown, code = on_terminal("quarantine", "export", "1", "--server", server.url)
    assert (code, "not for terminals" in shown) == (2, True)
