"""Tests of logstore.app.sink."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from ingest.sink import Origin
from logstore.app.sink import OutcomeSink, StoreSink
from logstore.errors import StorageError
from logstore.model.chunk import Chunk, Mode
from logstore.model.outcome import ChunkOutcome


class HeldStore:
    """A store that completes nothing and has no room until it is told."""

    def __init__(self):
        self.futures = []
        self.room = False
        self.waiting = asyncio.Queue()

    def submit(self, chunk):
        """Takes a chunk."""
        del chunk
        self.futures.append(Future())
        return self.futures[-1]

    submit_for_outcome = submit

    def origin(self, key):
        """Knows one chunk."""
        return Origin(3, 4) if key == b"known" else None

    def note_copy(self, chunk, key):
        """Keeps nothing."""

    def has_room(self):
        """As it was told."""
        return self.room

    def wait_room(self, callback):
        """Keeps the callback."""
        self.waiting.put_nowait(callback)


def chunk():
    """Any chunk."""
    return Chunk(Mode.PACKED, b"", 1, 0)


async def test_chunks_complete_in_order_with_one_wake_up_for_all():
    """A thousand chunks that one sync made durable wake the loop once."""
    store = HeldStore()
    sink = StoreSink(store)
    order = []
    chunks = [sink.append(chunk()) for _ in range(1000)]
    for number, waiting in enumerate(chunks):
        waiting.add_done_callback(lambda _, number=number: order.append(number))
    loop = asyncio.get_running_loop()
    wake_ups = []
    original = loop.call_soon_threadsafe
    loop.call_soon_threadsafe = lambda *arguments, **context: wake_ups.append(original(*arguments, **context))
    with ThreadPoolExecutor(1) as thread:
        # Waiting without giving way to the loop: everything must be there for its next turn.
        thread.submit(lambda: [future.set_result(None) for future in store.futures]).result()
    del loop.call_soon_threadsafe
    await asyncio.gather(*chunks)
    assert order == list(range(1000))
    assert len(wake_ups) == 1


async def test_a_chunk_that_was_not_stored_raises():
    """The store's error reaches whoever would ack."""
    store = HeldStore()
    waiting = StoreSink(store).append(chunk())
    store.futures[0].set_exception(StorageError("disk full"))
    with pytest.raises(StorageError, match="disk full"):
        await waiting


async def test_nobody_waiting_any_more_is_no_error():
    """A connection that ended while its chunk was written leaves nothing behind."""
    store = HeldStore()
    waiting = StoreSink(store).append(chunk())
    waiting.cancel()
    store.futures[0].set_result(None)
    await asyncio.sleep(0)
    assert waiting.cancelled()


async def test_room_is_waited_for():
    """`room` returns when the store says so, and looks again before it does."""
    store = HeldStore()
    sink = StoreSink(store)
    waiting = asyncio.ensure_future(sink.room())
    (await store.waiting.get())()
    again = await store.waiting.get()
    assert not waiting.done()
    store.room = True
    again()
    await waiting
    assert sink.has_room()


async def test_the_first_copy_of_a_chunk_is_known():
    """Dedup asks the store through the sink."""
    sink = StoreSink(HeldStore())
    assert sink.origin(b"known") == Origin(3, 4)
    assert sink.origin(b"other") is None


async def test_outcomes_are_told_when_the_chunk_is_decoded():
    """Or why it was not stored."""
    store = HeldStore()
    sink = OutcomeSink(store)
    decoded, failed = sink.append(chunk()), sink.append(chunk())
    store.futures[0].set_result(ChunkOutcome(5, 2))
    store.futures[1].set_exception(StorageError("the disk is full"))
    assert await decoded == ChunkOutcome(5, 2)
    with pytest.raises(StorageError, match="full"):
        await failed
