"""TLS over real sockets: handshakes that work and that do not, halves that close, certificates that change."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from pathlib import Path

import pytest

from ingest.forward.handshake import Security
from ingest.settings import TcpListener, TlsSettings
from tests.ingest.authority import Authority
from tests.ingest.fake_sink import FakeSink
from tests.ingest.forward.pings import KEY
from tests.ingest.forward.wire_samples import FLUENTD_ID, forward, message, packed_forward
from tests.ingest.senders import PATIENCE_S, Sender, listening, until


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    """Who issued the certificates of server and senders."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority) -> TlsSettings:
    """A server's certificate."""
    return authority.tls()


def over(tls: TlsSettings, security: Security | None = None):
    """A listener with TLS."""
    return (TcpListener("127.0.0.1", 0, "forward", tls, security),)


async def settled(here) -> None:
    """All connections are gone, and so is everything that was held for them."""
    await until(lambda: here.counters.connections_open == 0 and not here.server._handshaking)
    assert (here.server._sessions, here.server._admission._total) == (set(), 0)


def warnings(caplog) -> list[str]:
    """What was logged as a warning or worse."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_chunk_over_tls_is_stored_and_acked(authority, tls):
    """As without TLS; the ack is one record."""
    async with listening(listeners=over(tls)) as here:
        sender = await here.connect(authority.context())
        await sender.send(packed_forward({"chunk": FLUENTD_ID}))
        assert await sender.acks(1) == [FLUENTD_ID]
        assert here.sink.chunks[0].peer.startswith("127.0.0.1:")
        assert here.counters.tls_handshakes == 1
        await sender.close()
        await settled(here)


async def test_large_chunks_arrive_whole(authority, tls):
    """Many records, with reading stopped and resumed between them."""
    body = b"\x92\x01\x80" * 700_000
    whole = b"\x93\xa1t\xc6" + len(body).to_bytes(4, "big") + body
    async with listening(listeners=over(tls), max_unacked_bytes=1_000_000) as here:
        sender = await here.connect(authority.context())
        for name in (b"a", b"b", b"c"):
            sender.writer.write(whole + b"\x81\xa5chunk\xa1" + name)
        assert await sender.acks(3) == ["a", "b", "c"]
        assert all(chunk.payload == body for chunk in here.sink.chunks)
        await sender.close()


async def test_key_and_user_are_asked_for_inside_tls(authority, tls):
    """HELO comes after the handshake of TLS."""
    async with listening(listeners=over(tls, Security(b"logstore.here", KEY, {b"alice": b"wonder"}))) as here:
        sender = await here.connect(authority.context())
        assert (await sender.prove(user=b"alice", password=b"wonder"))[1] is True
        await sender.send(forward({"chunk": "a"}))
        assert await sender.acks(1) == ["a"]
        await sender.close()
        rejected = await here.connect(authority.context())
        assert (await rejected.prove(b"wrong"))[2] == "shared_key mismatch"
        assert await rejected.rest() == b""
        await rejected.close()
        await settled(here)


class Wire:
    """A sender's TLS by hand: it can shut one half, and write what asyncio's streams do not let it."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        self.ended = False

    @classmethod
    async def connected(cls, here, context: ssl.SSLContext) -> Wire:
        """After the handshake."""
        wire = await cls.begun(here, context)
        try:
            while not await wire.shake_hands():
                await wire.fill()
            await wire.flush()
        except BaseException:
            wire.close()
            raise
        return wire

    @classmethod
    async def begun(cls, here, context: ssl.SSLContext) -> Wire:
        """Connected, and nothing more."""
        sock = socket.socket()
        sock.settimeout(0)
        await asyncio.get_running_loop().sock_connect(sock, here.server.address)
        return cls(sock, context)

    async def shake_hands(self) -> bool:
        """Goes on with the handshake; True when it is done, and its last bytes are not sent yet."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            await self.flush()
            return False
        except ssl.SSLError:
            await self.flush()
            raise
        return True

    async def flush(self) -> None:
        """Sends what TLS wants sent."""
        if data := self._outgoing.read():
            await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def fill(self) -> None:
        """Reads once."""
        async with asyncio.timeout(PATIENCE_S):
            data = await asyncio.get_running_loop().sock_recv(self._sock, 65_536)
        if data:
            self._incoming.write(data)
        else:
            self.ended = True
            self._incoming.write_eof()

    async def write(self, data: bytes) -> None:
        """Sends data."""
        self.tls.write(data)
        await self.flush()

    async def goodbye(self) -> None:
        """Says `close_notify`, and shuts nothing."""
        with pytest.raises(ssl.SSLError):
            self.tls.unwrap()
        await self.flush()

    async def read(self, size: int) -> bytes:
        """So many bytes, or fewer when the server says goodbye."""
        found = b""
        while len(found) < size:
            try:
                if not (data := self.tls.read(size - len(found))):
                    break
                found += data
            except ssl.SSLWantReadError:
                await self.fill()
        return found

    def shut(self) -> None:
        """Shuts the writing side of the socket."""
        self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Closes the socket."""
        self._sock.close()


