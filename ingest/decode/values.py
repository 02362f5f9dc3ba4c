"""The values that reading msgpack yields, chosen so that nothing of the wire is lost.

| msgpack | Python |
|---|---|
| map | `tuple` of (key, value) pairs: order and duplicate keys survive, and any value may be a key |
| array | `list` |
| str | `str`; bytes that are not UTF-8 are lone surrogates (PEP 383) |
| bin | `bytes` |
| ext -1, valid | `msgpack.Timestamp` |
| other ext | `Ext` |
| nil, bool, int, float | the same |
"""

from __future__ import annotations

from typing import Any, NamedTuple

Pairs = tuple[tuple[Any, Any], ...]
"""A map."""


class Ext(NamedTuple):
    """An extension value: its type, -128 to 127, and its bytes."""

    code: int
    data: bytes


def lookup(pairs: Pairs, name: str) -> Any:
    """The value of the last key in `pairs` that is `name`, as str or bin; None when there is none."""
    raw = name.encode()
    for key, value in reversed(pairs):
        if (type(key) is str and key == name) or (type(key) is bytes and key == raw):
            return value
    return None
