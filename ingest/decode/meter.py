"""What the entries of one call take in memory as they are decoded, so that whoever hands them over can stop in time."""

from __future__ import annotations

REJECTION_BYTES = 128
"""What a rejected event costs, about: its place and its reason are objects."""


class Meter:
    """Adds up, for one call.

    Attributes:
        bytes: of payloads, decompressed, of what their events repeat (see `copies`), and of rejections. To be read
            between entries: one that is being decoded may be counted in part.
    """

    def __init__(self) -> None:
        self.bytes = 0

    def add(self, size: int) -> None:
        """Counts so many bytes more."""
        self.bytes += size
