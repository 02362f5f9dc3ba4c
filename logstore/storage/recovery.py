"""Opening a data directory after any end of its last owner: tidy up, check, replay.

Everything that was acknowledged is in the catalog's parts or in the log after their end. What a crash left half done is
removed or cut; what is damaged is kept in `quarantine/`, counted and told, and the rest is served.
"""

from __future__ import annotations

import contextlib
import logging
import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from logstore.errors import CorruptionError
from logstore.model.snapshot import Deletion, Part
from logstore.storage.catalog.chunk_memory import ChunkMemory
from logstore.storage.catalog.records import Catalog, CatalogState, IdFile, LedgerFile
from logstore.storage.directory import Directory, MissingFileError, UnreadableError
from logstore.storage.layout import (
    CHUNK_IDS,
    DECODE_SETTINGS,
    INDEX_SUFFIX,
    LEDGER,
    PARTS,
    QUARANTINE,
    part_generation,
    quarantine_edition,
    quarantine_name,
    segment_name,
)
from logstore.storage.ledger.file import is_whole as is_whole_ledger
from logstore.storage.lost_catalog import REMEDY, holds_lost_events
from logstore.storage.publish import TEMPORARY_SUFFIX, Publisher
from logstore.storage.quarantine.item import QuarantineFile
from logstore.storage.seal import located
from logstore.storage.shelf import Shelved
from logstore.storage.verify.reading import CheckedParts, is_sound
from logstore.storage.wal.format import LoggedEntry
from logstore.storage.wal.replay import DamagedBytes, Replay, replay

_log = logging.getLogger(__name__)

_OURS_ALONE = tuple(f"{folder}/" for folder in (PARTS, CHUNK_IDS, LEDGER))
"""Where nobody but the store puts files."""

_PARQUET_MAGIC = b"PAR1"

