"""Tests of logstore.app.sender.connection, against a peer on loopback that misbehaves on purpose."""

import socket
import threading
from contextlib import contextmanager

import msgpack
import pytest

from logstore.app.sender.chunks import make_chunk
from logstore.app.sender.connection import MAX_IN_FLIGHT, Delivery, ForeignServerError, UndeliveredError
from logstore.app.sender.dial import Dial


class Peer:
    """A receiver that acknowledges, but drops its first `drops` connections at the first message of each."""

    def __init__(self, drops):
        self._drops = drops
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.received = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self):
        """Ends."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._converse(connection)

    def _converse(self, connection):
        unpacker = msgpack.Unpacker()
        while data := connection.recv(65_536):
            unpacker.feed(data)
            for _, _, options in unpacker:
                self.received.append(options["chunk"])
                if self._drops:
                    self._drops -= 1
                    return
                connection.sendall(msgpack.packb({"ack": options["chunk"]}))


@contextmanager
def delivering(drops, **options):
    """A peer, a delivery to it, and what was acknowledged."""
    peer, acknowledged = Peer(drops), []
    delivery = Delivery(Dial(("127.0.0.1", peer.port)), acknowledged.append, **options)
    try:
        yield peer, delivery, acknowledged
    finally:
        delivery.close()
        peer.close()


def chunks(count):
    """Small chunks with different ids."""
    return [make_chunk("t", b"\x92\x01\x80", 1, number.to_bytes(16, "big")) for number in range(count)]


@pytest.mark.parametrize("drops", [0, 1, 3])
def test_everything_is_acknowledged_once_however_often_the_peer_breaks(drops):
    """Chunks are sent again with the same ids until each is acknowledged, in order."""
    sent = chunks(3 * MAX_IN_FLIGHT)
    with delivering(drops) as (peer, delivery, acknowledged):
        for chunk in sent:
            delivery.send(chunk)
            assert delivery.in_flight < MAX_IN_FLIGHT
        delivery.finish()
        assert acknowledged == sent
        assert delivery.in_flight == 0
        assert set(peer.received) == {chunk.chunk_id.decode() for chunk in sent}
        assert len(peer.received) >= len(sent) + drops


def test_a_peer_that_never_acknowledges_is_given_up():
    """Patience ends, and the message says that the rest can be sent again."""
    with delivering(10**9, patience_s=0.5) as (_, delivery, acknowledged):
        delivery.send(chunks(1)[0])
        with pytest.raises(UndeliveredError, match="1 chunk was not acknowledged"):
            delivery.finish()
        assert acknowledged == []


def test_nobody_there_is_told_at_once():
    """Connecting fails without patience, with a hint of what to start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UndeliveredError, match="logstore serve"):
        Delivery(Dial(("127.0.0.1", port))).connect()


def test_a_server_of_another_protocol_is_told_from_a_slow_one():
    """Whoever sends to the HTTP port is told so at once, instead of trying again and again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        delivery = Delivery(Dial(("127.0.0.1", listener.getsockname()[1])))
        delivery.send(chunks(1)[0])
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            with pytest.raises(ForeignServerError, match="forward protocol"):
                delivery.finish()
        delivery.close()
