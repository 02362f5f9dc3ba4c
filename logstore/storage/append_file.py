"""A new file that grows at its end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

Buffer = bytes | memoryview

# writev refuses more buffers than this in one call (IOV_MAX of Linux and macOS).
_MAX_BUFFERS_PER_WRITE: Final = 1024


class CachedFile:
    """A new file, written through the page cache. Raises OSError; the descriptor is closed by `close` only."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def append(self, buffers: Sequence[Buffer]) -> None:
        """Writes all bytes of `buffers` in order."""
        for start in range(0, len(buffers), _MAX_BUFFERS_PER_WRITE):
            self._write_all([memoryview(one) for one in buffers[start : start + _MAX_BUFFERS_PER_WRITE]])

    def _write_all(self, views: list[memoryview]) -> None:
        while views:
            written = os.writev(self.descriptor, views)
            while views and written >= len(views[0]):
                written -= len(views.pop(0))
            if written:
                views[0] = views[0][written:]

    def close(self) -> None:
        """Gives the file back. May be called again."""
        if self.descriptor >= 0:
            descriptor, self.descriptor = self.descriptor, -1
            os.close(descriptor)
