"""One connection of a sender: between its socket, the sans-I/O protocol and the store.

A session owns no task: it is driven by its transport, by completed flights and by its timers, all on one event loop.
What it may do follows from its stage:

* OPEN: read; chunks go to the store, acks back in order. Where senders must prove themselves, that comes first.
* FINISHING: nothing is read any more; what was read is stored and acked.
* LINGERING: all is said and our side is shut; what still comes is thrown away until the sender closes too.
* CLOSED: the socket is gone. Chunks under way are stored, but nobody is told.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Final, cast

from ingest.acks import ANSWER_BYTES, AckQueue, Owed
from ingest.admission import Admission, Pressure, may_read
from ingest.counters import IntakeCounters
from ingest.deadline import Deadline
from ingest.forward.connection import ForwardConnection, State
from ingest.forward.events import (
    NEED_DATA,
    ChunkReceived,
    ConnectionClosed,
    Discarded,
    Event,
    Heartbeat,
    Malformed,
)
from ingest.forward.handshake import NONCE_BYTES, Accepted, Handshake, Rejected, Security
from ingest.gate import Gate
from ingest.hostnames import HostNames
from ingest.intake import Flight, Intake, failure_of
from ingest.joining import Joining
from ingest.peer import peer_of, tune
from ingest.ration import LogRation
from ingest.settings import ForwardSettings, Listener, TcpListener
from ingest.unfinished import SMALL_BYTES, Unfinished
from logstore.clock import Clock
from logstore.model.chunk import Chunk, Mode

_log = logging.getLogger(__name__)

# Messages of one connection that are handled before others get their turn, some ten milliseconds of work. One read can
# bring twenty thousand, and libuv reads 32 times in a row: for half a minute nobody else would get an ack.
_MESSAGES_PER_TURN: Final = 256

# Acks that the kernel does not take; above it the sender counts as not reading them. Some five hundred acks.
_STUCK_ACK_BYTES: Final = 16_384


# What one read brings at most of what is not a large payload. Larger copies more of the beginnings of those, smaller
# takes more reads for messages that are small.
_SCRATCH_BYTES: Final = 65_536

_PLAIN: Final = TcpListener()


class Stage(Enum):
    """How far a session is; see the module."""

    OPEN = "open"
    FINISHING = "finishing"
    LINGERING = "lingering"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class House:
    """What all sessions share.

    Attributes:
        ration: what was logged lately of strangers.
        sessions: those that have a socket; each adds and removes itself.
        on_empty: called whenever the last of them is gone.
        hostnames: finds the names of senders' machines; None when they are not wanted.
        scratch: what sessions read to, one at a time: event loops read and hand over in one step.
    """

    settings: ForwardSettings
    intake: Intake
    gate: Gate
    admission: Admission
    unfinished: Unfinished
    clock: Clock
    counters: IntakeCounters
    sessions: set[ForwardSession]
    on_empty: Callable[[], None]
    ration: LogRation = field(default_factory=LogRation)
    hostnames: HostNames | None = None
    scratch: memoryview = field(default_factory=lambda: memoryview(bytearray(_SCRATCH_BYTES)))


class ForwardSession(asyncio.BufferedProtocol):
    """A sender's connection.

    Args:
        house: what sessions share.
        number: of the connection, unique over restarts of the server.
        listener: which one the sender came to.
    """

    def __init__(self, house: House, number: int, listener: Listener = _PLAIN) -> None:
        self._house = house
        self._listener = listener
        self._number = number
        self._counters = house.counters
        self._stage = Stage.CLOSED
        self._connection = ForwardConnection(house.settings.limits)
        self._acks = AckQueue()
        self._peer = peer_of(None)
        self._is_reading = True
        self._is_welcome = True  # no pressure speaks against reading
        self._has_received = False
        self._has_complained = False  # of a compression; once is enough
        self._received_ns = 0
        self._is_in_place = False  # what is being read goes to where it stays
        self._is_behind = False  # what was received is not handled yet, and nothing more is read meanwhile
        self._is_waiting = False  # for room, with what was received
        self._sender_is_done = False
        settings = house.settings
        self._stuck = Deadline(settings.ack_timeout_s, partial(self._cut, "acks are not read"))
        self._linger = Deadline(settings.linger_s, self.abort)
        self._unfinished = Deadline(settings.message_timeout_s, self._check_unfinished)
        self._proof = Deadline(settings.handshake_timeout_s, self._miss_proof)
        self._idle = Deadline(settings.idle_timeout_s or 0, self._check_idle)
        self._is_quiet = False  # nothing came since the idle time began to run
        self._messages_before = 0
        self._joining: Joining | None = None
        if settings.partials is not None:
            self._joining = Joining(settings.partials, house.clock, house.counters, self._store_late)
        self._source_host = ""
        self._is_named = True  # the sender's machine, if its name is wanted; nothing is handled before

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A sender connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._peer = peer_of(transport.get_extra_info("peername"))
        refusal = self._house.admission.arrive(self._peer.source)
        if refusal is not None:
            self._counters.connections_refused[refusal] += 1
            self._transport.abort()
            return
        self._stage = Stage.OPEN
        self._house.sessions.add(self)
        self._counters.connections_accepted += 1
        self._counters.connections_open += 1
        settings = self._house.settings
        tune(transport.get_extra_info("socket"), keepalive=settings.send_keepalive_packet)
        self._transport.set_write_buffer_limits(high=_STUCK_ACK_BYTES)
        self._find_name()
        # Not at once: uvloop starts to read after this call, whatever was said in it.
        asyncio.get_running_loop().call_soon(self._steer)
        if settings.idle_timeout_s is not None:
            self._idle.arm()
        if self._listener.security is not None:
            self._ask_for_proof(self._listener.security)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  it is the same for all
        """Where to read to: of a large payload to where it stays, else to where all sessions read to."""
        room = self._connection.room() if self._stage is Stage.OPEN else None
        self._is_in_place = room is not None
        return self._house.scratch if room is None else room[:SMALL_BYTES]

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes were read to there."""
        if not self._is_in_place:
            self.data_received(bytes(self._house.scratch[:nbytes]))
        elif self._begin_to_receive(nbytes):
            self._connection.data_written(nbytes)
            self._received()

    def data_received(self, data: bytes) -> None:
        """Bytes came, and were read elsewhere."""
        if self._begin_to_receive(len(data)):
            if not self._connection.is_amid_message:
                self._house.intake.dedup.message_begun(self._number)
            self._connection.receive_data(data)
            self._received()

    def eof_received(self) -> bool:
        """The sender closed its side. True keeps ours open, for the acks that are owed."""
        self._sender_is_done = True
        if self._stage is Stage.OPEN:
            self._connection.receive_data(b"")
            self._catch_up()
            self._stage = Stage.FINISHING
        elif self._stage is Stage.LINGERING:
            self._transport.close()
        self._steer()
        return True

    def pause_writing(self) -> None:
        """The sender does not read our acks."""
        self._stuck.arm()
        self._steer()

    def resume_writing(self) -> None:
        """It reads them again."""
        self._stuck.disarm()
        self._steer()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  why it is gone makes no difference
        """The socket is gone."""
        for deadline in (self._stuck, self._linger, self._unfinished, self._proof, self._idle):
            deadline.disarm()
        if self._stage is Stage.CLOSED:
            return
        self._stage = Stage.CLOSED
        if self._joining is not None:
            self._joining.end()
        self._counters.connections_open -= 1
        self._counters.probes += not self._has_received and not self._connection.messages
        self._house.intake.dedup.connection_lost(self._number)
        self._house.gate.leave(self._steer)
        self._house.unfinished.leave(self._number)
        self._house.admission.leave(self._peer.source)
        self._house.sessions.discard(self)
        if not self._house.sessions:
            self._house.on_empty()

    # What the server calls.

    def finish(self) -> None:
        """Reads no more, acks what was read once it is stored, then closes."""
        if self._stage is Stage.OPEN:
            self._catch_up()
            self._stage = Stage.FINISHING
            self._steer()

    def abort(self) -> None:
        """Closes at once; acks that are still owed are never written."""
        self._transport.abort()

    def _find_name(self) -> None:
        """Learns the name of the sender's machine, where it is wanted; until then the address stands for it."""
        if self._house.hostnames is None:
            return
        name = self._house.hostnames.known(self._peer.source) if self._peer.is_remote else self._peer.source
        self._source_host = name or self._peer.source
        if name is None:
            self._is_named = False
            self._house.hostnames.find(self._peer.source, self._named)

    def _named(self, name: str) -> None:
        self._source_host, self._is_named = name, True
        self._take_turn()

    # Events of the protocol.

    def _begin_to_receive(self, size: int) -> bool:
        """Counts bytes that came; whether they are looked at."""
        self._counters.received_bytes += size
        self._has_received = self._has_received or self._connection.state is not State.PROVING
        self._is_quiet = False
        return self._stage is Stage.OPEN

    def _received(self) -> None:
        self._received_ns = self._house.clock.now_ns()
        if self._is_named:
            self._take_turn()

    def _take_turn(self) -> None:
        """Handles some of what was received; the rest, if any, after other connections had their turn."""
        if self._stage is not Stage.OPEN:
            return
        # Reads may be under way when a pause is asked for, always so on a new connection: what they bring is kept, and
        # handled when there is room. A handshake stores nothing, and has no time to wait.
        is_proving = self._connection.state is State.PROVING
        waits = self._is_waiting = not is_proving and not self._house.gate.has_room()
        if waits:
            self._is_behind = True
        else:
            self._handle_events(1 if is_proving else _MESSAGES_PER_TURN)
        self._hold()
        self._watch_unfinished()
        self._bow_out()
        self._steer()
        if self._is_behind and not waits:
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _hold(self) -> None:
        """Says what is held of messages that have begun, and of lines."""
        waiting = 0 if self._joining is None else self._joining.held_bytes
        self._house.unfinished.hold(self._number, self._connection.unfinished_bytes + waiting)

    def _catch_up(self) -> None:
        """Handles all that was received."""
        self._is_behind = True
        while self._is_behind:
            self._handle_events(_MESSAGES_PER_TURN)

    def _handle_events(self, max_messages: int) -> None:
        last = self._connection.messages + max_messages
        self._is_behind = True
        while self._is_behind and self._connection.messages < last:
            event = self._connection.next_event()
            if event is NEED_DATA:
                self._is_behind = False
            else:
                self._handle(event)

    def _handle(self, event: Event) -> None:
        match event:
            case ChunkReceived():
                self._take(event)
            case Discarded(reason, reply):
                self._counters.messages += 1
                self._counters.discarded[reason] += 1
                self._answer(Owed(reply))
            case Heartbeat():
                self._counters.heartbeats += 1
            case Accepted(reply):
                self._counters.handshakes += 1
                self._proof.disarm()
                self._transport.write(reply)
            case Rejected(reply, reason, detail):
                self._reject(reply, reason, detail)
            case Malformed(reason, detail):
                self._counters.malformed[reason] += 1
                self._warn(reason, "closing the connection of %s: %s (%s)", self._peer.name, reason, detail)
                self._stage = Stage.FINISHING
            case ConnectionClosed(discarded_bytes):
                self._counters.unfinished_bytes += discarded_bytes

    # Who may send.

    def _ask_for_proof(self, security: Security) -> None:
        nonce, salt = secrets.token_bytes(NONCE_BYTES), secrets.token_bytes(NONCE_BYTES)
        keepalive = not self._house.settings.deny_keepalive
        handshake = Handshake(security, self._peer.source, nonce, salt, keepalive=keepalive)
        self._connection = ForwardConnection(self._house.settings.limits, handshake)
        self._transport.write(handshake.helo())
        self._proof.arm()

    def _reject(self, reply: bytes, reason: str, detail: str) -> None:
        """Says no, and hears nothing more: no second guess on this connection."""
        self._proof.disarm()
        self._has_received = True
        self._counters.rejected[reason] += 1
        self._warn_of_rejection(reason, detail)
        self._transport.write(reply)
        self._stage = Stage.FINISHING

    def _miss_proof(self) -> None:
        reason = "handshake took too long"
        self._counters.rejected[reason] += 1
        self._warn_of_rejection(reason, f"over {self._house.settings.handshake_timeout_s:g} s")
        self._transport.abort()

    def _warn_of_rejection(self, reason: str, detail: str) -> None:
        told = "%s may not send to listener %s: %s (%s)"
        self._warn(reason, told, self._peer.name, self._listener.name, reason, detail)

    def _warn(self, kind: str, told: str, *values: str) -> None:
        """Logs what a sender caused, but not each time: it may come back every second."""
        more = self._house.ration.ask((self._peer.source, kind), self._house.clock.monotonic_ns())
        if more is not None:
            _log.warning(f"{told}%s", *values, more)

    # What becomes of chunks.

    def _take(self, received: ChunkReceived) -> None:
        self._counters.messages += received.messages
        for note in received.notes:
            self._counters.notes[note] += 1
        if received.unknown and not self._has_complained:
            self._has_complained = True
            text = "%s sends chunks whose compression %s is not known: they are kept, but cannot be read"
            self._warn("unknown compression", text, self._peer.name, received.unknown)
        wanted = received if self._joining is None else self._joining.take(received)
        if wanted is not None:
            self._store(wanted)

    def _store(self, received: ChunkReceived) -> None:
        admitted = self._house.intake.admit(self._chunk(received))
        owed = Owed(received.reply, ANSWER_BYTES + len(received.payload), admitted.key)
        if self._stage is not Stage.CLOSED:
            self._acks.owe(owed)
        admitted.flight.add_done_callback(partial(self._landed, owed))

    def _store_late(self, received: ChunkReceived) -> None:
        """Stores what was held back until now."""
        self._store(received)
        if self._stage is not Stage.CLOSED:
            self._hold()

    def _chunk(self, received: ChunkReceived) -> Chunk:
        names_tags = received.mode is Mode.MESSAGES
        is_run = names_tags and not received.tag
        return Chunk(
            mode=received.mode,
            payload=received.payload,
            rows_bound=received.rows_bound,
            received_ns=self._received_ns,
            compression=received.compression,
            wire_tag=received.tag,
            tag="" if is_run else self._house.settings.tags.rewrite(self._tag(received.tag)),
            listener=self._listener.name,
            peer=self._peer.name,
            connection=self._number,
            ordinal=received.ordinal,
            chunk_id=received.chunk_id,
            options=received.options,
            settings=self._house.settings.decode_settings,
            source_host=self._source_host,
            tag_rule=self._house.settings.tags.rule if names_tags else "",
        )

    def _tag(self, raw: bytes) -> str:
        """The tag as text, bytes that are not UTF-8 as U+FFFD: what searches can name. The decoder does the same."""
        text = raw.decode("utf-8", "replace")
        if not text.isascii() and text.encode() != raw:
            self._counters.notes["tag with invalid UTF-8"] += 1
        return text

    def _landed(self, owed: Owed, flight: Flight) -> None:
        if self._stage is Stage.CLOSED or self._transport.is_closing():
            return
        if failure_of(flight) is None:
            self._write(self._acks.settle(owed))
        else:
            self._refuse(owed)
        self._steer()

    def _refuse(self, owed: Owed) -> None:
        """Ends the connection once what came before the chunk is acked: the sender must not take a later ack for it."""
        if not self._acks.is_refused:
            self._counters.connections_cut["chunk was not stored"] += 1
        self._acks.refuse(owed)
        if self._stage is Stage.OPEN:
            self._stage = Stage.FINISHING

    def _answer(self, owed: Owed) -> None:
        """Owes an answer that waits for nothing but its turn."""
        self._acks.owe(owed)
        self._write(self._acks.settle(owed))

    def _write(self, ready: list[Owed]) -> None:
        """Each ack is one write: senders read them by one `recv` and give up on a part."""
        for owed in ready:
            if owed.reply:
                self._transport.write(owed.reply)
                self._counters.acks += 1
            if owed.key is not None:
                self._house.intake.dedup.ack_written(self._number, owed.key)

    # Reading, pausing, ending.

    def _steer(self) -> None:
        """Does what the stage and the pressure call for now."""
        if self._transport.is_closing():
            return
        if self._stage is Stage.OPEN:
            self._steer_reading()
        elif self._stage is Stage.FINISHING:
            self._read(wanted=False)
            if self._acks.is_empty:
                self._part()

    def _steer_reading(self) -> None:
        has_room = self._house.gate.has_room()
        may_grow = self._house.unfinished.may_grow(self._number)
        pressure = Pressure(self._is_welcome, self._acks.unacked_bytes, self._stuck.is_armed, has_room, may_grow)
        wanted = may_read(pressure, self._house.settings.max_unacked_bytes)
        if self._is_welcome and not wanted:
            self._counters.read_pauses[_reason(pressure)] += 1
        self._is_welcome = wanted
        self._read(wanted=wanted and not self._is_behind and self._is_named)
        if not has_room:
            self._house.gate.wait(self._steer)
        elif self._is_waiting:
            self._is_waiting = False
            asyncio.get_running_loop().call_soon(self._take_turn)
        if not may_grow:
            self._house.unfinished.wait(self._number, self._steer)

    def _read(self, *, wanted: bool) -> None:
        if wanted is not self._is_reading and not self._sender_is_done:
            self._is_reading = wanted
            (self._transport.resume_reading if wanted else self._transport.pause_reading)()

    def _part(self) -> None:
        """Nothing is owed any more: closes, at once if the sender has closed, else after a little while."""
        self._stage = Stage.LINGERING
        if self._sender_is_done:
            self._stuck.arm()
            self._transport.close()
        else:
            self._linger.arm()
            self._transport.write_eof()
            self._read(wanted=True)

    def _bow_out(self) -> None:
        """Where connections are not kept, the sender is done when what it wrote has been handled."""
        is_between = not self._is_behind and not self._connection.is_amid_message
        is_used = self._connection.messages > 0 and self._stage is Stage.OPEN
        if self._house.settings.deny_keepalive and is_used and is_between:
            self._stage = Stage.FINISHING

    def _check_idle(self) -> None:
        """Ends a connection that has brought nothing since the last look though we read, and is owed nothing."""
        is_waiting = self._is_reading and self._acks.is_empty and self._stage is Stage.OPEN
        if self._is_quiet and is_waiting:
            self._counters.connections_cut["idle"] += 1
            self.finish()
        else:
            self._is_quiet = is_waiting
            self._idle.arm()

    def _watch_unfinished(self) -> None:
        """A message may take its time, but not for ever: half of one is memory that we hold."""
        if not self._connection.is_amid_message:
            self._unfinished.disarm()
        elif not self._unfinished.is_armed:
            self._messages_before = self._connection.messages
            self._unfinished.arm()

    def _check_unfinished(self) -> None:
        if self._is_reading and self._connection.messages == self._messages_before:
            self._cut("message took too long")
        else:
            self._watch_unfinished()

    def _cut(self, reason: str) -> None:
        self._counters.connections_cut[reason] += 1
        self._warn(reason, "closing the connection of %s: %s", self._peer.name, reason)
        self._transport.abort()


def _reason(pressure: Pressure) -> str:
    if not pressure.has_room:
        return "store is full"
    if not pressure.may_grow:
        return "unfinished messages"
    return "acks are not read" if pressure.are_acks_stuck else "unacked bytes"