ACK = b"\x81\xa3ack\xa1a"


@pytest.mark.parametrize("how", ["goodbye", "shut", "both"])
async def test_a_sender_that_is_done_sending_gets_its_acks(authority, tls, how):
    """It says goodbye, shuts its side, or both; what is being stored is acked all the same, then we say goodbye."""
    async with listening(FakeSink(is_prompt=False), listeners=over(tls)) as here:
        wire = await Wire.connected(here, authority.context())
        await wire.write(forward({"chunk": "a"}))
        await here.sink.wait_for(1)
        if how != "shut":
            # Python's own TLS reads nothing after its goodbye, so what follows is read from the wire.
            await wire.goodbye()
        if how != "goodbye":
            wire.shut()
        (session,) = here.server._sessions
        await until(lambda: session._sender_is_done)
        here.sink.complete(0)
        if how == "shut":
            assert await wire.read(100) == ACK
        await settled(here)
        assert here.counters.acks == 1
        wire.close()


async def test_our_goodbye_is_said(authority, tls):
    """A connection that we end is not cut off: the sender can tell the end from an attack."""
    async with listening(listeners=over(tls), deny_keepalive=True) as here:
        wire = await Wire.connected(here, authority.context())
        await wire.write(forward({"chunk": "a"}))
        assert await wire.read(100) == ACK
        assert not wire.ended
        wire.close()
        await settled(here)


async def test_data_right_behind_the_handshake_is_read(authority, tls):
    """The last bytes of the handshake and the first of the data in one write."""
    async with listening(listeners=over(tls)) as here:
        wire = await Wire.begun(here, authority.context())
        while not await wire.shake_hands():
            await wire.fill()
        await wire.write(forward({"chunk": "a"}))
        assert await wire.read(len(ACK)) == ACK
        wire.close()
        await settled(here)


async def test_tls_in_single_bytes_is_read(authority, tls):
    """Records may come in any pieces."""
    async with listening(listeners=over(tls)) as here:
        wire = await Wire.connected(here, authority.context())
        wire.tls.write(forward({"chunk": "a"}))
        loop = asyncio.get_running_loop()
        for byte in wire._outgoing.read():
            await loop.sock_sendall(wire._sock, bytes([byte]))
        assert await wire.read(len(ACK)) == ACK
        wire.close()
        await settled(here)


@pytest.mark.parametrize("data", [message(), b"GET / HTTP/1.1\r\n\r\n", b"\x00", b"\x17\x03\x03\x00\x01x"])
async def test_plain_bytes_to_a_tls_port_are_counted_and_closed(tls, caplog, data):
    """A sender without TLS: closed at once, told once, nothing left."""
    async with listening(listeners=over(tls)) as here:
        for _ in range(5):
            sender = await here.connect()
            await sender.send(data)
            assert await sender.rest() == b""
            await sender.close()
        assert here.counters.tls_failures == {"not TLS": 5}
        (told,) = warnings(caplog)
        assert "on listener forward: not TLS (first byte 0x" in told
        await settled(here)


