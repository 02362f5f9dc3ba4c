"""Tests of logstore.app.api.handoff."""

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from logstore.app.api.handoff import DEPTH, MOST_BYTES, Handoff
from logstore.errors import QueryError


@pytest.fixture
def executor():
    """One thread."""
    with ThreadPoolExecutor(1) as threads:
        yield threads


async def test_pieces_arrive_in_order_and_end(executor):
    """Everything that the thread makes is taken, once."""
    handoff = Handoff(lambda _: iter([b"a", b"b", b"c"]), executor)
    assert [await handoff.take() for _ in range(4)] == [b"a", b"b", b"c", None]
    await handoff.abandon()


async def test_an_error_comes_after_the_pieces_before_it(executor):
    """What was made is not lost to the error that ends the answer."""

    def pieces(_):
        yield b"a"
        raise QueryError("late")

    handoff = Handoff(pieces, executor)
    assert await handoff.take() == b"a"
    with pytest.raises(QueryError):
        await handoff.take()
    await handoff.abandon()


async def test_a_slow_reader_holds_the_thread_back(executor):
    """No more than a few pieces wait, and leaving stops the thread."""
    made = []

    def pieces(_):
        for number in itertools.count():
            made.append(number)
            yield b"x"

    handoff = Handoff(pieces, executor)
    assert await handoff.take() == b"x"
    await handoff.abandon()
    assert len(made) <= DEPTH + 3


async def test_large_pieces_wait_alone(executor):
    """However large one is, it is taken; a second one is held back until it was."""
    made = []

    def pieces(_):
        for number in itertools.count():
            made.append(number)
            yield bytes(MOST_BYTES)

    handoff = Handoff(pieces, executor)
    assert await handoff.take() == bytes(MOST_BYTES)
    # Time to make more of them, if nothing held them back.
    await asyncio.sleep(0.1)
    await handoff.abandon()
    # One that waits, and one that would.
    assert len(made) <= 3


async def test_leaving_interrupts_what_the_thread_waits_for(executor):
    """The cancellation reaches work that makes no piece at all."""
    interrupted = threading.Event()

    def pieces(cancellation):
        cancellation.on_cancel(interrupted.set)
        interrupted.wait(10)
        yield b"never read"

    handoff = Handoff(pieces, executor)
    taking = asyncio.ensure_future(handoff.take())
    await asyncio.sleep(0)
    taking.cancel()
    await handoff.abandon()
    assert interrupted.is_set()


async def test_what_is_short_comes_whole(executor):
    """Pieces that end before there are so many bytes of them are one, and known to be all."""
    handoff = Handoff(lambda _: iter([b"ab", b"cd"]), executor, first_bytes=5)
    assert await handoff.take() == b"abcd"
    assert handoff.is_whole
    assert await handoff.take() is None
    await handoff.abandon()


async def test_what_is_long_comes_in_pieces(executor):
    """The first has so many bytes, however small they were made, the others are as they were made."""
    handoff = Handoff(lambda _: iter([b"ab", b"cd", b"e", b"f"]), executor, first_bytes=4)
    assert await handoff.take() == b"abcd"
    assert not handoff.is_whole
    assert [await handoff.take() for _ in range(3)] == [b"e", b"f", None]
    assert not handoff.is_whole
    await handoff.abandon()


async def test_nothing_is_whole_too(executor):
    """An answer without a byte."""
    handoff = Handoff(lambda _: iter(()), executor, first_bytes=4)
    assert await handoff.take() is None
    assert handoff.is_whole
    await handoff.abandon()


async def test_an_error_before_the_first_piece_is_all_there_is(executor):
    """Nothing is shown of an answer that fails before any of it was to be sent."""

    def pieces(_):
        yield b"a"
        raise QueryError("early")

    handoff = Handoff(pieces, executor, first_bytes=4)
    with pytest.raises(QueryError):
        await handoff.take()
    await handoff.abandon()


async def test_leaving_stops_a_thread_that_gathers(executor):
    """Small pieces without end never become a first one; the thread stops all the same."""
    begun = threading.Event()

    def pieces(_):
        while True:
            begun.set()
            yield b""

    handoff = Handoff(pieces, executor, first_bytes=4)
    taking = asyncio.ensure_future(handoff.take())
    await asyncio.to_thread(begun.wait, 10)
    taking.cancel()
    await handoff.abandon()
    with pytest.raises(asyncio.CancelledError):
        await taking
