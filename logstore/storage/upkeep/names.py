"""From the absolute paths of a snapshot back to names in the data directory."""

from __future__ import annotations

from pathlib import PurePath

from logstore.storage.directory import Directory


def name_of(path: str, directory: Directory) -> str:
    """The name in the data directory of a file of a snapshot."""
    return PurePath(path).relative_to(directory.path("")).as_posix()