async def test_tls_to_a_plain_port_is_told(authority, caplog):
    """A sender with TLS on a port without is closed, and the log says what to look for."""
    async with listening() as here:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await here.connect(authority.context())
        assert here.counters.malformed == {"TLS handshake on the plain forward port": 1}
        assert "TLS handshake on the plain forward port" in warnings(caplog)[0]


async def test_a_sender_that_does_not_trust_us_is_told_of(tls, tmp_path, caplog):
    """It has another authority: the log says whose fault it is."""
    stranger = Authority(tmp_path, "stranger")
    async with listening(listeners=over(tls)) as here:
        with pytest.raises(ssl.SSLCertVerificationError):
            await Wire.connected(here, stranger.context())
        await until(lambda: here.counters.tls_failures.total() == 1)
        assert here.counters.tls_failures == {"sender does not accept our certificate": 1}
        assert "TLSV1_ALERT_UNKNOWN_CA" in warnings(caplog)[0]
        await settled(here)


async def test_a_client_certificate_lets_in(authority, tls):
    """Of an authority that we named."""
    mutual = TlsSettings(tls.cert_file, tls.key_file, client_ca_file=authority.file)
    async with listening(listeners=over(mutual)) as here:
        sender = await here.connect(authority.context(authority.issue("sender")))
        await sender.send(forward({"chunk": "a"}))
        assert await sender.acks(1) == ["a"]
        await sender.close()
        await settled(here)


async def first_ack(here, context: ssl.SSLContext) -> None:
    """Connects, sends, and expects an answer."""
    wire = await Wire.connected(here, context)
    try:
        await wire.write(forward({"chunk": "a"}))
        if not await wire.read(1):
            raise EOFError
    finally:
        wire.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("has_one", "reason"), [(False, "no client certificate"), (True, "client certificate is not trusted")]
)
async def test_without_the_right_client_certificate_nobody_gets_in(authority, tls, tmp_path, version, has_one, reason):
    """None, or one of another authority: nothing is read, and the reason is counted."""
    mutual = TlsSettings(tls.cert_file, tls.key_file, client_ca_file=authority.file)
    identity = Authority(tmp_path, "stranger").issue("stranger") if has_one else None
    context = authority.context(identity)
    context.maximum_version = version
    async with listening(listeners=over(mutual)) as here:
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
            await first_ack(here, context)
        await until(lambda: here.counters.tls_failures.total() == 1)
        assert here.counters.tls_failures == {reason: 1}
        assert here.sink.chunks == []
        await settled(here)


async def test_old_versions_are_refused(authority, tls):
    """Where only 1.3 is spoken, 1.2 is told so."""
    modern = TlsSettings(tls.cert_file, tls.key_file, min_version="1.3")
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with listening(listeners=over(modern)) as here:
        with pytest.raises(ssl.SSLError):
            await here.connect(context)
        await until(lambda: here.counters.tls_failures.total() == 1)
        assert here.counters.tls_failures == {"no version or cipher in common": 1}
        await settled(here)


async def test_ciphers_are_those_wished_for(authority, tls):
    """The operator may narrow them down."""
    narrow = TlsSettings(
        tls.cert_file, tls.key_file, ciphers="ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
    )
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with listening(listeners=over(narrow)) as here:
        sender = await here.connect(context)
        assert sender.writer.get_extra_info("cipher")[0].endswith("AES256-GCM-SHA384")
        await sender.close()


@pytest.mark.parametrize("started", [b"", b"\x16\x03\x01\x02\x00"])
async def test_a_handshake_that_takes_too_long_is_cut(tls, started):
    """Silence, or half a greeting: it holds its place in the limits until then, and no longer."""
    async with listening(listeners=over(tls), handshake_timeout_s=0.1, max_connections=1) as here:
        sender = await here.connect()
        await sender.send(started)
        refused = await here.connect()
        assert await refused.rest() == b""
        assert here.counters.connections_refused == {"too many connections": 1}
        assert await sender.rest() == b""
        assert here.counters.tls_failures == {"took too long": 1}
        await settled(here)
        await sender.close()
        await refused.close()


