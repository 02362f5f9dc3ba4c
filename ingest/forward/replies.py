"""What we write to senders."""

from __future__ import annotations

from typing import Final

_ACK: Final = b"\x81\xa3ack"


def ack(chunk: bytes) -> bytes:
    """The map `{"ack": chunk}`. `chunk` is the option's value as received: senders compare it with its type."""
    return _ACK + chunk
