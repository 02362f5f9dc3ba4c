"""Looking into the quarantine: chunks that could not be decoded whole, and files that are damaged."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from logstore.storage.catalog.records import Catalog, UnfitPart
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.layout import QUARANTINE, quarantine_edition, quarantine_name
from logstore.storage.publish import TEMPORARY_SUFFIX
from logstore.storage.quarantine.file import read_chunk
from logstore.storage.quarantine.held import Quarantined
from logstore.storage.quarantine.item import QuarantineItem
from logstore.storage.wal.format import LoggedEntry


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A file, or a stretch of the log, that was set aside.

    Attributes:
        name: its name in `quarantine/`, or the one that it would have there.
        bytes: its size; 0 when it is missing.
        file: where it is: a name in the data directory. A part that somebody may be reading is where it was, and one
            that is missing is nowhere.
        part: the part that it is, when answers lack it.
    """

    name: str
    bytes: int
    file: str
    part: UnfitPart | None = None


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """The quarantine at one instant. Its files must stay for as long as it is used.

    Attributes:
        directory: where the files are.
        sealed: chunks in files, oldest first.
        held: chunks in memory, which are not sealed yet, oldest first.
        damaged: what else is kept.
    """

    directory: Directory
    sealed: tuple[QuarantineItem, ...]
    held: tuple[Quarantined, ...]
    damaged: tuple[DamagedFile, ...]

    @property
    def items(self) -> list[QuarantineItem]:
        """All chunks, newest first."""
        known = {item.seq for item in self.sealed}
        held = [one.item for one in self.held if one.logged.entry.seq not in known]
        return [*reversed(held), *reversed(self.sealed)]

    def read(self, item: QuarantineItem) -> LoggedEntry:
        """A chunk, as it was received.

        Raises:
            StorageError: its file cannot be read.
            CorruptionError: it is damaged.
        """
        if item.place is None:
            return next(one.logged for one in self.held if one.logged.entry.seq == item.seq)
        place = item.place
        return read_chunk(self.directory.map(place.file), place.offset, place.size, self.directory.path(place.file))

    def read_damaged(self, file: DamagedFile) -> memoryview:
        """The bytes of a damaged file."""
        return self.directory.map(file.file) if file.file else memoryview(b"")


def view_quarantine(directory: Directory, catalog: Catalog, held: Iterable[Quarantined]) -> QuarantineView:
    """The quarantine as the catalog lists it now; `held` was read before."""
    damaged = _damaged(directory, catalog.unfit())
    return QuarantineView(directory, catalog.quarantined(), tuple(held), damaged)


def damaged_name(part: str) -> str:
    """The name in `quarantine/` of the part with this name."""
    return posixpath.relpath(quarantine_name(part), QUARANTINE)


def _damaged(directory: Directory, unfit: Iterable[UnfitPart]) -> tuple[DamagedFile, ...]:
    """Files that were set aside, and parts that are unfit, set aside or not."""
    parts = {damaged_name(one.part.path): one for one in unfit}
    there = [replace(file, part=parts.pop(file.name, None)) for file in damaged_files(directory)]
    return *there, *(_not_moved(directory, name, one) for name, one in parts.items())


def _not_moved(directory: Directory, name: str, part: UnfitPart) -> DamagedFile:
    try:
        return DamagedFile(name, directory.size(part.part.path), part.part.path, part)
    except MissingFileError:
        return DamagedFile(name, 0, "", part)


def damaged_files(directory: Directory) -> tuple[DamagedFile, ...]:
    """Whatever else is in the folder of the quarantine."""
    names = [name for name in directory.files(QUARANTINE) if quarantine_edition(name) is None]
    return tuple(
        DamagedFile(posixpath.relpath(name, QUARANTINE), directory.size(name), name)
        for name in names
        if not name.endswith(TEMPORARY_SUFFIX)
    )
