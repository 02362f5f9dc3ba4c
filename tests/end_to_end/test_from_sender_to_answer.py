"""From real senders to answers."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest
from fluent.sender import FluentSender

from tests.end_to_end.packing import NS, Sender, chunk, forward, many_members, message
from tests.end_to_end.processes import run, serving, wait_until

NPM = Path(__file__).parent / "npm"
T0 = 1_795_341_600 * NS


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server for tests that have tags of their own."""
    with serving(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


def test_a_hundred_thousand_events_are_counted_exactly(server):
    """Half by fluent-logger without acks, half by packed chunks with acks, plain and compressed."""
    with FluentSender(
        "app", host="127.0.0.1", port=server.forward_port, nanosecond_precision=True, bufmax=2**26
    ) as old:
        for number in range(50_000):
            assert old.emit_with_time("web", 1_795_341_600 + number // 1000, {"number": number})
    with Sender(server.forward_port) as sender:
        for start in range(0, 50_000, 500):
            events = [(T0 + number * NS // 1000, {"number": number}) for number in range(start, start + 500)]
            packed = chunk("app.packed", events, compress=start % 1000 == 0)
            sender.send(packed.message)
            assert sender.ack().encode() == packed.chunk_id
    wait_until(lambda: server.ask("tag:app.web | count") == [{"count": 50_000}], "fluent-logger's events are stored")
    assert server.query("* | count", "--all") == [{"count": 100_000}]
    sums = server.query("* | stats sum(number) as total, distinct(number) as kinds by tag", "--all")
    total = 49_999 * 50_000 // 2
    assert sums == [
        {"tag": "app.packed", "total": total, "kinds": 50_000},
        {"tag": "app.web", "total": total, "kinds": 50_000},
    ]


def test_each_mode_is_stored_whole_and_byte_by_byte(shared):
    """Message, Forward, PackedForward and gzip with many members, in one write and in writes of one byte."""
    for whole in (True, False):
        messages = [
            (f"m{whole}", message("mode.message", T0 + 1, {"a": 1}, f"m{whole}")),
            (f"f{whole}", forward("mode.forward", [(T0 + 2, {"a": 2}), (T0 + 3, {"a": 3})], f"f{whole}")),
            (f"z{whole}", many_members("mode.members", [(T0 + 4, {"a": 4}), (T0 + 5, {"a": 5})], f"z{whole}")),
        ]
        packed = chunk("mode.packed", [(T0 + 6, {"a": 6})])
        messages.append((packed.chunk_id.decode(), packed.message))
        data = b"".join(bytes_ for _, bytes_ in messages)
        with Sender(shared.forward_port) as sender:
            for piece in [data] if whole else [data[at : at + 1] for at in range(len(data))]:
                sender.send(piece)
            assert [sender.ack() for _ in messages] == [chunk_id for chunk_id, _ in messages]
    assert shared.ask("tag:mode.* | stats count(), sum(a) by tag") == [
        {"tag": "mode.forward", "count": 4, "sum_a": 10},
        {"tag": "mode.members", "count": 4, "sum_a": 18},
        {"tag": "mode.message", "count": 2, "sum_a": 2},
        {"tag": "mode.packed", "count": 2, "sum_a": 12},
    ]


AWKWARD = {
    "time": "10:00",
    "tag": "mine",
    "message": "hello",
    "level": "Panic!",
    "Host": "upper",
    "host": "lower",
    "": "empty key",
    "a.b": "dotted",
    "a": {"c": "nested", "d": {"e": [1, {"f": None}]}},
    "file_row_number": 7,
    "filename": "x",
    "record.time": "also mine",
    "_seq": "not ours",
    "_more": "nor this",
    "exact": 2**53 + 1,
    "huge": 2**64 - 1,
    "small": -(2**63),
    "nothing": None,
    "not a number": math.nan,
    "infinite": math.inf,
    "float": 0.1,
    "whole float": 5.0,
    "yes": True,
    "text": "zwölf Boxkämpfer 🥊",
    "escape": "\x1b[31m\x00",
    "list": [1, "two", None, 2**63],
    "empty map": {},
    "long": "x" * 2**20,
}
EXPECTED = {
    "tag": "awkward",
    "message": "hello",
    "record.time": "10:00",
    "record.tag": "mine",
    "record.level": "Panic!",
    "Host": "upper",
    "host": "lower",
    "": "empty key",
    "a.b": "dotted",
    "a.c": "nested",
    "a.d.e": [1, {"f": None}],
    "file_row_number": 7,
    "filename": "x",
    "exact": 2**53 + 1,
    "huge": 2**64 - 1,
    "small": -(2**63),
    "not a number": "NaN",
    "infinite": "Infinity",
    "float": 0.1,
    "whole float": 5.0,
    "yes": True,
    "text": "zwölf Boxkämpfer 🥊",
    "escape": "\x1b[31m\x00",
    "list": [1, "two", None, 2**63],
    "empty map": {},
    "long": "x" * 2**20,
}


def test_whatever_a_record_holds_comes_back_as_it_was_sent(server):
    """Colliding, empty and reserved keys, exact numbers, nested values, before and after sealing."""
    packed = chunk("awkward", [(T0 + 123_456_789, AWKWARD)])
    mixed = chunk("mixed", [(T0, {"v": 43, "n": 1}), (T0 + 1, {"v": "43", "n": 2}), (T0 + 2, {"v": [43], "n": 3})])
    with Sender(server.forward_port) as sender:
        sender.send(packed.message + mixed.message)
        sender.ack()
        sender.ack()
    check_awkward(server.ask("tag:awkward"))
    check_mixed(server.ask("tag:mixed | sort n"))
    assert server.stop() == 0
    done = run("query", "tag:awkward", "--all", "--data", server.data)
    check_awkward([json.loads(line) for line in done.stdout.splitlines()])
    done = run("query", "tag:mixed | sort n", "--all", "--data", server.data)
    check_mixed([json.loads(line) for line in done.stdout.splitlines()])


def check_awkward(rows):
    """The one event is there with every value."""
    (row,) = rows
    assert row.pop("time") == "2026-11-22T10:00:00.123456789Z"
    assert {name: row.get(name) for name in EXPECTED} == EXPECTED
    assert "nothing" not in row


def check_mixed(rows):
    """A key keeps the type that each event gave it."""
    assert [row["v"] for row in rows] == [43, "43", [43]]


def test_invalid_utf8_is_kept_as_escapes(shared):
    """Bytes that are no UTF-8 are stored as text that shows them."""
    data = b"\x94\xa1t\xce" + (T0 // NS).to_bytes(4, "big") + b"\x81\xa1k\xa3a\xffb" + b"\x81\xa5chunk\xa1c"
    with Sender(shared.forward_port) as sender:
        sender.send(data)
        assert sender.ack() == "c"
    assert shared.ask("tag:t")[0]["k"] == "a\\xffb"


@pytest.fixture
def node():
    """The Node.js interpreter. Machines without it do not run what needs it; `make npm` says so."""
    assert (NPM / "node_modules").is_dir(), "run `make npm` first"
    return shutil.which("node")


if shutil.which("node"):

    def test_the_npm_client_is_acknowledged_well_within_its_timeout(shared, node):
        """The client's own timeout of 500 ms is never hit."""
        command = [node, NPM / "send.js", str(shared.forward_port), "2000"]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        told = json.loads(done.stdout)
        assert (told["acknowledged"], told["failures"]) == (2000, [])
        assert told["slowestMs"] < 500
        assert shared.ask("tag:npm.events | count") == [{"count": 2000}]
        (row,) = shared.ask("tag:npm.events number:3")
        assert (row["message"], row["nested.float"], row["nested.list"]) == ("event 3", 0.75, [3, None])
