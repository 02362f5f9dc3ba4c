"""The backups of a target: listing, reading and removing them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logstore.errors import CallerError, CorruptionError, WorldError
from logstore.storage.backup.manifest import (
    FILES,
    MANIFESTS,
    Kept,
    Manifest,
    decode_manifest,
    ident_of,
    manifest_key,
)
from logstore.storage.backup.target import Target
from logstore.storage.directory import MissingFileError
from logstore.storage.progress import Progress


@dataclass(frozen=True, slots=True)
class Fault:
    """Something of a backup that is not as it was put there.

    Attributes:
        backup: the backup.
        name: the file of the data directory, or the list of the backup.
        key: where it lies in the target.
        what: what is wrong with it.
    """

    backup: str
    name: str
    key: str
    what: str


class BackupShelf:
    """The backups in a target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def idents(self) -> list[str]:
        """The backups, oldest first."""
        found = (ident_of(key) for key in self._target.list(MANIFESTS))
        return sorted(ident for ident in found if ident is not None)

    def read(self, ident: str) -> Manifest:
        """The list of a backup.

        Raises:
            CallerError: there is none of this name.
            CorruptionError: it cannot be read.
        """
        key = manifest_key(ident)
        try:
            content = b"".join(self._target.get(key))
        except MissingFileError:
            raise CallerError(
                f"there is no backup {ident!r} in {self._target.where}", "`logstore backup list` lists what there is"
            ) from None
        return decode_manifest(content, f"{self._target.where}/{key}")

    def newest_first(self) -> Iterator[Manifest]:
        """The lists that can be read."""
        for ident in reversed(self.idents()):
            try:
                yield self.read(ident)
            except CorruptionError:
                continue

    def choose(self, ident: str | None) -> Manifest:
        """The list of this backup, or of the newest when None.

        Raises:
            CallerError: there is none.
        """
        idents = self.idents()
        if ident is None and not idents:
            raise CallerError(f"there is no backup in {self._target.where}", "make one: logstore backup")
        return self.read(idents[-1] if ident is None else ident)

    def content(self, file: Kept) -> Iterator[bytes]:
        """The content of a file, which is checked on its way: the last piece comes only when all was right.

        Raises:
            CorruptionError: it is missing from the backup, or damaged.
        """
        where, digest, size, held = f"{self._target.where}/{file.key}", hashlib.sha256(), 0, b""
        try:
            for piece in self._target.get(file.key):
                digest.update(piece)
                size += len(piece)
                if held:
                    yield held
                held = piece
        except MissingFileError:
            raise CorruptionError(f"it is not there, and holds {file.name}", where, remedy=_OTHER) from None
        if size != file.size or digest.hexdigest() != file.sha256:
            raise CorruptionError(f"it is not what was put there, and holds {file.name}", where, remedy=_OTHER)
        if held:
            yield held

    def check(self, idents: Sequence[str], progress: Progress) -> Iterator[Fault]:
        """Reads everything that backups consist of, what they share once; yields what is wrong."""
        seen: dict[str, str] = {}
        for ident in idents:
            try:
                manifest = self.read(ident)
            except CorruptionError as error:
                yield Fault(ident, manifest_key(ident), manifest_key(ident), error.what)
                continue
            fresh = {file.key: file for file in manifest.files if file.key not in seen}
            progress.expect(sum(file.size for file in fresh.values()))
            for key, file in fresh.items():
                seen[key] = self._wrong(file, progress)
            yield from (Fault(ident, file.name, file.key, seen[file.key]) for file in manifest.files if seen[file.key])

    def _wrong(self, file: Kept, progress: Progress) -> str:
        try:
            for piece in self.content(file):
                progress.did(len(piece))
        except WorldError as error:
            return error.message
        return ""

    def prune(self, keep: int) -> tuple[list[str], int]:
        """Removes all but the newest backups, then what no backup needs any more, also of ones that never ended.

        The target must be locked. When it fails in between, the next call goes on.

        Returns:
            The backups that were removed, and how many files.

        Raises:
            CorruptionError: the list of a backup that is to stay cannot be read: nothing is removed.
        """
        idents = self.idents()
        going = idents[: max(0, len(idents) - keep)]
        staying = idents[len(going) :]
        needed = {file.key for ident in staying for file in self.read(ident).files}
        self._target.make_durable([*needed, *map(manifest_key, staying)])
        for ident in going:
            self._target.delete(manifest_key(ident))
        superfluous = [key for key in self._target.list(FILES) if key not in needed]
        for key in superfluous:
            self._target.delete(key)
        return going, len(superfluous)


_OTHER = "use another backup, and make a new one"
