"""Making a backup: what the target has already is not copied again; the list comes last, so a backup is whole or none.

What is read of parts is checked on its way. A part that is damaged is not put into the backup; when an older backup has
it, the new one has it from there, and a restore brings it back.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from logstore.clock import Clock
from logstore.errors import CorruptionError, WorldError
from logstore.model.snapshot import Part
from logstore.storage import identity
from logstore.storage.assembly import new_ulid
from logstore.storage.backup.instant import Instant, hold_instant
from logstore.storage.backup.manifest import FILES, Kept, Manifest, manifest_key
from logstore.storage.backup.shelf import BackupShelf
from logstore.storage.backup.target import Target
from logstore.storage.directory import Directory, MissingFileError, ReadFile, UnreadableError
from logstore.storage.layout import CATALOG_FILE
from logstore.storage.lease import hold_lease
from logstore.storage.part.checksums import Summing
from logstore.storage.pieces import PIECE_BYTES, pieces_of
from logstore.storage.progress import Progress
from logstore.storage.remote.content import pieces_of_object
from logstore.storage.remote.objects import Objects

Pieces = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made: its list, and how many files and bytes of it were new to the target."""

    manifest: Manifest
    new_files: int
    new_bytes: int


def take_backup(
    directory: Directory, target: Target, clock: Clock, progress: Progress, objects: Objects | None = None
) -> Taken:
    """Makes a backup of a data directory as it is now, whether or not a server runs on it.

    Args:
        directory: the data directory.
        target: where the backup is kept.
        clock: dates it.
        progress: is told of what was read.
        objects: where parts are that are in object storage only; None when there is none.

    Raises:
        WorldError: the directory cannot be read, or the target not written; what was copied is used by the next backup.
    """
    identity.check(directory)
    ulid = functools.partial(new_ulid, clock)
    with target.lock(), hold_lease(directory, ulid), hold_instant(directory, clock) as instant:
        return _Taking(directory, target, progress, objects).take(instant, ulid(), clock.now_ns())


@dataclass(slots=True)
class _Taking:
    """One backup under way."""

    directory: Directory
    target: Target
    progress: Progress
    objects: Objects | None = None
    new_files: int = 0
    new_bytes: int = 0
    lacking: dict[str, str] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)

    def take(self, instant: Instant, ident: str, now_ns: int) -> Taken:
        self.present = set(self.target.list(FILES))
        known = self._known_parts(instant.parts)
        self.progress.expect(
            sum(part.bytes for name, part in instant.parts.items() if name not in known)
            + sum(size for _, size in instant.log.values())
        )
        files = [*known.values()]
        unknown = {name: part for name, part in instant.parts.items() if name not in known}
        files += self._kept((name, functools.partial(self._part, part)) for name, part in unknown.items())
        files += self._kept((name, functools.partial(pieces_of, self.directory, name)) for name in instant.others)
        files += self._kept((name, functools.partial(_read, *opened)) for name, opened in instant.log.items())
        files += self._kept([(CATALOG_FILE, lambda: iter([instant.catalog]))])
        files.sort(key=lambda file: file.name)
        events = sum(part.rows for part in instant.state.parts)
        manifest = Manifest(ident, now_ns, instant.state.generation, events, self.lacking, tuple(files))
        content = manifest.encoded()
        self.target.make_durable(file.key for file in manifest.files)
        self.target.put(manifest_key(ident), [content], len(content))
        return Taken(manifest, self.new_files, self.new_bytes)

    def _known_parts(self, parts: dict[str, Part]) -> dict[str, Kept]:
        """The parts that a backup has already: there is never another file of the same name."""
        known: dict[str, Kept] = {}
        for manifest in BackupShelf(self.target).newest_first():
            for file in manifest.files:
                part = parts.get(file.name)
                if part is not None and part.bytes == file.size and file.key in self.present:
                    known.setdefault(file.name, file)
        return known

    def _kept(self, files: Iterable[tuple[str, Pieces]]) -> Iterator[Kept]:
        """The files that are in the target then; of the others it is remembered why not."""
        for name, pieces in files:
            try:
                yield self._keep(name, pieces)
            except (MissingFileError, UnreadableError, _DamagedError) as error:
                self.lacking[name] = error.message
            except CorruptionError as error:
                self.lacking[name] = error.message

    def _keep(self, name: str, pieces: Pieces) -> Kept:
        """Reads a file once to know its content, and again to copy it when it is new; by then it is in memory."""
        digest, size = hashlib.sha256(), 0
        for piece in pieces():
            digest.update(piece)
            size += len(piece)
            self.progress.did(len(piece))
        kept = Kept(name, size, digest.hexdigest())
        if kept.key not in self.present:
            self.target.put(kept.key, _unchanged(kept, pieces()), size)
            self.present.add(kept.key)
            self.new_files += 1
            self.new_bytes += size
        return kept

    def _part(self, part: Part) -> Iterator[bytes]:
        summing = Summing()
        for piece in self._pieces(part):
            summing.add(piece)
            yield piece
        if part.checksums is not None and summing.packed() != part.checksums:
            raise _DamagedError(f"{self.directory.path(part.path)} is damaged")

    def _pieces(self, part: Part) -> Iterator[bytes]:
        """The content of a part, from object storage when it is not here."""
        if part.remote is None or self.directory.exists(part.path):
            return pieces_of(self.directory, part.path)
        if self.objects is None:
            raise _DamagedError("it is in object storage only: give the server's settings with --config")
        return pieces_of_object(self.objects, part.path, part.bytes, part.remote.crc32c)


class _DamagedError(WorldError):
    """The file is not what was written."""


def _unchanged(kept: Kept, pieces: Iterator[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != kept.sha256:
        raise _DamagedError(f"{kept.name} was read twice, and was not the same")


def _read(file: ReadFile, size: int) -> Iterator[bytes]:
    """The first `size` bytes of an open file."""
    for start in range(0, size, PIECE_BYTES):
        yield file.read_at(start, min(PIECE_BYTES, size - start))
