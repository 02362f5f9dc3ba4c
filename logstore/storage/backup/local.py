"""Backups in a directory: of this machine, or mounted."""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterable, Iterator

from logstore.errors import DirectoryLockedError, StorageError
from logstore.storage.append_file import Buffer
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.pieces import pieces_of
from logstore.storage.publish import TEMPORARY_SUFFIX, Publisher

_LOCK_FILE = "lock"


class LocalTarget:
    """A directory as a target; see `Target`.

    Files are copied into it and never linked: a link would share its bytes with the store, and their damage.

    Args:
        directory: made by the first `lock` or `put` when it is not there.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._publisher = Publisher(directory)

    @property
    def where(self) -> str:
        """Its path."""
        return self._directory.path("").rstrip("/")

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Holds an flock, which the kernel releases when this process ends."""
        self._directory.make_root()
        try:
            held = self._directory.lock(_LOCK_FILE)
        except DirectoryLockedError as error:
            raise StorageError(
                f"a backup to {self.where} is being made or removed by pid {error.pid}", "wait until it has ended"
            ) from None
        try:
            yield
        finally:
            held.release()

    def put(self, key: str, pieces: Iterable[Buffer], size: int) -> None:
        """Writes a temporary file, syncs it, renames it, syncs the directory."""
        del size
        self._publisher.publish_growing(key, ([piece] for piece in pieces))

    def make_durable(self, keys: Iterable[str]) -> None:
        """Syncs the folders that hold them; the files were synced before they got their names."""
        self._publisher.make_names_durable(keys)

    def get(self, key: str) -> Iterator[bytes]:
        """The content of the file."""
        yield from pieces_of(self._directory, key)

    def size(self, key: str) -> int | None:
        """Bytes of the file."""
        try:
            return self._directory.size(key)
        except MissingFileError:
            return None

    def list(self, prefix: str) -> Iterator[str]:
        """The files below a folder."""
        found = self._directory.files(posixpath.normpath(prefix))
        return (name for name in found if not name.endswith(TEMPORARY_SUFFIX))

    def delete(self, key: str) -> None:
        """Unlinks the file."""
        with contextlib.suppress(MissingFileError):
            self._directory.remove(key)
            self._directory.sync_directory(posixpath.dirname(key))