_LOOKED_INTO = 1000
"""So many parts, those of the newest generations, are opened at a start. More take longer; fewer notice later what a
disk has lost of files that were written shortly before it lost its power."""


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What opening a data directory found and did.

    Attributes:
        generation, end_seq: the last committed generation, and where replay began.
        removed_leftovers: files of unfinished seals and publications that were removed.
        quarantined: files and stretches of the log that were moved or copied to `quarantine/`, by their new names.
        missing: files that the catalog lists and that are not there.
        missing_segments: log segments that should be there and are not, by first sequence number.
        replayed: log entries that were read back.
        dropped_duplicates: log entries that were copies of stored chunks.
        torn_bytes: bytes of an unfinished append at the end of the log, which were cut.
    """

    generation: int
    end_seq: int
    removed_leftovers: int = 0
    quarantined: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    missing_segments: tuple[int, ...] = ()
    replayed: int = 0
    dropped_duplicates: int = 0
    torn_bytes: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing that was acknowledged is damaged or missing."""
        return not (self.quarantined or self.missing or self.missing_segments)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A data directory, ready to go on.

    Attributes:
        parts: the parts that can be served; their paths are names in the data directory.
        entries: log entries to decode, ascending by `seq`.
        log: the log as it was read.
        report: what was found and done.
        shelved: the files of ledger and quarantine that can be read.
        deletions: those that are active.
        retired: files that may be removed when nobody reads them.
        unfit: the parts that cannot be served.
    """

    parts: tuple[Part, ...]
    entries: tuple[LoggedEntry, ...]
    log: Replay
    report: RecoveryReport
    shelved: Shelved
    deletions: tuple[Deletion, ...]
    retired: tuple[str, ...]
    unfit: tuple[Part, ...] = ()


def recover(directory: Directory, publisher: Publisher, catalog: Catalog, memory: ChunkMemory) -> Recovered:
    """Makes a data directory fit to go on, and fills `memory` with the chunks that are stored.

    Raises:
        StorageError: the directory cannot be read or written; nothing was lost.
        CorruptionError: a newer version of Logstore wrote it.
    """
    state = catalog.state()
    sizes = directory.sizes(PARTS)
    removed, strays = _tidy(directory, publisher, catalog, state, sizes)
    retired = _still_there(directory, catalog, state.retired)
    parts, unfit_parts = _check_parts(directory, publisher, state, sizes)
    _note_unfit(catalog, state, parts, unfit_parts)
    unfit_ids = _load_ids(publisher, state.ids, memory)
    ledger, unfit_ledger = _check_ledger(directory, publisher, state.ledger)
    quarantine, unfit_quarantine = _check_quarantine(directory, state.quarantine)
    log = replay(directory, state.end_seq)
    entries = drop_duplicates(log.entries, memory)
    damaged = [_keep_damaged(publisher, one) for one in log.damaged]
    unfit = (*unfit_parts, *unfit_ids, *unfit_ledger, *unfit_quarantine)
    report = RecoveryReport(
        generation=state.generation,
        end_seq=state.end_seq,
        removed_leftovers=removed,
        quarantined=(*strays, *(one.kept_as for one in unfit if one.kept_as), *damaged),
        missing=tuple(one.name for one in unfit if not one.kept_as),
        missing_segments=log.missing,
        replayed=len(entries),
        dropped_duplicates=len(log.entries) - len(entries),
        torn_bytes=log.torn_bytes,
    )
    _tell(report)
    by_name = {part.path: part for part in (*state.parts, *(one.part for one in state.unfit))}
    lost = tuple(by_name[one.name] for one in unfit_parts)
    return Recovered(parts, entries, log, report, Shelved(ledger, quarantine), state.deletions, retired, lost)


def drop_duplicates(entries: Iterable[LoggedEntry], memory: ChunkMemory) -> tuple[LoggedEntry, ...]:
    """The entries without copies of chunks that `memory` holds or that came earlier; they are remembered too."""
    kept = []
    for logged in entries:
        key = logged.key
        if key is not None and not logged.entry.chunk.repeat and memory.origin(key) is not None:
            continue
        memory.remember([logged])
        kept.append(logged)
    return tuple(kept)


def is_whole(directory: Directory, part: Part) -> bool:
    """Whether the part's file is as long as it was and has both its ends.

    Raises:
        MissingFileError: it is not there.
    """
    length = len(_PARQUET_MAGIC)
    # Never mapped: where the disk does not give a page back, the process would be killed.
    with contextlib.suppress(UnreadableError), contextlib.closing(directory.open(part.path)) as file:
        ends = (file.read_at(0, length), file.read_at(max(0, file.size - length), length))
        return file.size == part.bytes and ends == (_PARQUET_MAGIC, _PARQUET_MAGIC)
    return False


@dataclass(frozen=True, slots=True)
class _Unfit:
    """A listed file that cannot be used, and where it is kept now; empty when it is missing."""

    name: str
    kept_as: str


def _tidy(
    directory: Directory, publisher: Publisher, catalog: Catalog, state: CatalogState, part_files: Iterable[str]
) -> tuple[int, tuple[str, ...]]:
    """Removes leftovers and quarantines strays: how many, and the latters' new names."""
    parts = [*state.parts, *(one.part for one in state.unfit)]
    listed = {part.path for part in parts} | {part.index for part in parts} | set(state.retired)
    listed |= {file.name for files in (state.ids, state.ledger, state.quarantine) for file in files}
    folders = (CHUNK_IDS, LEDGER, QUARANTINE, DECODE_SETTINGS)
    found = [*part_files, *(name for folder in folders for name in directory.files(folder))]
    unlisted = [name for name in found if name not in listed]
    numbers = {number for number in map(part_generation, unlisted) if number is not None}
    unborn = numbers - catalog.committed_among(numbers)
    leftovers = [name for name in unlisted if _is_leftover(name, unborn)]
    if holds_lost_events(directory, state.end_seq, leftovers):
        _log.error("the catalog is older than parts and log: what it does not know is kept in quarantine; %s", REMEDY)
        leftovers = [name for name in leftovers if name.endswith(TEMPORARY_SUFFIX)]
    for name in leftovers:
        directory.remove(name)
    # The numbers of their generations are given again, so they must not come back after a crash.
    for folder in sorted({posixpath.dirname(name) for name in leftovers}):
        directory.sync_directory(folder)
    gone = set(leftovers)
    strays = [name for name in unlisted if name not in gone and name.startswith(_OURS_ALONE)]
    return len(leftovers), tuple(_quarantine(publisher, name) for name in strays)


def _still_there(directory: Directory, catalog: Catalog, retired: Sequence[str]) -> tuple[str, ...]:
    """The retired files that are there; the catalog forgets the others."""
    there = tuple(name for name in retired if directory.exists(name))
    gone = set(retired) - set(there)
    # A power failure may bring a file back whose removal was not synced, and nobody would know it.
    for folder in sorted({posixpath.dirname(name) for name in gone}):
        if directory.exists(folder):
            directory.sync_directory(folder)
    if gone:
        catalog.forget_retired(gone)
    return there


def _is_leftover(name: str, unborn: Collection[int]) -> bool:
    """Whether an unlisted file is what a crash left of a seal or a publication, or of a removal.

    Args:
        name: the file.
        unborn: generations that were never committed.
    """
    if name.endswith(TEMPORARY_SUFFIX) or name.startswith((f"{CHUNK_IDS}/", f"{LEDGER}/")):
        return True
    if quarantine_edition(name) is not None or name.endswith(INDEX_SUFFIX):
        return True
    return name.startswith(f"{PARTS}/") and part_generation(name) in unborn


