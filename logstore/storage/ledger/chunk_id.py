r"""Chunk ids as people meet them: shown as text where they are text, and found however they were copied.

Ids are bytes: base64 text of 16 random bytes and perhaps a line feed (Fluentd, most loggers), hex text, or raw bytes.
A log of a sender shows them as text, as hex or as escapes (`\x5f`), often cut short, so the beginning of one is enough.
"""

from __future__ import annotations

import base64
import binascii
import re

_SHORTEST_DECODED = 4
"""Bytes that a decoded form must have: two characters are hex by chance more often than on purpose."""

_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")


def id_text(chunk_id: bytes) -> str:
    r"""An id for people: without its line feed, and what is not printable ASCII as `\x..`."""
    shown = chunk_id.removesuffix(b"\n")
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"\\x{byte:02x}" for byte in shown)  # noqa: PLR2004 - ASCII


def id_prefixes(text: str) -> tuple[bytes, ...]:
    """What an id that is given so may begin with, in bytes, each way of reading it once."""
    wanted = text.strip()
    raw = wanted.encode("utf-8", "surrogateescape")
    escaped = _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), raw)
    decoded = (_from_hex(wanted), _from_base64(wanted))
    found = (raw, escaped, *(one for one in decoded if len(one) >= _SHORTEST_DECODED))
    return tuple(dict.fromkeys(one for one in found if one))


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return b""


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except (ValueError, binascii.Error):
        return b""
