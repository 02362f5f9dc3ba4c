"""Dropping from the quarantine of a directory that no server owns."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from logstore.clock import Clock, SystemClock
from logstore.storage import identity
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.directory import Directory, PosixDirectory
from logstore.storage.layout import LOCK_FILE
from logstore.storage.publish import Publisher
from logstore.storage.quarantine.drop import Dropper, drop_damaged


def drop_offline(path: str, seqs: Collection[int], damaged: Collection[str]) -> int:
    """Drops sealed chunks, by sequence number, and damaged files, by name; how many they were.

    Raises:
        DirectoryLockedError: a server owns the directory; it can drop them.
        WorldError: it cannot be read or written.
    """
    return drop_from(PosixDirectory(path), SystemClock(), seqs, damaged)


def drop_from(directory: Directory, clock: Clock, seqs: Collection[int], damaged: Collection[str]) -> int:
    """Like `drop_offline`, for any directory."""
    identity.check(directory)
    with contextlib.ExitStack() as stack:
        stack.callback(directory.lock(LOCK_FILE).release)
        catalog = stack.enter_context(contextlib.closing(SqliteCatalog(directory, clock)))
        publisher = Publisher(directory)
        dropped = Dropper(directory, publisher, catalog, catalog.state().quarantine).drop(seqs)
        # Nobody but a reader of the moment can have them open, and what it has open stays until it closes it.
        publisher.discard(one.old for one in dropped.rewrites)
        publisher.discard(drop_damaged(directory, catalog, damaged))
        return dropped.chunks + len(damaged)
