"""A file that is kept as the pieces in which it was written, for the Parquet writer to write to. Pure."""

from __future__ import annotations


class Pieces:
    """What the Parquet writer takes for a file: it collects what is written until that is taken.

    A buffer that grows would copy each byte twice, into memory that the system has to clear before.

    Attributes:
        closed: always false; the writer asks.
        size: bytes written so far.
    """

    closed = False

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Keeps what was written."""
        self._pieces.append(piece)
        self.size += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Where the next piece begins."""
        return self.size

    def flush(self) -> None:
        """Does nothing: pieces are taken when the caller likes."""

    def close(self) -> None:
        """Does nothing: the last pieces are still to be taken."""

    def take(self) -> list[bytes]:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces
