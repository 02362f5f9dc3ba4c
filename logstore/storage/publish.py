"""Atomic publishing: a file of the data directory is there whole and durable, or it is not there.

Write a temporary file, sync it, rename it, sync the directory that holds it: the sequence exists here and nowhere else.
"""

from __future__ import annotations

import contextlib
import posixpath
import threading
from collections.abc import Iterable, Iterator, Sequence

from logstore.errors import StorageError
from logstore.storage.append_file import Buffer
from logstore.storage.directory import Directory

TEMPORARY_SUFFIX = ".tmp"


class Publisher:
    """Puts whole files into a directory. Safe from several threads, for different names.

    Remembers which directories are known to be durable. One that merely exists is not: it may have been made by a
    process that died before it synced the parent.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._durable = {""}
        self._lock = threading.Lock()

    def make_durable(self, name: str) -> None:
        """Makes the directory `name` with its parents; all of them are durable on return."""
        if name in self._durable:
            return
        parent = posixpath.dirname(name)
        self.make_durable(parent)
        self._directory.make(name)
        self._directory.sync_directory(parent)
        with self._lock:
            self._durable.add(name)

    def make_names_durable(self, names: Iterable[str]) -> None:
        """Makes files durable that somebody else published: a process that died may have renamed them last."""
        for folder in sorted({posixpath.dirname(name) for name in names}):
            self.make_durable(folder)
            self._directory.sync_directory(folder)

    def publish(self, name: str, buffers: Sequence[Buffer]) -> None:
        """Makes `name` a file of these bytes, durable on return.

        After an error the file is not there, unless it could not be removed either.
        """
        self.publish_growing(name, [buffers])

    def publish_growing(self, name: str, stretches: Iterable[Sequence[Buffer]]) -> None:
        """Makes `name` a file of these bytes, written as they are made; else like `publish`."""
        for _ in self.publish_stepwise(name, stretches):
            pass

    def publish_stepwise(self, name: str, stretches: Iterable[Sequence[Buffer]]) -> Iterator[None]:
        """Like `publish_growing`, pausing after each stretch: the file is there once all steps are taken.

        When the steps are given up before (the generator is closed), it is as after an error.
        """
        parent = posixpath.dirname(name)
        self.make_durable(parent)
        temporary = name + TEMPORARY_SUFFIX
        if self._directory.exists(temporary):
            self._directory.remove(temporary)
        try:
            yield from self._write(temporary, stretches)
            self._directory.rename(temporary, name)
            self._directory.sync_directory(parent)
        except BaseException:
            # Not of the disk alone: what makes the bytes may fail too, or be given up.
            self.discard([temporary, name])
            raise

    def replace(self, name: str, buffers: Sequence[Buffer]) -> None:
        """Makes `name` a file of these bytes, durable on return, in the place of the file that has the name.

        After an error the old file is still there, or the new one is.
        """
        temporary = name + TEMPORARY_SUFFIX
        if self._directory.exists(temporary):
            self._directory.remove(temporary)
        try:
            with contextlib.closing(self._directory.create(temporary)) as file:
                file.append(buffers)
                file.sync()
            self._directory.rename(temporary, name)
        except StorageError:
            self.discard([temporary])
            raise
        self._directory.sync_directory(posixpath.dirname(name))

    def _write(self, temporary: str, stretches: Iterable[Sequence[Buffer]]) -> Iterator[None]:
        file = self._directory.create(temporary)
        try:
            for buffers in stretches:
                file.append(buffers)
                yield
            file.sync()
        finally:
            file.close()

    def discard(self, names: Iterable[str]) -> None:
        """Removes what an unfinished publication left, durably; what cannot be removed is left to the next start."""
        for name in names:
            with contextlib.suppress(StorageError):
                self._directory.remove(name)
                self._directory.sync_directory(posixpath.dirname(name))

    def move(self, old: str, new: str) -> None:
        """Gives a file another name, durable on return."""
        self.make_durable(posixpath.dirname(new))
        self._directory.rename(old, new)
        self._directory.sync_directory(posixpath.dirname(new))
        self._directory.sync_directory(posixpath.dirname(old))
