"""What the time of an event is, in nanoseconds since 1970, for every form in which senders write it."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from types import NoneType
from typing import Any

from msgpack import Timestamp

from ingest.decode.changes import TIME_BEFORE_1970, TIME_CARRIED, TIME_MISSING
from ingest.decode.reasons import BAD_TIME, TIME_OUT_OF_RANGE, RejectedError
from ingest.decode.texts import EVENT_TIME_BYTES, EVENT_TIME_CODE
from ingest.decode.values import Ext
from logstore.model.timespan import MAX_NS, MIN_NS, NS_PER_SECOND

_EVENT_TIME = struct.Struct(">II")


def event_time(raw: Any, received_ns: int) -> tuple[int, str]:
    """The time that `raw` stands for; `received_ns` for nil and for second 0, which senders write for "no time".

    Takes integers, EventTime, msgpack's timestamp, and floats by their shortest decimal: 1700000000.123 is exactly
    123 ms past, which a multiplication by 10^9 would miss.

    Returns:
        The time, and the phrase of `changes` that applies, else empty.

    Raises:
        RejectedError: no time at all, or outside the 64 bits of nanoseconds.
    """
    ns, change = _READERS.get(type(raw), _unknown)(raw)
    if ns == 0:
        return received_ns, TIME_MISSING
    if not MIN_NS <= ns <= MAX_NS:
        raise RejectedError(TIME_OUT_OF_RANGE)
    return ns, TIME_BEFORE_1970 if ns < 0 else change


def _from_extension(raw: Ext) -> tuple[int, str]:
    if raw.code != EVENT_TIME_CODE or len(raw.data) != EVENT_TIME_BYTES:
        raise RejectedError(BAD_TIME)
    seconds, nanoseconds = _EVENT_TIME.unpack(raw.data)
    change = TIME_CARRIED if nanoseconds >= NS_PER_SECOND else ""
    return (seconds * NS_PER_SECOND + nanoseconds, change) if seconds else (0, "")


def _from_timestamp(raw: Timestamp) -> tuple[int, str]:
    return raw.seconds * NS_PER_SECOND + raw.nanoseconds if raw.seconds else 0, ""


def _from_integer(raw: int) -> tuple[int, str]:
    return raw * NS_PER_SECOND, ""


def _from_float(raw: float) -> tuple[int, str]:
    if not math.isfinite(raw):
        raise RejectedError(TIME_OUT_OF_RANGE)
    return round(Decimal(repr(raw)) * NS_PER_SECOND), ""


def _missing(_: None) -> tuple[int, str]:
    return 0, ""


def _unknown(_: Any) -> tuple[int, str]:
    raise RejectedError(BAD_TIME)


_READERS: dict[type, Callable[[Any], tuple[int, str]]] = {
    Ext: _from_extension,
    Timestamp: _from_timestamp,
    int: _from_integer,
    float: _from_float,
    NoneType: _missing,
}
