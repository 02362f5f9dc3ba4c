"""`[decode]`: how records become events."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from logstore.config.section import MIB, Names, Section


class DecodeSettings(Section):
    """How records become events. A change counts for what comes in from then on; what is stored stays as it is."""

    message_keys: Names = ("message", "log", "msg", "MESSAGE", "body")
    """The first of these keys that a record has at its top level, with a text as its value, becomes `message`, in which
    searches look for words. The order matters where a record has several of them; the others stay fields."""

    level_keys: Names = ("level", "severity", "lvl", "log.level")
    """Fields, nested ones with dots in their names, whose value may be the `level`; the first that holds a level gives
    it. A field that holds other things too does no harm, but before the right one it may win by chance."""

    level_scale: Literal["mixed", "bunyan", "syslog", "python", "otlp"] = "mixed"
    """Which numbers are which levels. `mixed`: 10 to 60 in tens as Bunyan and pino count, and 0 to 7 as syslog does;
    `bunyan` and `syslog` are one of the two alone. `python` (`logging`) and `otlp` (OpenTelemetry, 1 to 24) use the
    same numbers for other levels, so no scale fits all senders."""

    source_address_key: str = ""
    """Field that every event gets with the address of the machine that sent it, without a port, in place of a field of
    that name in the record; `unix` for local sockets. Empty: none."""

    source_hostname_key: str = ""
    """Field that every event gets with the name of the machine that sent it, in place of a field of that name in the
    record. The name is looked up when a sender connects, for two seconds at most; its address stands where there is
    none. Empty: none, and nobody is asked."""

    time_keys: Names = ("time", "timestamp", "@timestamp", "ts", "_time", "eventTime")
    """The first of these keys that an event sent over HTTP has at its top level, with a time as its value, gives the
    time of the event, and is no field then. `docs/http-api.md` says what is a time. The order matters where an event
    has several of them; the others stay fields."""

    max_depth: int = Field(default=64, ge=1, le=128)
    """Maps and arrays within each other, the record counted. An event that goes deeper is rejected; no real one does.
    Larger values come near to what readers of the JSON text survive."""

    max_inflated_bytes: int = Field(default=256 * MIB, ge=1 * MIB, le=340 * MIB)
    """Bytes that a compressed chunk may inflate to; what inflates to more is rejected whole, and its events are lost.
    At least a sender's largest buffer chunk: Fluentd's file buffers have up to 256 MiB. Larger lets a few hostile
    bytes take more memory."""

    kernel: Literal["auto", "plain", "compiled"] = "auto"
    """Which program decodes events; both give the same ones. `compiled` is some twenty times faster and is there when a
    C compiler was, where Logstore was installed; without it the server does not start. `plain` is Python, for finding
    out whether the other one is to blame. `auto` is `compiled` where it is there, else `plain`."""
