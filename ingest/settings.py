"""What an operator may set about the forward listener, as a frozen value with the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.forward.limits import MIB, Limits
from ingest.partials import PartialLimits
from ingest.tags import TagRewriting


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """Settings of one forward listener.

    Attributes:
        host, port: address to listen on, TCP for messages and UDP for heartbeats; port 0 takes a free one.
        name: what chunks say of the listener they came through.
        backlog: connections that the kernel may hold ready; a fleet that reconnects at once needs many.
        limits: bounds on what one connection may send.
        max_connections: in total; each costs a file descriptor and, while idle, about 4 KiB.
        max_connections_per_source: from one address. A node's containers share one, so it must not be small.
        max_unacked_bytes: payload of one connection that is being stored; above it the connection is not read. Larger:
            one fast sender takes more of the store's room. Smaller than a chunk: still one chunk at a time passes.
        max_unfinished_bytes: of messages that have begun and not ended, over all connections; above it only the one
            that began first is read on, and connections that hold little. Larger: many slow senders of large chunks
            are served at once. Smaller than a message: they are served one after the other.
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

    host: str = "0.0.0.0"  # noqa: S104  log senders are on other machines
    port: int = 24224
    name: str = "forward"
    backlog: int = 1024
    limits: Limits = field(default_factory=Limits)
    max_connections: int = 10_000
    max_connections_per_source: int = 2_000
    max_unacked_bytes: int = 16 * MIB
    max_unfinished_bytes: int = 256 * MIB
    ack_timeout_s: float = 30.0
    message_timeout_s: float = 300.0
    linger_s: float = 1.0
    drain_timeout_s: float = 10.0
    decode_settings: int = 0
    tags: TagRewriting = field(default_factory=TagRewriting)
    partials: PartialLimits | None = None
    finds_hostnames: bool = False
    hostname_timeout_s: float = 2.0
