"""Checksums of what a test has at once."""

from __future__ import annotations

from logstore.storage.part.checksums import Summing


def sum_up(content: bytes) -> bytes:
    """The checksums of a whole file."""
    summing = Summing()
    summing.add(content)
    return summing.packed()
