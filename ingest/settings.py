"""What an operator may set about the forward listener, as a frozen value with the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ingest.forward.handshake import Security
from ingest.forward.limits import MIB, Limits
from ingest.partials import PartialLimits
from ingest.tags import TagRewriting

FORWARD: Final = "forward"
"""Name of the listener that there is without further ado."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How a listener does TLS. Files are PEM, and are read again when they change.

    Attributes:
        cert_file: our certificate, and those between it and the root, in this order.
        key_file: its private key, without a passphrase.
        client_ca_file: whose certificates senders must have; None when they need none.
        min_version: "1.2" or "1.3".
        ciphers: for TLS 1.2, as OpenSSL writes them; empty for Python's choice.
    """

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    min_version: str = "1.2"
    ciphers: str = ""


@dataclass(frozen=True, slots=True)
class TcpListener:
    """An address for senders, TCP for messages and UDP for heartbeats; port 0 takes a free one.

    Attributes:
        name: what chunks say of the listener they came through.
        tls: None for plain TCP.
        security: what senders must prove; None for nothing.
    """

    host: str = "0.0.0.0"  # noqa: S104  log senders are on other machines
    port: int = 24224
    name: str = FORWARD
    tls: TlsSettings | None = None
    security: Security | None = None


@dataclass(frozen=True, slots=True)
class UnixListener:
    """A stream socket in the file system. Who may send is who may write to it, by `mode`; nothing else is asked."""

    path: Path
    mode: int = 0o660
    name: str = "forward-unix"

    @property
    def tls(self) -> None:
        """Never."""

    @property
    def security(self) -> None:
        """None but the permissions of the file."""


Listener = TcpListener | UnixListener


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """Settings of the forward listeners.

    Attributes:
        listeners: where senders connect; the limits below are for all of them together.
        backlog: connections that the kernel may hold ready; a fleet that reconnects at once needs many.
        limits: bounds on what one connection may send.
        max_connections: in total; each costs a file descriptor and, while idle, about 4 KiB, with TLS 17.
        max_connections_per_source: from one address. A node's containers share one, so it must not be small. Unix
            sockets are exempt: all programs of a machine are one source there.
        max_unacked_bytes: payload of one connection that is being stored; above it the connection is not read. Larger:
            one fast sender takes more of the store's room. Smaller than a chunk: still one chunk at a time passes.
        max_unfinished_bytes: of messages that have begun and not ended, over all connections; above it only the one
            that began first is read on, and connections that hold little. Larger: many slow senders of large chunks
            are served at once. Smaller than a message: they are served one after the other.
        deny_keepalive: whether a connection ends after what its first read brought.
        send_keepalive_packet: whether TCP looks after idle senders, and so finds the dead ones.
        idle_timeout_s: a connection that brings nothing for so long, up to twice, is ended; None for never.
        handshake_timeout_s: how long TLS may take, and then the PING. Longer: strangers hold connections for nothing.
        ack_timeout_s: how long a sender may leave our acks unread before it is cut off.
        message_timeout_s: how long a message may take from its first byte to its last while we read. Smaller: large
            chunks over slow links never arrive.
        linger_s: how long a connection that we end may take to close its side. Closing at once while bytes of the
            sender are unread would reset the connection and destroy acks on their way.
        drain_timeout_s: how long a shutdown waits for chunks being stored and acks being read.
        decode_settings: id of the decode settings in force, kept with every chunk.
        tags: how tags are rewritten.
        partials: within which limits the pieces that Docker made of long lines are joined; None: they are not.
        finds_hostnames: whether the host names of senders are looked up; nothing of a connection is read before.
        hostname_timeout_s: how long that may take before the address does instead.
    """

    listeners: tuple[Listener, ...] = (TcpListener(),)
    backlog: int = 1024
    limits: Limits = field(default_factory=Limits)
    max_connections: int = 10_000
    max_connections_per_source: int = 2_000
    max_unacked_bytes: int = 16 * MIB
    max_unfinished_bytes: int = 256 * MIB
    deny_keepalive: bool = False
    send_keepalive_packet: bool = True
    idle_timeout_s: float | None = None
    handshake_timeout_s: float = 10.0
    ack_timeout_s: float = 30.0
    message_timeout_s: float = 300.0
    linger_s: float = 1.0
    drain_timeout_s: float = 10.0
    decode_settings: int = 0
    tags: TagRewriting = field(default_factory=TagRewriting)
    partials: PartialLimits | None = None
    finds_hostnames: bool = False
    hostname_timeout_s: float = 2.0