def open_files() -> int:
    """File descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_thousand_connections_leave_nothing(tls, caplog):
    """Connect and close, as health checks do: no warning, no file descriptor, no state."""
    async with listening(listeners=over(tls)) as here:
        before = open_files()
        for _ in range(10):
            senders = [await here.connect() for _ in range(100)]
            for sender in senders:
                await sender.close()
        await until(lambda: here.counters.probes == 1000)
        await settled(here)
        await until(lambda: open_files() <= before)
        assert warnings(caplog) == []
        assert here.counters.tls_failures == {}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_heartbeats_over_tls_are_quiet(authority, tls, caplog, version):
    """Fluentd does a handshake a second and closes: no warning, nothing left, and the second one is resumed."""
    context = authority.context()
    context.maximum_version = version
    async with listening(listeners=over(tls, Security(b"logstore.here", KEY))) as here:
        session = None
        for _ in range(20):
            is_resumed, found = await asyncio.to_thread(heartbeat, here.server.address, context, session)
            assert is_resumed is (session is not None)
            session = session or found
        await settled(here)
        assert (here.counters.tls_handshakes, here.counters.probes) == (20, 20)
        assert warnings(caplog) == []


def heartbeat(address, context, session):
    """Connects, reads HELO and closes; says whether the handshake was a short one, and the session for the next."""
    with (
        socket.create_connection(address, PATIENCE_S) as sock,
        context.wrap_socket(sock, server_hostname="localhost", session=session) as tls,
    ):
        assert tls.recv(512)
        return tls.session_reused, tls.session


async def test_a_reset_amid_the_handshake_is_counted(tls):
    """It began and was broken off."""
    async with listening(listeners=over(tls)) as here:
        sender = await here.connect()
        await sender.send(b"\x16\x03\x01\x02\x00")
        await until(lambda: any(each._channel.has_received for each in here.server._handshaking))
        sender.writer.transport.abort()
        await until(lambda: here.counters.tls_failures.total() == 1)
        assert here.counters.tls_failures == {"broken off": 1}
        await settled(here)


async def test_what_was_tampered_with_ends_the_connection(authority, tls):
    """A record that does not decrypt: nothing of it is read."""
    async with listening(listeners=over(tls)) as here:
        wire = await Wire.connected(here, authority.context())
        wire.tls.write(forward({"chunk": "a"}))
        record = bytearray(wire._outgoing.read())
        record[-1] ^= 1
        await asyncio.get_running_loop().sock_sendall(wire._sock, record)
        with pytest.raises(ssl.SSLError):
            await wire.read(1)
        await settled(here)
        assert here.sink.chunks == []
        wire.close()


async def test_a_shutdown_acks_what_was_read_over_tls(authority, tls):
    """Drained like any other, and handshakes that are not done are cut at once."""
    sink = FakeSink(is_prompt=False)
    async with listening(sink, listeners=over(tls)) as here:
        sender, silent = await here.connect(authority.context()), await here.connect()
        await sender.send(forward({"chunk": "a"}))
        await sink.wait_for(1)
        draining = asyncio.create_task(here.server.drain())
        assert await silent.rest() == b""
        sink.complete(0)
        assert await sender.acks(1) == ["a"]
        assert await sender.rest() == b""
        await sender.close()
        await silent.close()
        await draining
        assert here.counters.connections_cut == {}


async def write_for_ever(wire: Wire, data: bytes) -> None:
    """Until the connection is cut."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await wire.write(data)