def _check_parts(
    directory: Directory, publisher: Publisher, state: CatalogState, sizes: Mapping[str, int]
) -> tuple[tuple[Part, ...], list[_Unfit]]:
    """The parts that can be served, from here or from object storage, and the others.

    All must be as long as they were. Only of the newest ones the ends are read too: a file is opened for it, and of ten
    thousand that takes seconds. One that was damaged and is back is looked at closely: it may be the damaged one.
    """
    fit, unfit = [], []
    returned = {one.part.path for one in state.unfit}
    newest = {part.path for part in state.parts[-_LOOKED_INTO:]}
    for part in (*state.parts, *(one.part for one in state.unfit)):
        size = sizes.get(part.path)
        is_fit = size == part.bytes
        if is_fit and (part.path in newest or part.path in returned):
            is_fit = is_whole(directory, part) and (part.path not in returned or _is_sound(directory, part))
        if is_fit:
            fit.append(part)
        elif part.remote is not None:
            # What is in object storage is fetched again when it is wanted.
            if size is not None:
                directory.remove(part.path)
            fit.append(part)
        else:
            unfit.append(_Unfit(part.path, "" if size is None else _quarantine(publisher, part.path)))
    return tuple(fit), unfit


def _is_sound(directory: Directory, part: Part) -> bool:
    return is_sound(CheckedParts(directory), located(part, directory))


def _note_unfit(catalog: Catalog, state: CatalogState, fit: tuple[Part, ...], unfit: Sequence[_Unfit]) -> None:
    """Lists what cannot be served as unfit, and what can again as fit."""
    was_unfit = {one.part.path for one in state.unfit}
    found = {
        one.name: "it is cut short or does not end as it did" if one.kept_as else "it is not there"
        for one in unfit
        if one.name not in was_unfit
    }
    if found:
        catalog.mark_unfit(found)
    if again := was_unfit.intersection(part.path for part in fit):
        catalog.mark_fit(again)


def _load_ids(publisher: Publisher, files: tuple[IdFile, ...], memory: ChunkMemory) -> list[_Unfit]:
    """Fills `memory` from the chunk-id files; those that cannot be used are returned."""
    unfit = []
    for file in files:
        try:
            memory.add_file(file)
        except MissingFileError:
            unfit.append(_Unfit(file.name, ""))
        except CorruptionError:
            unfit.append(_Unfit(file.name, _quarantine(publisher, file.name)))
    return unfit


def _check_ledger(
    directory: Directory, publisher: Publisher, files: tuple[LedgerFile, ...]
) -> tuple[tuple[LedgerFile, ...], list[_Unfit]]:
    """The ledger files that can be read, and the others."""
    fit, unfit = [], []
    for file in files:
        try:
            if is_whole_ledger(directory.map(file.name), file.bytes):
                fit.append(file)
            else:
                unfit.append(_Unfit(file.name, _quarantine(publisher, file.name)))
        except MissingFileError:
            unfit.append(_Unfit(file.name, ""))
    return tuple(fit), unfit


def _check_quarantine(
    directory: Directory, files: tuple[QuarantineFile, ...]
) -> tuple[tuple[QuarantineFile, ...], list[_Unfit]]:
    """The files of chunks in quarantine that are there, and the others. A damaged one lies where it belongs."""
    there = [directory.exists(file.name) for file in files]
    fit = tuple(file for file, is_there in zip(files, there, strict=True) if is_there)
    return fit, [_Unfit(file.name, "") for file, is_there in zip(files, there, strict=True) if not is_there]


def _quarantine(publisher: Publisher, name: str) -> str:
    kept_as = quarantine_name(name)
    publisher.move(name, kept_as)
    return kept_as


def _keep_damaged(publisher: Publisher, damaged: DamagedBytes) -> str:
    kept_as = quarantine_name(segment_name(damaged.segment), f"@{damaged.damage.start}-{damaged.damage.end}")
    publisher.publish(kept_as, [damaged.content])
    return kept_as


def _tell(report: RecoveryReport) -> None:
    for name in report.quarantined:
        _log.error("damaged or unknown: kept as %s", name)
    for name in report.missing:
        _log.error("the catalog lists %s, which is not there: restore it from a backup and restart", name)
    for first_seq in report.missing_segments:
        _log.error("the log segment %s is not there", segment_name(first_seq))
    _log.info(
        "opened at generation %d: %d log entries replayed, %d copies dropped, %d torn bytes cut, %d leftovers removed",
        report.generation,
        report.replayed,
        report.dropped_duplicates,
        report.torn_bytes,
        report.removed_leftovers,
    )
