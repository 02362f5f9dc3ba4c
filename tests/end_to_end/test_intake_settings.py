"""Rewritten tags and fields about the source: kept with what came in, whatever is configured after a kill -9."""

import json
import socket

from tests.end_to_end.packing import NS, Sender, chunk, message
from tests.end_to_end.processes import Server, run, wait_until

CONFIG = """
[forward]
add_tag_prefix = "edge"
join_partial_messages = true
[decode]
source_address_key = "from"
source_hostname_key = "from_host"
"""
SHOWN = "* | sort n | fields n, tag, from, message"


def piece(n, log, ordinal, last):
    """A piece of a line that Docker has split."""
    marks = {"partial_message": "true", "partial_id": "p", "partial_ordinal": str(ordinal), "partial_last": last}
    return message("docker", n * NS, {"n": n, "log": log, **marks})


def fill(server):
    """Sends in all ways in which a tag can come."""
    with Sender(server.forward_port) as sender:
        sender.send(message("run", NS, {"n": 1, "from": "own"}) + message("other", NS, {"n": 2}))
        sender.send(piece(3, "one ", 1, "false") + piece(3, "two", 2, "true"))
        sender.send(chunk("packed", [(NS, {"n": 4, "from": 5})]).message)
        sender.ack()
    with socket.create_connection(("127.0.0.1", server.forward_port), 30) as sock:
        sock.sendall(b'["json",1700000000.123456789,{"n":5}]["json",1,{"n":6},{"chunk":"x"}]')
        assert sock.recv(512) == b'{"ack":"x"}'


EXPECTED = [
    {"n": 1, "tag": "edge.run", "from": "127.0.0.1", "message": None},
    {"n": 2, "tag": "edge.other", "from": "127.0.0.1", "message": None},
    {"n": 3, "tag": "edge.docker", "from": "127.0.0.1", "message": "one two"},
    {"n": 4, "tag": "edge.packed", "from": "127.0.0.1", "message": None},
    {"n": 5, "tag": "edge.json", "from": "127.0.0.1", "message": None},
    {"n": 6, "tag": "edge.json", "from": "127.0.0.1", "message": None},
]


def rows(found):
    """Rows with all of their columns, also those that an event does not have."""
    return [{name: row.get(name) for name in EXPECTED[0]} for row in found]


def hosts(found):
    """The host names of events."""
    return {row["from_host"] for row in found}


def test_what_came_in_keeps_its_tags_and_its_source(tmp_path):
    """In memory, replayed under other settings, beside a reader, and sealed."""
    server = Server(tmp_path / "data", config=CONFIG)
    fill(server)
    wait_until(lambda: len(server.ask(SHOWN)) == 6, "all is there")
    assert rows(server.ask(SHOWN)) == EXPECTED
    (host,) = hosts(server.ask("* | fields from_host"))
    assert host
    server.process.kill()
    server.process.wait()
    read = run("query", SHOWN, "--data", tmp_path / "data", "--all", "--format", "jsonl")
    assert rows(map(json.loads, read.stdout.splitlines())) == EXPECTED
    for _ in range(2):
        server = Server(tmp_path / "data")
        assert rows(server.ask(SHOWN)) == EXPECTED
        assert hosts(server.ask("* | fields from_host")) == {host}
        assert server.stop() == 0
