"""Leases: how a reader in another process keeps the files that it reads.

A lease is a file under flock. The kernel releases the lock when the reader's process ends, so a dead reader's lease is
void by itself, whatever killed it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from logstore.errors import DirectoryLockedError
from logstore.storage.directory import Directory, Held, MissingFileError
from logstore.storage.layout import LEASES, lease_name


@contextlib.contextmanager
def hold_lease(directory: Directory, new_ulid: Callable[[], str]) -> Iterator[None]:
    """Holds a lease while the context is open.

    Raises:
        StorageError: the data directory cannot be written to.
    """
    directory.make(LEASES)
    name, lock = _take(directory, new_ulid)
    try:
        yield
    finally:
        with contextlib.suppress(MissingFileError):
            directory.remove(name)
        lock.release()


def live_leases(directory: Directory) -> frozenset[str]:
    """The leases whose readers live; the files of the others are removed."""
    live = set()
    for name in directory.files(LEASES):
        with contextlib.suppress(MissingFileError):
            if directory.is_locked(name):
                live.add(name)
            else:
                directory.remove(name)
    return frozenset(live)


def _take(directory: Directory, new_ulid: Callable[[], str]) -> tuple[str, Held]:
    while True:
        name = lease_name(new_ulid())
        try:
            lock = directory.lock(name)
        except DirectoryLockedError:
            # The server looked at the lease between its making and its locking, and took it for a dead one.
            continue
        if directory.exists(name):
            return name, lock
        lock.release()