async def test_a_sender_that_never_reads_its_acks_is_cut(authority, tls):
    """The mark on unread acks counts encrypted bytes."""
    async with listening(listeners=over(tls), ack_timeout_s=0.1) as here:
        wire = await Wire.connected(here, authority.context())
        await until(lambda: here.server._sessions)
        (session,) = here.server._sessions
        session._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        with pytest.raises(ConnectionError):
            await write_for_ever(wire, forward({"chunk": "a"}) * 500)
        assert here.counters.connections_cut == {"acks are not read": 1}
        wire.close()
        await settled(here)


async def test_the_ends_of_a_connection_agree(authority, tls):
    """Several senders at once, each with chunks of its own: every ack goes to its own."""
    async with listening(listeners=over(tls)) as here:

        async def talk(number: int) -> None:
            sender = await here.connect(authority.context())
            for step in range(10):
                await sender.send(forward({"chunk": f"{number}-{step}"}, tag=f"t{number}"))
                assert await sender.acks(1) == [f"{number}-{step}"]
            await sender.close()

        await asyncio.gather(*(talk(number) for number in range(10)))
        assert here.counters.acks == 100
        await settled(here)


async def test_what_a_sender_wrote_that_never_reads_is_stored(authority, tls):
    """It writes and closes: nothing of ours lies unread at its end, which would reset the connection and lose data."""
    body = b"\x92\x01\x80" * 100_000
    whole = b"\x93\xa1t\xc6" + len(body).to_bytes(4, "big") + body + b"\x80"
    async with listening(listeners=over(tls)) as here:
        await asyncio.to_thread(write_and_close, here.server.address, authority.context(), whole * 20)
        await settled(here)
        assert here.counters.messages == 20


def write_and_close(address, context, data):
    """As loggers do that ask for no acks."""
    with (
        socket.create_connection(address, PATIENCE_S) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as tls,
    ):
        tls.sendall(data)


def serial(sender: Sender) -> str:
    """Of the certificate that a sender was shown."""
    return sender.writer.get_extra_info("peercert")["serialNumber"]


async def test_a_renewed_certificate_holds_for_the_next_connection(tmp_path):
    """At SIGHUP; connections that are open go on."""
    own = Authority(tmp_path)
    tls = own.tls()
    async with listening(listeners=over(tls)) as here:
        first = await here.connect(own.context())
        own.issue("server")
        here.server.reload_certificates()
        second = await here.connect(own.context())
        assert serial(first) != serial(second)
        for sender in (first, second):
            await sender.send(forward({"chunk": "a"}))
            assert await sender.acks(1) == ["a"]
            await sender.close()
        assert here.counters.certificate_reloads == {"loaded": 1}


async def test_a_broken_new_certificate_changes_nothing(tmp_path, caplog):
    """The old one stays, an error says why, and the next good one is taken."""
    own = Authority(tmp_path)
    tls = own.tls()
    async with listening(listeners=over(tls)) as here:
        first = await here.connect(own.context())
        tls.cert_file.write_text("nonsense")
        here.server.reload_certificates()
        second = await here.connect(own.context())
        assert serial(first) == serial(second)
        assert here.counters.certificate_reloads == {"failed": 1}
        assert f"TLS file {tls.cert_file} holds no CERTIFICATE" in warnings(caplog)[0]
        own.issue("server")
        here.server.reload_certificates()
        third = await here.connect(own.context())
        assert serial(third) != serial(first)
        for sender in (first, second, third):
            await sender.close()


async def test_each_listener_has_its_own_certificate(authority, tls: TlsSettings, tmp_path: Path):
    """Two TLS listeners side by side."""
    other = Authority(tmp_path, "other")
    listeners = (*over(tls), TcpListener("127.0.0.1", 0, "second", other.tls("second")))
    async with listening(listeners=listeners) as here:
        host, port = here.server.addresses["second"]
        streams = await asyncio.open_connection(host, port, ssl=other.context(), server_hostname="localhost")
        sender = Sender(*streams)
        await sender.send(forward({"chunk": "a"}))
        assert await sender.acks(1) == ["a"]
        assert here.sink.chunks[0].listener == "second"
        await sender.close()
        first = await here.connect(authority.context())
        await first.close()
