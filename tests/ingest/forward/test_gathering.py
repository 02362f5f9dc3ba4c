"""Large texts that come in pieces."""

import importlib

import msgpack
import pytest

from ingest.forward import framing
from ingest.forward.bulk import gather
from ingest.forward.framing import Framer
from ingest.forward.limits import Limits
from ingest.forward.plain_landing import Landing

BODY = bytes(range(256)) * 500
MESSAGE = msgpack.packb(["tag", BODY, {"chunk": "id"}])
LITTLE = msgpack.packb(["tag", 1, {"a": 1}])


@pytest.fixture(params=["plain_landing", "landing"])
def landing(request):
    """Where large texts are written to, in each of its kinds."""
    return importlib.import_module(f"ingest.forward.{request.param}").Landing


def receive(framer, data):
    """As event loops do it; the bytes that were taken."""
    room = framer.room()
    if room is None:
        framer.receive(data)
        return len(data)
    taken = min(len(room), len(data))
    room[:taken] = data[:taken]
    framer.written(taken)
    return taken


def frames_of(data, size, receive=receive):
    """Payload, and what stands before and behind it, of each message in `data`, fed so many bytes at a time."""
    framer, found = Framer(Limits()), []
    at = 0
    while at < len(data):
        at += receive(framer, data[at : at + size])
        while (frame := framer.next_frame()) is not None:
            tag, body, option, end = (*frame.cuts, frame.end)[:4]
            payload = frame.bulk
            if payload is None:
                payload = msgpack.unpackb(framer.buffer[body:option]) if option - body > 1 else framer.buffer[body]
            found.append((bytes(framer.buffer[tag:body]), payload, bytes(framer.buffer[option:end])))
        framer.release()
    assert framer.unread_bytes == 0
    return found


@pytest.mark.parametrize("size", [1, 100, 4095, 4096, 4097, 65_536, len(MESSAGE) - 1, 10**6])
def test_a_large_text_is_whole_however_it_comes(size):
    """With small messages before it and behind it, in the same bytes or in others."""
    little = (b"\xa3tag", 1, msgpack.packb({"a": 1}))
    large = (b"\xa3tag", BODY, msgpack.packb({"chunk": "id"}))
    assert frames_of(LITTLE + MESSAGE + MESSAGE + LITTLE, size) == [little, large, large, little]


@pytest.mark.parametrize("size", [100, 65_536, len(MESSAGE) + 5])
def test_a_large_text_may_be_read_elsewhere(size):
    """What TLS decrypts is added; what comes behind the text in the same bytes is not lost."""

    def add(framer, data):
        framer.receive(data)
        return len(data)

    assert frames_of(MESSAGE + LITTLE + MESSAGE, size, add) == frames_of(MESSAGE + LITTLE + MESSAGE, size)


@pytest.mark.parametrize("size", [20_000, 9 << 20])
def test_a_text_of_any_size_is_whole(landing, size):
    """One for which room is reserved, and one that is too large for that."""
    body = bytes(range(250)) * (size // 250)
    bulk = gather(body[:10], len(body) - 10, landing)
    bulk.add(body[10:15_000])
    while bulk.missing:
        room = bulk.room()
        if room is None:
            bulk.add(body[bulk.size :])
        else:
            assert len(room) == bulk.missing
            room[:2000] = body[bulk.size : bulk.size + 2000]
            bulk.written(min(2000, len(room)))
    assert bulk.size == len(body)
    assert bulk.whole() == body
    assert type(bulk.whole()) is bytes


def test_what_was_taken_is_not_written_any_more():
    """Bytes do not change."""
    compiled = importlib.import_module("ingest.forward.landing").Landing(20_000)
    memoryview(compiled)[:] = bytes(20_000)
    assert compiled.take() == bytes(20_000)
    with pytest.raises(BufferError):
        memoryview(compiled)


def test_where_nothing_can_be_reserved_a_text_comes_in_pieces():
    """A header alone is no reason to fail."""

    class Nowhere(Landing):
        def __init__(self, _size):
            raise MemoryError

    bulk = gather(b"begin", 3, Nowhere)
    assert bulk.room() is None
    bulk.add(b"end")
    assert bulk.whole() == b"beginend"


def test_single_bytes_are_copied_together():
    """A sender that writes bytes one by one does not make an object of each."""
    bulk = gather(b"", 9 << 20)
    for _ in range(200_000):
        bulk.add(b"x")
    assert bulk.size == 200_000
    assert len(bulk._pieces) < 20


def test_a_large_text_past_the_limit_is_refused_at_its_header():
    """Before any more of it is read."""
    framer = Framer(Limits(max_message_bytes=50_000))
    framer.receive(MESSAGE[:100])
    with pytest.raises(framing.RefusalError):
        framer.next_frame()
