"""Section 16: how real senders write."""

from __future__ import annotations

import gzip
import struct

import msgpack

from ingest.decode.settings import DecodeSettings
from ingest.partials import PartialLimits
from tests.ingest.checklist.told import asking, decoded, entries, event_time, pack, packed, tell, told
from tests.ingest.decode.rows import rows
from tests.ingest.senders import listening, until

JOINING = PartialLimits(max_bytes=1 << 20, max_lines=64, timeout_ns=5 * 10**9)


async def test_16_1_out_forward():
    """93, tag, str32 entries, options size, compressed, chunk; header, body and option by separate writes."""
    body = packed(*entries(1, 2))
    option = pack({"size": 2, "compressed": "text", "chunk": "Zg4pjgy1CrKZCRkggSCk9w==\n"})
    found = await told(b"\x93\xa1t\xdb" + struct.pack(">I", len(body)), body, option)
    assert (found.of("n"), found.acks) == ([1, 2], ["Zg4pjgy1CrKZCRkggSCk9w==\n"])


def docker(log: str, **more: str) -> list[object]:
    """A message of Docker's log driver."""
    record = {"container_id": "c" * 64, "container_name": "/web", "source": "stdout", "log": log, **more}
    return ["c" * 12, 1_700_000_000, record]


async def test_16_2_docker():
    """Message mode, whole seconds, option `{}`, nil (18.x) or an id; or sub-second times."""
    wire = pack([*docker("a"), {}]) + pack([*docker("b"), None]) + pack([*docker("c"), asking()])
    found = await told(wire + pack(["t", event_time(), {"log": "d"}, {}]))
    assert (found.of("message"), found.acks) == (["a", "b", "c", "d"], ["x"])
    assert found.of("container_name")[0] == "/web"


def piece(log: str, ordinal: int, last: str = "false") -> list[object]:
    """A piece of a line."""
    return docker(log, partial_message="true", partial_id="p1", partial_ordinal=str(ordinal), partial_last=last)


PIECES = [piece("one ", 1), piece("two ", 2), piece("three", 3, "true")]


async def test_16_3_pieces_of_long_lines_are_events_of_their_own_by_default():
    """Joining is off: nothing is held back."""
    found = await told(*(pack([*one, {}]) for one in PIECES))
    assert found.of("message", "partial_ordinal") == [("one ", "1"), ("two ", "2"), ("three", "3")]


async def test_16_3_pieces_of_long_lines_are_joined_on_demand():
    """One event, with the fields of the first piece but for the marks; other messages keep their place."""
    wire = [pack([*PIECES[0], {}]), pack(docker("between")), pack([*PIECES[2], {}]), pack([*PIECES[1], {}])]
    found = await told(*wire, partials=JOINING)
    assert found.of("message", "partial_id") == [("between", None), ("one two three", None)]
    assert (found.counters.partials["joined"], found.counters.messages) == (3, 4)


async def test_16_3_incomplete_lines_are_stored_when_the_connection_ends():
    """As they came; so they are at a shutdown, which ends all connections."""
    found = await told(*(pack(one) for one in PIECES[:2]), partials=JOINING)
    assert found.of("message", "partial_ordinal") == [("one ", "1"), ("two ", "2")]
    assert found.counters.partials["not joined"] == 2
    async with listening(partials=JOINING) as here:
        sender = await here.connect()
        await sender.send(pack(PIECES[0]))
        await until(lambda: here.counters.messages == 1)
        assert here.sink.chunks == []
    assert [row["message"] for row in rows(decoded(here.sink.chunks, DecodeSettings()).batch)] == ["one "]
    await sender.close()


async def test_16_3_incomplete_lines_are_stored_after_a_time():
    """While the connection stays."""
    async with listening(partials=PartialLimits(1 << 20, 64, 20_000_000)) as here:
        sender = await here.connect()
        await sender.send(pack(PIECES[0]))
        await here.sink.wait_for(1)
        assert here.counters.connections_open == 1
        await sender.close()


async def test_16_3_pieces_with_an_ack_request_are_not_joined():
    """Their sender waits for each ack before it sends the next; they are counted."""
    async with listening(partials=JOINING) as here:
        for number, one in enumerate(PIECES):
            await tell(here, pack([*one, asking(str(number))]))
        assert len(here.sink.chunks) == 3
        assert +here.counters.partials == {"acknowledged": 3}


async def test_16_4_fluent_logger_python():
    """Three elements, whole seconds; batches are concatenated messages."""
    found = await told(b"".join(pack(("t", 1, {"n": n})) for n in (1, 2, 3)))
    assert (found.of("n"), len(found.chunks)) == ([1, 2, 3], 1)


async def test_16_5_fluent_logger_java():
    """Types of msgpack's old edition: long strings are str16 and str32, never str8."""
    old = msgpack.Packer(use_bin_type=False)
    found = await told(old.pack(["t", 1, {"k": "x" * 100, "l": "y" * 70_000}]))
    assert found.of("k", "l") == [("x" * 100, "y" * 70_000)]


async def test_16_6_go():
    """Four elements with an option always; or JSON."""
    assert (await told(pack(["t", 1, {"n": 1}, {}]))).of("n") == [1]
    found = await told(b'["t",1700000000,{"n":1},{}]["t",1700000001,{"n":2},{"chunk":"abc="}]')
    assert (found.of("n"), found.answer) == ([1, 2], b'{"ack":"abc="}')


async def test_16_7_kubernetes():
    """Keys with dots and slashes stay what they are, under the names that they are nested in."""
    labels = {"app.kubernetes.io/name": "web", "app": {"kubernetes": 1}}
    record = {"log": "l", "stream": "stdout", "logtag": "P", "kubernetes": {"pod_name": "p", "labels": labels}}
    found = await told(pack(["kube.var.log", gzip.compress(packed([1, record])), {"compressed": "gzip"}]))
    fields = ("message", "logtag", "kubernetes.pod_name", "kubernetes.labels.app.kubernetes.io/name")
    assert found.of(*fields) == [("l", "P", "p", "web")]
