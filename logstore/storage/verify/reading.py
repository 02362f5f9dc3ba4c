"""Checking what is about to be read of parts, once in the life of a process.

What a process has checked once it does not check again: a disk that damages what it has given back right before is for
the scrub to find. Parts of earlier versions have no checksums; of them only the length and both ends are checked.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

import numpy as np

from logstore.errors import CorruptionError
from logstore.model.schema import MORE
from logstore.model.snapshot import Part, PartRead
from logstore.storage.directory import Directory, MissingFileError, UnreadableError
from logstore.storage.layout import name_of
from logstore.storage.verify.checked_file import MAGIC, RESTORE, CheckedFile

Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"

_NONE_LEFT = np.zeros((0, 0), bool)


class CheckedParts:
    """Remembers which columns of which row groups were checked: a byte for each. Safe from several threads.

    Args:
        directory: where parts are; their paths are absolute.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._checked: dict[str, Flags] = {}
        self._lock = threading.Lock()

    def keep_only(self, parts: Collection[Part]) -> None:
        """There are no others any more."""
        there = {part.path for part in parts}
        with self._lock:
            self._checked = {path: flags for path, flags in self._checked.items() if path in there}

    def check(self, read: PartRead) -> None:
        """Checks what is about to be read.

        Raises:
            MissingFileError: the file is not there.
            CorruptionError: it is damaged.
            UnreadableError: the disk does not give it back.
            StorageError: it cannot be opened now.
        """
        part = read.part
        known = self._checked.get(part.path)
        if known is _NONE_LEFT:
            return
        if part.checksums is None:
            self._check_ends(part)
            self._remember(part.path, _NONE_LEFT)
            return
        wanted = _flags_of(read)
        left = wanted if known is None else wanted & ~known
        if left.any() or known is None:
            self._check(part, left, is_first=known is None)
            self._remember(part.path, left)

    def _check(self, part: Part, left: Flags, *, is_first: bool) -> None:
        with self._opened(part) as file:
            if is_first:
                file.check_end()
            leaves = _leaves(part, file.metadata.num_columns)
            file.check_columns(
                (group, [leaf for column in np.flatnonzero(flags) for leaf in leaves[column]])
                for group, flags in enumerate(left)
                if flags.any()
            )

    def check_whole(self, part: Part) -> Iterator[int]:
        """Checks every byte of a part, again too, a few MiB at a time; yields how many after each. Raises like `check`.

        Of a part without checksums only the length and both ends.
        """
        if part.checksums is None:
            self._check_ends(part)
            yield part.bytes
            return
        with self._opened(part) as file:
            yield from file.check_all()
            file.check_end()
        self._remember(part.path, _NONE_LEFT)

    @contextlib.contextmanager
    def _opened(self, part: Part) -> Iterator[CheckedFile]:
        with contextlib.closing(self._directory.open(name_of(part.path, self._directory.path("")))) as file:
            yield CheckedFile(file, part)

    def _check_ends(self, part: Part) -> None:
        with contextlib.closing(self._directory.open(name_of(part.path, self._directory.path("")))) as file:
            ends = file.read_at(0, len(MAGIC)), file.read_at(max(0, file.size - len(MAGIC)), len(MAGIC))
            if file.size != part.bytes:
                raise CorruptionError(f"it has {file.size:,} bytes, and had {part.bytes:,}", part.path, remedy=RESTORE)
            if ends != (MAGIC, MAGIC):
                raise CorruptionError("it does not begin and end as Parquet does", part.path, 0, RESTORE)

    def _remember(self, path: str, flags: Flags) -> None:
        with self._lock:
            before = self._checked.get(path)
            if before is not None and flags is not _NONE_LEFT:
                flags = _NONE_LEFT if before is _NONE_LEFT else flags | before
            self._checked[path] = _NONE_LEFT if flags.all() else flags


def _flags_of(read: PartRead) -> Flags:
    """A row for each row group, a column for each of the part's, `_more` last; true for what is to be read."""
    part = read.part
    names = [*(column.name for column in part.columns), *([MORE] if part.has_more else [])]
    is_wanted = np.array([name in read.columns for name in names], bool)
    flags = np.zeros((len(part.row_groups), len(names)), bool)
    flags[list(read.row_groups)] = is_wanted
    return flags


def _leaves(part: Part, count: int) -> list[range]:
    """The places of each column of the part among the columns as Parquet counts them: a map has two of them."""
    single = len(part.columns)
    return [*(range(place, place + 1) for place in range(single)), range(single, count)]


def is_sound(checked: CheckedParts, part: Part) -> bool:
    """Whether every byte of a part is there and is what was written, as far as it has checksums.

    Raises:
        StorageError: it cannot be told now.
    """
    try:
        for _ in checked.check_whole(part):
            pass
    except (CorruptionError, MissingFileError, UnreadableError):
        return False
    return True
