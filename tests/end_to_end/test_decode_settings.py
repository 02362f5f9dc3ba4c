"""Changing how records are decoded, with kill -9 in between: what came in keeps the fields that it came in with."""

import json

import pytest

from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import Server, run

FIRST = '[decode]\nmessage_keys = ["text"]\nlevel_scale = "python"\n'
SECOND = '[decode]\nmessage_keys = ["log"]\nlevel_keys = ["prio"]\n'

BY_FIRST = {"n": 1, "message": "a text", "level": "warn", "text": None, "log": "a log", "prio": 3}
BY_SECOND = {"n": 2, "message": "a log", "level": "error", "text": "a text", "log": None, "prio": 3}
SHOWN = "* | sort n | fields n, message, level, text, log, prio"


def send(server, number):
    """Stores an event that either settings read in their own way."""
    record = {"n": number, "text": "a text", "log": "a log", "level": 30, "prio": 3}
    with Sender(server.forward_port) as sender:
        sender.send(chunk("t", [(number * NS, record)]).message)
        sender.ack()


def kill(server):
    """Ends a server without giving it a chance."""
    server.process.kill()
    server.process.wait()


def rows(found):
    """Rows with all of their columns, also those that no event has."""
    return [{name: row.get(name) for name in BY_FIRST} for row in found]


def read(data):
    """What `logstore query --data` finds."""
    done = run("query", SHOWN, "--data", data, "--all", "--format", "jsonl")
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def left(tmp_path):
    """A data directory whose server was killed with one event in its log, decoded by the first settings."""
    server = Server(tmp_path / "data", config=FIRST)
    send(server, 1)
    kill(server)
    return tmp_path / "data"


def test_old_events_keep_their_fields_and_new_ones_get_the_new(left):
    """Through the log, beside a reader of the directory, and after everything is sealed."""
    server = Server(left, config=SECOND)
    assert rows(server.ask(SHOWN)) == [BY_FIRST]
    send(server, 2)
    assert rows(server.ask(SHOWN)) == [BY_FIRST, BY_SECOND]
    kill(server)
    assert rows(read(left)) == [BY_FIRST, BY_SECOND]
    for _ in range(2):
        server = Server(left)
        assert rows(server.ask(SHOWN)) == [BY_FIRST, BY_SECOND]
        assert server.stop() == 0
    assert rows(read(left)) == [BY_FIRST, BY_SECOND]


def test_without_the_settings_of_then_a_server_says_what_to_do(left):
    """It does not start with other rows; started as it says, it has them."""
    for file in (left / "decode-settings").iterdir():
        file.unlink()
    done = run("serve", "--data", left, "--forward", "127.0.0.1:0", "--http", "127.0.0.1:0")
    assert done.returncode == 1
    for words in (b"decode-settings/", b"missing", b"start the server once with the [decode] settings"):
        assert words in done.stderr
    assert b"Traceback" not in done.stderr
    server = Server(left, config=FIRST)
    assert rows(server.ask(SHOWN)) == [BY_FIRST]
    assert server.stop() == 0
    server = Server(left)
    assert rows(server.ask(SHOWN)) == [BY_FIRST]
    assert server.stop() == 0
