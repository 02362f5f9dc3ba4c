"""Dropping chunks from the quarantine for good. What stays in a file is written anew, so what goes is gone."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from logstore.errors import WorldError
from logstore.storage.catalog.records import Catalog, QuarantineRewrite
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.generation_files import write_quarantine
from logstore.storage.layout import QUARANTINE, quarantine_edition, quarantine_file_name
from logstore.storage.publish import Publisher
from logstore.storage.quarantine.file import read_chunk
from logstore.storage.quarantine.item import QuarantineFile, QuarantineItem
from logstore.storage.quarantine.view import damaged_name


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was dropped: how many chunks, and which files the catalog lists instead of which."""

    chunks: int
    rewrites: tuple[QuarantineRewrite, ...]


@dataclass(frozen=True, slots=True)
class Dropper:
    """Drops chunks; used by whoever may commit to the catalog.

    Attributes:
        directory, publisher, catalog: of the data directory.
        files: the files that the catalog lists.
    """

    directory: Directory
    publisher: Publisher
    catalog: Catalog
    files: Sequence[QuarantineFile]

    def drop(self, seqs: Collection[int]) -> Dropped:
        """Drops sealed chunks. The old files are listed no longer, and not removed yet.

        Raises:
            StorageError: a file cannot be read or written; nothing is dropped.
            CorruptionError: a chunk that is to stay is damaged; nothing is dropped.
        """
        wanted = set(seqs)
        items = self.catalog.quarantined()
        touched = {item.place.file for item in items if item.place is not None and item.seq in wanted}
        rewrites: list[QuarantineRewrite] = []
        try:
            staying = [item for item in items if item.seq not in wanted]
            for file in (file for file in self.files if file.name in touched):
                rewrites.append(self._rewritten(file, staying))  # noqa: PERF401 - so that those before a failure are known
            self.catalog.rewrite_quarantine(rewrites)
        except Exception:
            self._tidy(rewrites)
            raise
        return Dropped(sum(item.seq in wanted for item in items), tuple(rewrites))

    def _rewritten(self, old: QuarantineFile, staying: Sequence[QuarantineItem]) -> QuarantineRewrite:
        """The file without what goes; it expires when the old one would have."""
        left = [item for item in staying if item.place is not None and item.place.file == old.name]
        if not left:
            return QuarantineRewrite(old.name)
        content, path = self.directory.map(old.name), self.directory.path(old.name)
        places = [item.place for item in left if item.place is not None]
        entries = [read_chunk(content, place.offset, place.size, path) for place in places]
        name = quarantine_file_name(old.generation, (quarantine_edition(old.name) or 0) + 1)
        return QuarantineRewrite(old.name, *write_quarantine(self.publisher, replace(old, name=name), entries, left))

    def _tidy(self, rewrites: Sequence[QuarantineRewrite]) -> None:
        """Removes new files, unless the commit that failed was carried out all the same."""
        new = {one.new.name for one in rewrites if one.new is not None}
        try:
            listed = {file.name for file in self.catalog.state().quarantine}
        except WorldError:
            # Nobody knows: the next start tells leftovers from listed files.
            return
        self.publisher.discard(sorted(new - listed))


def drop_damaged(directory: Directory, catalog: Catalog, names: Collection[str]) -> list[str]:
    """Removes damaged files from the quarantine, durably, and gives up the parts that they were; the parts' names.

    A part goes from the catalog first: what a crash leaves in the folder can be dropped again.
    """
    if not names:
        return []
    given_up = [one.part.path for one in catalog.unfit() if damaged_name(one.part.path) in names]
    catalog.forget_unfit(given_up)
    # One that is missing, or was still being read, is not in the folder.
    for name in names:
        with contextlib.suppress(MissingFileError):
            directory.remove(f"{QUARANTINE}/{name}")
    directory.sync_directory(QUARANTINE)
    return given_up
