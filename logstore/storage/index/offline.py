"""Making the word indexes of a directory that no server owns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from logstore.clock import Clock, SystemClock
from logstore.errors import CorruptionError
from logstore.model.snapshot import Part
from logstore.storage import identity
from logstore.storage.catalog.records import Catalog
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.directory import Directory, PosixDirectory
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.index.codec import best_codec
from logstore.storage.index.opened import Indexes
from logstore.storage.index.publish import publish_index
from logstore.storage.index.rebuild import read_row_groups
from logstore.storage.index.soundness import check_index
from logstore.storage.layout import LOCK_FILE, name_of
from logstore.storage.publish import Publisher
from logstore.storage.seal import located


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What was done: indexes made, and parts that could not be read for it, by absolute path."""

    made: int
    unreadable: tuple[str, ...]


def reindex_offline(path: str, *, everything: bool, tell: Callable[[int, int], None]) -> Reindexed:
    """Makes the indexes that are missing, damaged or without tallies, or all.

    Args:
        path: the data directory.
        everything: also those that are there and whole.
        tell: is told before each part how many are done, and how many there are in all.

    Raises:
        DirectoryLockedError: a server owns the directory; it can make them.
        WorldError: it cannot be read or written; what was made until then counts.
    """
    return reindex_directory(PosixDirectory(path), SystemClock(), everything=everything, tell=tell)


def reindex_directory(
    directory: Directory, clock: Clock, *, everything: bool, tell: Callable[[int, int], None]
) -> Reindexed:
    """Like `reindex_offline`, for any directory."""
    identity.check(directory)
    with contextlib.ExitStack() as stack:
        stack.callback(directory.lock(LOCK_FILE).release)
        catalog = stack.enter_context(contextlib.closing(SqliteCatalog(directory, clock)))
        wanted = [part for part in catalog.state().parts if everything or not _has_index(directory, part)]
        unreadable: list[str] = []
        for done, part in enumerate(wanted):
            tell(done, len(wanted))
            try:
                _make(directory, catalog, part)
            except CorruptionError:
                unreadable.append(directory.path(part.path))
        return Reindexed(len(wanted) - len(unreadable), tuple(unreadable))


def _has_index(directory: Directory, part: Part) -> bool:
    there = located(part, directory)
    found = Indexes(directory, best_codec()).index_of(there)
    if found is None or not found.index.has_tallies:
        return False
    try:
        check_index(directory.map(name_of(str(there.index), directory.path(""))), there)
    except CorruptionError:
        return False
    return True


def _make(directory: Directory, catalog: Catalog, part: Part) -> None:
    builder = IndexBuilder(IndexShape(best_codec()))
    for row_group in read_row_groups(replace(part, path=directory.path(part.path))):
        builder.add(row_group)
    made = publish_index(Publisher(directory), part, builder)
    catalog.set_index(made.path, made.index_bytes)
