"""Looking into the quarantine: chunks that could not be decoded whole, and files that are damaged."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from logstore.storage.catalog.records import Catalog
from logstore.storage.directory import Directory
from logstore.storage.layout import QUARANTINE, quarantine_edition
from logstore.storage.publish import TEMPORARY_SUFFIX
from logstore.storage.quarantine.file import read_chunk
from logstore.storage.quarantine.held import Quarantined
from logstore.storage.quarantine.item import QuarantineItem
from logstore.storage.wal.format import LoggedEntry


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A file, or a stretch of the log, that was set aside at a start: its name in `quarantine/`, and its size."""

    name: str
    bytes: int


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
        return self.directory.map(f"{QUARANTINE}/{file.name}")


def view_quarantine(directory: Directory, catalog: Catalog, held: Iterable[Quarantined]) -> QuarantineView:
    """The quarantine as the catalog lists it now; `held` was read before."""
    return QuarantineView(directory, catalog.quarantined(), tuple(held), damaged_files(directory))


def damaged_files(directory: Directory) -> tuple[DamagedFile, ...]:
    """Whatever else is in the folder of the quarantine."""
    names = [name for name in directory.files(QUARANTINE) if quarantine_edition(name) is None]
    return tuple(
        DamagedFile(posixpath.relpath(name, QUARANTINE), directory.size(name))
        for name in names
        if not name.endswith(TEMPORARY_SUFFIX)
    )
