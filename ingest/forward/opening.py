"""Telling what a stream is from the first bytes of it, or of a message that is none.

The first byte decides the codec of the whole connection: `{` and `[` mean JSON, everything else msgpack (in which both
would be positive fixints, never the start of a message).
"""

from __future__ import annotations

from enum import Enum
from typing import Final

SIGNATURE_BYTES: Final = 4
"""No signature is longer; with this many bytes at hand the answer is always known."""

_SIGNATURES: Final = (
    *(
        (method, "HTTP request on the forward port")
        for method in (b"GET ", b"POST", b"PUT ", b"HEAD", b"OPTI", b"PRI ")
    ),
    (b"\x16\x03", "TLS handshake on the plain forward port"),
)
_NOT_A_MESSAGE: Final = "message is not an array"


class Codec(Enum):
    """How the messages of a connection are written."""

    MSGPACK = "msgpack"
    JSON = "JSON"


def codec_of(first_byte: int) -> Codec:
    """The codec that the first byte of a connection announces."""
    return Codec.JSON if first_byte in b"{[" else Codec.MSGPACK


def diagnose(start: bytes) -> str | None:
    """Why a message that starts like this is none, a fixed phrase; None while more bytes could say it better."""
    for signature, reason in _SIGNATURES:
        if start.startswith(signature):
            return reason
    if len(start) < SIGNATURE_BYTES and any(signature.startswith(start) for signature, _ in _SIGNATURES):
        return None
    return _NOT_A_MESSAGE
