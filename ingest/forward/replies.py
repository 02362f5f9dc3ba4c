"""What we write to senders."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import msgpack

Answer = Callable[[bytes], bytes]
"""Makes the reply that acknowledges a chunk, out of the option's value as raw msgpack."""

_ACK: Final = b"\x81\xa3ack"


def ack(chunk: bytes) -> bytes:
    """The map `{"ack": chunk}`. `chunk` is the option's value as received: senders compare it with its type."""
    return _ACK + chunk


def json_ack(chunk: bytes) -> bytes:
    """The same as JSON text, without a newline: what a JSON connection is answered. `chunk` is still msgpack."""
    value = msgpack.unpackb(chunk, unicode_errors="surrogateescape", strict_map_key=False)
    text = json.dumps({"ack": value}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape")
