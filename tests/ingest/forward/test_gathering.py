"""Large texts that come in pieces."""

import msgpack
import pytest

from ingest.forward.framing import Framer
from ingest.forward.limits import Limits

BODY = bytes(range(256)) * 500
MESSAGE = msgpack.packb(["tag", BODY, {"chunk": "id"}])
LITTLE = msgpack.packb(["tag", 1, {"a": 1}])


def frames_of(data, size):
    """Payload, and what stands before and behind it, of each message in `data`, fed so many bytes at a time."""
    framer, found = Framer(Limits()), []
    for at in range(0, len(data), size):
        framer.receive(data[at : at + size])
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


def test_single_bytes_are_copied_together():
    """A sender that writes bytes one by one does not make an object of each."""
    framer = Framer(Limits())
    for byte in MESSAGE[:-1000]:
        framer.receive(bytes([byte]))
        assert framer.next_frame() is None
    assert framer.unread_bytes == len(MESSAGE) - 1000
    assert len(framer._gathered._pieces) < 20
