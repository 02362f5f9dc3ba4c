"""Chunks that hold no logs: Fluent Bit says of each chunk what its events are, and sends metrics and traces too.

Their payload is no `[time, record]` entries, so nothing of it must be taken for events.
"""

from __future__ import annotations

from typing import Any, Final

import msgpack

SIGNAL_KEY: Final = b"fluent_signal"

_NOT_STORED: Final = {1: "metrics are not stored", 2: "traces are not stored"}
_OTHERS_NOT_STORED: Final = "events of an unknown kind are not stored"


def why_not_stored(signal: Any) -> str:
    """Why events of this kind are not stored, a short fixed phrase; empty when they are.

    `signal` is the option's value: 0 are logs, and so is whatever is no positive number.
    """
    if type(signal) is not int or signal <= 0:
        return ""
    return _NOT_STORED.get(signal, _OTHERS_NOT_STORED)


def why_not_decoded(options: bytes) -> str:
    """Why the events of a chunk with this option map, raw msgpack or empty, cannot be decoded; empty when they can."""
    if SIGNAL_KEY not in options:
        return ""
    try:
        pairs = msgpack.unpackb(options, raw=True, object_pairs_hook=list, strict_map_key=False)
    except ValueError:
        return ""
    return next((why_not_stored(value) for key, value in reversed(pairs) if key == SIGNAL_KEY), "")
