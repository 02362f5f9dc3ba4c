"""Tests of ingest.posts."""

import asyncio

import pytest

from ingest.counters import IntakeCounters
from ingest.posts import BodyTooLargeError, Post, Posts, PostSettings, SlowBodyError
from logstore.clock import SystemClock
from logstore.errors import OverloadedError, StorageError
from logstore.model.batch import Rejection
from logstore.model.chunk import Compression, Mode
from logstore.model.outcome import ChunkOutcome
from tests.ingest.fake_sink import FakeSink

OUTCOME = ChunkOutcome(7, 3, {"not JSON": 1}, (Rejection(9, "not JSON"),))


class TellingSink(FakeSink):
    """A sink that tells what became of each chunk."""

    def append(self, chunk):
        """Takes a chunk; what became of it is always the same."""
        flight = super().append(chunk)

        async def told():
            await flight
            return OUTCOME

        return asyncio.ensure_future(told())


class House:
    """Posts with a sink of their own."""

    def __init__(self, sink=None, **settings):
        self.sink = sink or TellingSink()
        self.counters = IntakeCounters()
        self.posts = Posts(PostSettings(**settings), self.sink, SystemClock(), self.counters)

    def take(self, body=b"{}", key=None, declared=None, tag="t"):
        """Takes a body that comes in one piece, or in those of an iterator."""
        pieces = body if hasattr(body, "__anext__") else arriving(body)
        return self.posts.take(Post(Mode.JSON, Compression.NONE, tag, key, "peer", declared), pieces)


async def arriving(*pieces):
    """Pieces that come at once."""
    for piece in pieces:
        yield piece


async def held(pieces, release):
    """Pieces, and then nothing until it is released."""
    for piece in pieces:
        yield piece
    await release.wait()


async def test_a_body_is_stored_as_it_came():
    """As one chunk that says where it came from, and the answer is what became of it."""
    house = House()
    stored = await house.take(arriving(b'{"a":', b"1}"), key=b"k")
    assert (stored.outcome, stored.is_copy) == (OUTCOME, False)
    (chunk,) = house.sink.chunks
    assert (chunk.payload, chunk.mode, chunk.tag, chunk.wire_tag) == (b'{"a":1}', Mode.JSON, "t", b"t")
    assert (chunk.listener, chunk.peer, chunk.rows_bound, chunk.chunk_id) == ("http", "peer", 8, b"http:k")


async def test_an_empty_body_is_no_chunk():
    """There is nothing to store, and that is no mistake."""
    house = House()
    stored = await house.take(arriving())
    assert stored.outcome == ChunkOutcome(0, 0)
    assert not house.sink.chunks


@pytest.mark.parametrize("key", [b"k", b"x" * 24, b"Zg4pjgy1CrKZCRkggSCk9w==\n"])
async def test_a_copy_is_not_stored_whatever_its_key_looks_like(key):
    """Also after more came from the same sender; the counts are those of the first."""
    house = House()
    await house.take(key=key)
    await house.take(b"{} {}", key=b"other")
    again = await house.take(key=key)
    assert (again.outcome, again.is_copy) == (OUTCOME, True)
    assert len(house.sink.chunks) == 2


async def test_the_same_key_with_another_body_or_tag_is_another_request():
    """A key that is used twice must not make events vanish."""
    house = House()
    for body, tag in ((b"{}", "t"), (b"{ }", "t"), (b"{}", "u")):
        assert not (await house.take(body, key=b"k", tag=tag)).is_copy
    assert len(house.sink.chunks) == 3


async def test_a_copy_of_what_an_earlier_process_stored_has_no_counts():
    """It is a copy all the same."""
    before, after = House(), House()
    await before.take(key=b"k")
    after.sink._origins.update(before.sink._origins)
    again = await after.take(key=b"k")
    assert (again.outcome, again.is_copy) == (None, True)


async def test_copies_that_come_meanwhile_share_the_fate_of_the_first():
    """One store, one outcome for both; also when the first one's sender has left."""
    house = House(TellingSink(is_prompt=False))
    first = asyncio.ensure_future(house.take(key=b"k"))
    await house.sink.wait_for(1)
    second = asyncio.ensure_future(house.take(key=b"k"))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    house.sink.complete(0)
    stored = await second
    assert (stored.outcome, stored.is_copy) == (OUTCOME, True)
    assert len(house.sink.chunks) == 1


async def test_what_was_not_stored_may_come_again():
    """A failure is told, and leaves nothing behind."""
    house = House()
    house.sink.refuses = True
    with pytest.raises(StorageError):
        await house.take(key=b"k")
    house.sink.refuses = False
    assert not (await house.take(key=b"k")).is_copy


async def test_long_bodies_are_refused_early():
    """By what they declare before anything is read, else as soon as they are too long."""
    house = House(max_body_bytes=10)
    with pytest.raises(BodyTooLargeError, match="longer than 10 bytes"):
        await house.take(held([], asyncio.Event()), declared=11)
    with pytest.raises(BodyTooLargeError):
        await house.take(held([b"123456", b"78901"], asyncio.Event()))
    assert not house.sink.chunks
    assert house.posts._open == 0


async def test_slow_bodies_are_cut_off():
    """Half a body is memory that only its sender can free."""
    house = House(body_timeout_s=0.01)
    with pytest.raises(SlowBodyError, match=r"within 0.01 s"):
        await house.take(held([b"{"], asyncio.Event()))
    assert house.posts._open == 0


async def test_without_room_senders_are_told_to_come_again():
    """Nothing is read, and nothing is stored."""
    house = House(room_timeout_s=0.01)
    house.sink.set_room(has_room=False)
    with pytest.raises(OverloadedError, match="no room"):
        await house.take(held([b"never read"], asyncio.Event()))
    assert not house.sink.chunks


async def test_room_is_waited_for():
    """For a while; then all goes its way."""
    house = House()
    house.sink.set_room(has_room=False)
    waiting = asyncio.ensure_future(house.take())
    await asyncio.sleep(0)
    house.sink.set_room(has_room=True)
    assert (await waiting).outcome == OUTCOME


async def test_only_so_many_requests_are_in_hand():
    """Further ones are told to come again at once."""
    house = House(max_requests=1)
    release = asyncio.Event()
    first = asyncio.ensure_future(house.take(held([b"{}"], release)))
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError, match="too many"):
        await house.take()
    release.set()
    await first
    await house.take()


async def test_past_the_mark_only_the_oldest_large_body_is_read_on():
    """The others wait until there is room for their halves."""
    house = House(max_unfinished_bytes=400_000)
    releases = [asyncio.Event(), asyncio.Event()]
    read = []

    async def body(number):
        yield b" " * 300_000
        read.append(number)
        yield b" " * 300_000
        read.append(number)
        await releases[number].wait()

    first = asyncio.ensure_future(house.take(body(0)))
    second = asyncio.ensure_future(house.take(body(1)))
    for _ in range(20):
        await asyncio.sleep(0)
    assert read == [0, 0]
    releases[0].set()
    await first
    releases[1].set()
    await second
    assert read == [0, 0, 1, 1]
