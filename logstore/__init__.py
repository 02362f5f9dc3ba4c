"""Logstore: a simple, standard place to send logs, and a fast way to ask them questions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logstore.app.library.logs import Logs

__version__ = "0.1.0"


def open(path_or_url: str | os.PathLike[str]) -> Logs:  # noqa: A001 (as it is named where one reads it: logstore.open)
    """Opens a data directory to ask it questions, whether a server runs on it or not; or connects to a server's URL.

    Raises:
        LogstoreError: there is no data directory.
    """
    # Imported here and below because every program of ours imports this package: most need none of it.
    from pathlib import Path  # noqa: PLC0415

    from logstore.app.library.local import LocalLogs  # noqa: PLC0415
    from logstore.app.library.logs import Logs  # noqa: PLC0415

    if isinstance(path_or_url, str) and path_or_url.startswith(("http://", "https://")):
        return connect(path_or_url)
    return Logs(LocalLogs(Path(path_or_url)))


def connect(url: str) -> Logs:
    """Connects to a server by the URL of its HTTP API, `http://127.0.0.1:24280`; the first question shows if one is."""
    from logstore.app.library.logs import Logs  # noqa: PLC0415
    from logstore.app.library.remote import RemoteLogs  # noqa: PLC0415

    return Logs(RemoteLogs(url))
