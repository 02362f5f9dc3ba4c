"""Bringing a backup back: a whole directory, or single parts of one that is in use.

While a directory is being restored a file in it says so, and no server opens it: what is there is not all yet.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.errors import CallerError, CorruptionError
from logstore.storage import identity
from logstore.storage.backup.manifest import Kept, Manifest
from logstore.storage.backup.shelf import BackupShelf
from logstore.storage.catalog.records import UnfitPart
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.directory import Directory
from logstore.storage.layout import FORMAT_FILE, LOCK_FILE, RESTORING_FILE
from logstore.storage.pieces import pieces_of
from logstore.storage.progress import Progress
from logstore.storage.publish import TEMPORARY_SUFFIX, Publisher


def restore_directory(shelf: BackupShelf, manifest: Manifest, directory: Directory, progress: Progress) -> None:
    """Makes a data directory of a backup, in a directory that is empty or of which a restore did not end.

    Raises:
        CallerError: there is something else in it.
        CorruptionError: the backup is damaged; with the file that is.
        StorageError: the directory cannot be written; the same call goes on where it ended.
    """
    directory.make_root()
    publisher = Publisher(directory)
    with contextlib.closing(_Owned(directory)):
        _begin(directory, publisher, manifest)
        progress.expect(manifest.size)
        there = []
        # The format comes last: without it the directory is none of ours.
        for file in sorted(manifest.files, key=lambda one: one.name == FORMAT_FILE):
            if _is_there(directory, file):
                there.append(file.name)
                progress.did(file.size)
            else:
                publisher.publish_growing(file.name, ([piece] for piece in _told(shelf, file, progress)))
        publisher.make_names_durable(there)
        directory.remove(RESTORING_FILE)
        directory.sync_directory("")


class _Owned:
    """The directory's lock, which no server has then."""

    def __init__(self, directory: Directory) -> None:
        self._held = directory.lock(LOCK_FILE)

    def close(self) -> None:
        self._held.release()


def _begin(directory: Directory, publisher: Publisher, manifest: Manifest) -> None:
    wanted = f"{manifest.ident}\n".encode()
    passing = (LOCK_FILE, RESTORING_FILE + TEMPORARY_SUFFIX)
    found = [name for name in directory.files("") if name not in passing]
    if RESTORING_FILE in found:
        if directory.read(RESTORING_FILE) == wanted:
            return
        raise CallerError(
            f"another backup was being restored into {directory.path('')}", "empty the directory, or give another one"
        )
    if found:
        raise CallerError(f"{directory.path('')} is not empty", "give a directory that is empty or not there")
    publisher.publish(RESTORING_FILE, [wanted])


def _is_there(directory: Directory, file: Kept) -> bool:
    """Whether an earlier attempt has brought it."""
    if not directory.exists(file.name) or directory.size(file.name) != file.size:
        return False
    digest = hashlib.sha256()
    for piece in pieces_of(directory, file.name):
        digest.update(piece)
    return digest.hexdigest() == file.sha256


def _told(shelf: BackupShelf, file: Kept, progress: Progress) -> Iterator[bytes]:
    for piece in shelf.content(file):
        progress.did(len(piece))
        yield piece


@dataclass(frozen=True, slots=True)
class Returned:
    """Parts that were brought back, by name, and those that could not be, with why."""

    parts: tuple[str, ...]
    failed: dict[str, str]


def restore_parts(
    shelf: BackupShelf, directory: Directory, clock: Clock, wanted: Collection[str] | None, progress: Progress
) -> Returned:
    """Brings parts back into a data directory from the newest backups that have them, also while a server runs on it.

    A server sees them within a minute, another one at its start; both check them first.

    Args:
        shelf: the backups.
        directory: the data directory.
        clock: reads its catalog.
        wanted: names of parts; None for all that are damaged or missing.
        progress: is told.

    Raises:
        CallerError: a part is not damaged or missing.
        WorldError: the directory cannot be read or written.
    """
    identity.check(directory)
    with contextlib.closing(SqliteCatalog(directory, clock, read_only=True)) as catalog:
        unfit = {one.part.path: one for one in catalog.unfit()}
    if strange := sorted(set(wanted or ()) - unfit.keys()):
        raise CallerError(f"{strange[0]} is no damaged or missing part", "`logstore quarantine list` lists them")
    chosen = [one for name, one in unfit.items() if wanted is None or name in wanted]
    found = dict(_find(shelf, chosen))
    failed = {one.part.path: "no backup has it" for one in chosen if one.part.path not in found}
    progress.expect(sum(file.size for file in found.values()))
    publisher = Publisher(directory)
    for name, file in found.items():
        try:
            publisher.publish_growing(name, ([piece] for piece in _told(shelf, file, progress)))
        except CorruptionError as error:
            failed[name] = error.message
    return Returned(tuple(name for name in found if name not in failed), failed)


def _find(shelf: BackupShelf, parts: Collection[UnfitPart]) -> Iterator[tuple[str, Kept]]:
    """The files of parts in the newest backups that have them."""
    left = {one.part.path: one.part for one in parts}
    for manifest in shelf.newest_first():
        for file in manifest.files:
            part = left.get(file.name)
            if part is not None and part.bytes == file.size:
                del left[file.name]
                yield file.name, file
        if not left:
            return
