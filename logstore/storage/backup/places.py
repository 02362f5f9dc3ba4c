"""From what people write to the place that they mean."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from logstore.clock import SystemClock
from logstore.errors import SettingsError
from logstore.storage import identity
from logstore.storage.backup.local import LocalTarget
from logstore.storage.backup.objects import ObjectTarget
from logstore.storage.backup.target import Target
from logstore.storage.directory import PosixDirectory
from logstore.storage.remote.objects import Objects


def open_target(text: str, open_objects: Callable[[str], Objects] | None = None) -> Target:
    """The target that a path or a URL names.

    Args:
        text: the path or URL.
        open_objects: opens the object storage that a URL names; None when there is none.

    Raises:
        SettingsError: there is no such kind of place, or it cannot be used; one in a data directory cannot.
    """
    scheme, mark, rest = text.partition("://")
    if not mark or scheme == "file":
        path = rest if mark else text
        identity.refuse_inside(Path(path))
        return LocalTarget(PosixDirectory(path))
    if scheme == "s3" and open_objects is not None:
        owner = f"pid {os.getpid()} on {socket.gethostname()}"
        return ObjectTarget(open_objects(text), SystemClock(), owner)
    raise SettingsError(f"backups cannot be kept at {scheme}://", "give a directory, or s3://BUCKET/PREFIX")
