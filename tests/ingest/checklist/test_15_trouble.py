"""Section 15: what real senders do on trouble, and which duplicates arise of it."""

from __future__ import annotations

import pytest

from tests.ingest.checklist.told import ACK, asking, entries, pack, tell
from tests.ingest.fake_sink import FakeSink
from tests.ingest.senders import listening, until

FLUENTD = "Zg4pjgy1CrKZCRkggSCk9w==\n"
FLUENT_BIT = "c29tZSAxNiBieXRlcyBoZXJl"


def chunk(name: str) -> bytes:
    """A chunk with this id."""
    return pack(["t", entries(1), asking(name)])


async def test_15_1_a_resent_chunk_is_stored_once_and_acked_again():
    """Fluentd's ids are random: the same id and bytes, on any connection, is the same chunk."""
    async with listening() as here:
        for _ in range(3):
            assert await tell(here, chunk(FLUENTD)) == ACK + pack(FLUENTD)
        assert len(here.sink.chunks) == 1
        assert here.counters.duplicates == {"stored": 2}


async def test_15_1_a_retry_while_the_first_is_in_flight_joins_it():
    """One store, both acked (17.5: no storm of retries when the store is slow)."""
    async with listening(FakeSink(is_prompt=False)) as here:
        senders = [await here.connect() for _ in range(3)]
        for sender in senders:
            await sender.send(chunk(FLUENTD))
        await until(lambda: here.counters.duplicates["joined"] == 2)
        here.sink.complete(0)
        for sender in senders:
            assert await sender.acks(1) == [FLUENTD]
            await sender.close()
        assert len(here.sink.chunks) == 1


async def test_15_7_an_id_used_again_for_other_bytes_is_another_chunk():
    """Length and checksum of the payload guard the id; so does the tag."""
    async with listening() as here:
        for wire in (
            chunk(FLUENTD),
            pack(["t", entries(2), asking(FLUENTD)]),
            pack(["u", entries(1), asking(FLUENTD)]),
        ):
            await tell(here, wire)
        assert len(here.sink.chunks) == 3


@pytest.mark.parametrize("name", [FLUENT_BIT, "0123456789abcdef" * 2])
async def test_15_2_equal_content_after_a_read_ack_is_stored(name):
    """Ids made of content: a second chunk on the connection that read the ack of the first is a new one (17.7)."""
    async with listening() as here:
        sender = await here.connect()
        for _ in range(2):
            await sender.send(chunk(name))
            assert await sender.acks(1) == [name]
        assert [one.repeat for one in here.sink.chunks] == [False, True]
        await sender.close()


async def test_15_2_a_copy_after_a_broken_connection_is_dropped():
    """The ack may have been lost with it."""
    async with listening() as here:
        await tell(here, chunk(FLUENT_BIT))
        assert await tell(here, chunk(FLUENT_BIT)) == ACK + pack(FLUENT_BIT)
        assert len(here.sink.chunks) == 1


async def test_15_4_messages_without_id_are_stored_as_often_as_they_come():
    """fluent-logger sends its whole buffer again after an error: nobody can tell."""
    async with listening() as here:
        for _ in range(2):
            await tell(here, pack(["t", 1, {"n": 1}]))
        assert len(here.sink.chunks) == 2


async def test_15_3_a_message_that_broke_off_is_stored_once():
    """Go and Docker send it again, whole, on a new connection."""
    async with listening() as here:
        await tell(here, chunk("abc=")[:-3])
        assert await tell(here, chunk("abc=")) == ACK + pack("abc=")
        assert len(here.sink.chunks) == 1


async def test_15_5_pipelined_chunks_are_acked_each():
    """The npm client sends on without waiting; an event under a new id is a new event to everybody."""
    async with listening() as here:
        names = [f"{number:024}" for number in range(20)]
        answer = await tell(here, b"".join(map(chunk, names)))
        assert answer == b"".join(ACK + pack(name) for name in names)
        assert len(here.sink.chunks) == 20
