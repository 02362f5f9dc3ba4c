"""Section 1: transport and framing."""

from __future__ import annotations

import pytest

from logstore.config.settings import Settings
from tests.ingest.checklist.told import asking, entries, event_time, pack, packed, told

MODES = {
    "message": pack(["t", event_time(), {"n": 1}, asking()]),
    "forward": pack(["t", entries(1), asking()]),
    "packed": pack(["t", packed(*entries(1)), asking()]),
    "json": b'["t",1700000000,{"n":1},{"chunk":"x"}]',
}


def test_1_1_port_24224():
    """TCP, default port 24224; the address is the loopback one until somebody opens it to the network."""
    assert Settings().forward.listen == "127.0.0.1:24224"


@pytest.mark.parametrize("mode", list(MODES))
async def test_1_2_one_byte_per_write(mode):
    """A message may be split at any byte, in every mode."""
    wire = MODES[mode]
    found = await told(*(wire[at : at + 1] for at in range(len(wire))))
    assert found.of("tag", "n") == [("t", 1)]
    assert found.answer == (b'{"ack":"x"}' if mode == "json" else b"\x81\xa3ack\xa1x")


async def test_1_2_three_messages_in_one_write_three_acks_in_order():
    """One read may hold many messages; acks go out in message order."""
    found = await told(b"".join(pack(["t", entries(n), asking(f"a{n}")]) for n in (1, 2, 3)))
    assert found.acks == ["a1", "a2", "a3"]
    assert found.of("n") == [1, 2, 3]


@pytest.mark.parametrize("first", [b"[", b"{"])
async def test_1_3_first_byte_decides_for_json(first):
    """`{` and `[` mean JSON for the whole connection; an object is no message."""
    found = await told(first + (b'"t",1,{"n":1}]' if first == b"[" else b'"n":1}'))
    assert found.of("n") == ([1] if first == b"[" else [])
    assert found.counters.malformed == ({} if first == b"[" else {"message is not an array": 1})


async def test_1_3_leading_space_is_msgpack():
    """0x20 is taken as msgpack, an integer, and so is no message."""
    found = await told(b' ["t",1,{"n":1}]')
    assert (found.events, found.counters.malformed) == ([], {"message is not an array": 1})


async def test_1_4_nil_is_ignored():
    """A heartbeat of old senders: no complaint, and messages around it are read."""
    found = await told(b"\xc0" + pack(["t", 1, {"n": 1}]) + b"\xc0")
    assert found.is_kept
    assert (found.of("n"), found.counters.heartbeats) == ([1], 2)


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        (b"\x05", "message is not an array"),
        (pack({"a": 1}), "message is not an array"),
        (pack("text"), "message is not an array"),
        (pack(1.5), "message is not an array"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP request on the forward port"),
        (b"POST /x HTTP/1.1\r\n\r\n", "HTTP request on the forward port"),
        (b"\x16\x03\x01\x00\xa5\x01\x00", "TLS handshake on the plain forward port"),
    ],
)
async def test_1_4_other_roots_are_counted_logged_once_and_closed(root, reason, caplog):
    """Anything but an array and nil ends the connection; the log line says what seems to be talking."""
    found = await told(pack(["t", 1, {"n": 1}]) + root * 50, pack(["t", 1, {"n": 2}]))
    assert found.of("n") == [1]
    assert found.counters.malformed == {reason: 1}
    assert sum(reason in record.message for record in caplog.records) == 1


@pytest.mark.parametrize("short", [b"\x90", b"\x91\xa1t"])
async def test_1_5_arrays_of_one_or_none_are_malformed(short):
    """`[]` and `["t"]`: counted and closed."""
    found = await told(short + pack(["t", 1, {"n": 1}]))
    assert (found.events, found.counters.malformed) == ([], {"message is too short": 1})


async def test_1_6_half_closed_connections_are_read_to_the_end():
    """Senders without acks write, shut their writing side down and close: all of it is stored."""
    found = await told(b"".join(pack(["t", 1, {"n": n}]) for n in range(1000)))
    assert found.of("n") == list(range(1000))


async def test_1_6_a_partial_message_at_the_end_has_no_effect():
    """Never stored, never acked."""
    wire = pack(["t", entries(2), asking()])
    found = await told(pack(["t", entries(1)]), wire[:-1])
    assert (found.of("n"), found.answer, found.is_kept) == ([1], b"", True)
    assert found.counters.unfinished_bytes == len(wire) - 1
