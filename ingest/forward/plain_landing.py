"""What `landing` does, where there is no compiler: with one copy more."""

from __future__ import annotations


class Landing(bytearray):
    """Memory for `size` bytes, written through the buffer protocol until it is taken."""

    def take(self) -> bytes:
        """The bytes."""
        return bytes(self)
