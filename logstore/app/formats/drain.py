"""A file to write into whose bytes are taken out as they come: for libraries that only write to files."""

from __future__ import annotations

import io

import pyarrow as pa


class _Pipe(io.RawIOBase):
    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]  # any buffer
        self.pieces.append(piece)
        return len(piece)


class Drain:
    """Collects what is written to `file` until it is taken."""

    def __init__(self) -> None:
        self._pipe = _Pipe()
        self.file = pa.PythonFile(self._pipe, mode="w")

    def take(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pipe.pieces = self._pipe.pieces, []
        return b"".join(pieces)
