"""What a chunk costs in memory on its way from intake to its events. Pure."""

from __future__ import annotations

from logstore.model.chunk import Chunk, Compression

ENTRY_BYTES = 512
"""What a queued entry costs besides its payload; without it, a flood of tiny messages would not fill the budget."""

EXPECTED_INFLATION = 8
"""Compressed logs commonly become so many times larger. A queue of them counted as it came would be within the budget,
and several times over it when decoded."""


def chunk_bytes(chunk: Chunk) -> int:
    """What a chunk counts in the budget until it is decoded."""
    return payload_bytes(chunk) + ENTRY_BYTES


def payload_bytes(chunk: Chunk) -> int:
    """The payload, compressed or not, as it is expected to be when it is decoded."""
    return len(chunk.payload) * (1 if chunk.compression is Compression.NONE else EXPECTED_INFLATION)
