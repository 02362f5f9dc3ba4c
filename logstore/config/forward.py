"""`[forward]`: where senders connect, and what they may cost."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from logstore.config.section import KIB, MIB, File, Section, read_tables
from logstore.config.security import SecuritySettings, TlsSettings


class ListenerSettings(Section):
    """An element of `forward.listeners`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    listen: str
    tls: bool = False
    security: bool = False


Listeners = Annotated[tuple[ListenerSettings, ...], BeforeValidator(read_tables)]


class ForwardSettings(Section):
    """The Fluentd forward listener."""

    listen: str = "127.0.0.1:24224"
    """Address for senders, `HOST:PORT`. Only this machine can reach the default; `0.0.0.0:24224` opens it to the
    network. Port 0 takes a free one, which the ready line tells."""

    listeners: Listeners = ()
    """Further addresses for senders: tables with `name` (chunks bear it), `listen` (`HOST:PORT`), and `tls` and
    `security`, which say whether `[forward.tls]` and `[forward.security]` hold there too; they are false by default. So
    `forward.listen` can be open to the network with TLS, and another one to this machine without. In a variable a JSON
    array of objects."""

    unix_path: File | None = None
    """Path of a Unix stream socket for senders on this machine, as Docker (`unix:///path`), fluent-logger and Fluent
    Bit have it. A file that a killed server left is replaced. Neither TLS nor `[forward.security]` holds there: who may
    write to the file may send."""

    unix_mode: str = Field(default="660", pattern="^0?[0-7]{3}$")
    """Permissions of that file, octal. `666` lets every program of the machine send."""

    deny_keepalive: bool = False
    """End each connection once what it brought is acknowledged, so that senders spread over several servers anew. A
    sender that asks for no acknowledgements loses what it writes meanwhile."""

    send_keepalive_packet: bool = True
    """Let TCP ask idle senders whether they live (`SO_KEEPALIVE`). Without it connections of senders that lost their
    power stay for ever."""

    idle_timeout_s: float | None = Field(default=None, gt=0)
    """Seconds after which a connection that brings nothing is ended, at the latest after twice as many. Without it
    connections stay: Docker holds one for days between two lines."""

    max_message_bytes: int = Field(default=64 * MIB, ge=64 * KIB)
    """A longer message closes its connection. Fluentd's memory buffers make chunks of 8 MiB, its file buffers of up to
    256 MiB: smaller than a sender's chunks, and they can never be delivered."""

    max_unfinished_bytes: int = Field(default=256 * MIB, ge=1 * MIB)
    """Halves of messages that all connections together may hold in memory; above it only the one that began first is
    read on. Larger serves many slow senders of large chunks at once."""

    max_connections: int = Field(default=10_000, ge=1)
    """Connections held at once; further ones are closed. Each costs a file descriptor and a little memory."""

    max_connections_per_source: int = Field(default=2_000, ge=1)
    """Connections from one address. The containers of a node share one, so it must not be small; without it one broken
    sender could shut out all others. Those through the Unix socket are bounded by `max_connections` alone."""

    max_unacked_bytes: int = Field(default=16 * MIB, ge=1 * MIB)
    """Payload of one connection that is being stored; above it the connection is not read. Larger lets one fast sender
    take more of the common room."""

    ack_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds that a sender may leave its acknowledgements unread before its connection is closed."""

    message_timeout_s: float = Field(default=300.0, gt=0)
    """Seconds that a message may take from its first byte to its last before its connection is closed. Half a message
    is memory; shorter, and large chunks over slow links never arrive."""

    drain_timeout_s: float = Field(default=10.0, gt=0)
    """Seconds that a shutdown waits for chunks that are being stored and for acknowledgements to be read."""

    tag: str = ""
    """Stored instead of any tag that is sent; empty: tags stay. Copies of chunks are still told by the tag as sent."""

    add_tag_prefix: str = ""
    """Stands before every tag, with a dot between the two, as in Fluentd: `edge` makes `edge.app` of `app`. Before the
    one of `forward.tag` where that is set."""

    tag_prefix: str = ""
    """Stands before every tag as it is, without a dot, as in Fluent Bit: `edge_` makes `edge_app` of `app`. Use this or
    `forward.add_tag_prefix`, not both."""

    signals: Literal["drop", "quarantine"] = "drop"
    """What is done with metrics and traces, which Fluent Bit sends beside logs and which are not stored as events.
    Both acknowledge them, so that they do not block the sender's logs. `drop` counts them and throws them away;
    `quarantine` keeps their bytes with other chunks that could not be decoded, and takes disk while they come."""

    join_partial_messages: bool = False
    """Joins the pieces that Docker's log driver makes of lines above 16 KiB, if they come without a request for
    acknowledgements. Held in memory for a moment, the pieces of a line are lost when the server is killed meanwhile."""

    partial_max_bytes: int = Field(default=1 * MIB, ge=16 * KIB, le=16 * MIB)
    """Bytes of pieces that a connection may have waiting to be joined, and so of the longest line. What is longer stays
    in pieces. Larger makes longer lines whole and takes more memory."""

    partial_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds that the pieces of a line wait for the rest; then they are stored as they are. Longer delays what can
    never be joined; shorter may tear lines of slow senders."""

    tls: TlsSettings = TlsSettings()
    security: SecuritySettings = SecuritySettings()
