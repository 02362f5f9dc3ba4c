"""From what people write to the place that they mean."""

from __future__ import annotations

from logstore.errors import SettingsError
from logstore.storage.backup.local import LocalTarget
from logstore.storage.backup.target import Target
from logstore.storage.directory import PosixDirectory


def open_target(text: str) -> Target:
    """The target that a path or a URL names.

    Raises:
        SettingsError: there is no such kind of place.
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        return LocalTarget(PosixDirectory(text))
    if scheme == "file":
        return LocalTarget(PosixDirectory(rest))
    raise SettingsError(f"backups cannot be kept at {scheme}://", "give a directory")
