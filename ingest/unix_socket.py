"""The socket file of a listener: made with its permissions, and removed again, but never another program's."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path

# Longest time that the question takes whether anybody listens on a file that is in the way.
_PROBE_S = 1.0


class SocketFile:
    """A bound Unix socket that does not listen yet.

    Args:
        path: where; a stale file there, on which nobody listens, is replaced.
        mode: permissions of the file: to send is to write to it.

    Raises:
        OSError: the path cannot be had, or somebody listens there.
    """

    def __init__(self, path: Path, mode: int) -> None:
        self._path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind()
            # Nobody can connect before the socket listens, so nobody gets in by the permissions that it had till now.
            path.chmod(mode)
            self._identity = _identity(path)
            self.socket.setblocking(False)  # noqa: FBT003  its only parameter
        except BaseException:
            self.socket.close()
            raise

    def remove(self) -> None:
        """Removes the file, unless another took its place."""
        with contextlib.suppress(OSError):
            if _identity(self._path) == self._identity:
                self._path.unlink()

    def _bind(self) -> None:
        try:
            self.socket.bind(str(self._path))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not _is_stale(self._path):
                raise
            self._path.unlink()
            self.socket.bind(str(self._path))


def _is_stale(path: Path) -> bool:
    """Whether it is a socket on which nobody listens: what a server leaves that was killed."""
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
