"""Looking at a whole data directory: is everything there that should be, and is it what was written?

Nothing is changed. A server may run on the directory: under a lease what the catalog lists stays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from logstore.clock import Clock
from logstore.errors import CorruptionError, StorageError
from logstore.storage import identity
from logstore.storage.assembly import new_ulid
from logstore.storage.catalog.id_file import check_ids
from logstore.storage.catalog.records import CatalogState, IdFile, LedgerFile
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.decode_settings import settings_id
from logstore.storage.directory import Directory, MissingFileError, UnreadableError
from logstore.storage.layout import (
    CATALOG_FILE,
    DECODE_SETTINGS,
    PARTS,
    decode_settings_name,
    part_generation,
    segment_name,
)
from logstore.storage.lease import hold_lease
from logstore.storage.ledger.file import check_crc, read_ledger
from logstore.storage.progress import Progress
from logstore.storage.publish import TEMPORARY_SUFFIX
from logstore.storage.quarantine.file import check_head, read_chunk
from logstore.storage.quarantine.item import QuarantineFile, QuarantineItem
from logstore.storage.seal import located
from logstore.storage.verify.fault import Fault
from logstore.storage.verify.parts import RESTORE_PART, PartSurvey
from logstore.storage.wal.replay import Replay, replay

_MAX_ATTEMPTS = 20
_RESTORE = "restore it from a backup"
_FROM_BACKUP = "put it back from a backup and restart the server"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """How much was looked at; `away` parts were not, because they are in object storage only."""

    files: int
    bytes: int
    log_entries: int
    away: int = 0


class Survey:
    """Looks at a data directory.

    Args:
        directory: the data directory.
        clock: names the lease.
        progress: is told of what was read.
        is_deep: whether all values of parts are decoded too.

    Attributes:
        surveyed: how much was looked at; known after the last fault.
    """

    def __init__(self, directory: Directory, clock: Clock, progress: Progress, *, is_deep: bool = False) -> None:
        self._directory = directory
        self._clock = clock
        self._progress = progress
        self._is_deep = is_deep
        self.surveyed = Surveyed(0, 0, 0)

    def faults(self) -> Iterator[Fault]:
        """What is wrong, as it is found.

        Raises:
            StorageError: there is no data directory, or it cannot be read.
            CorruptionError: another version of Logstore wrote it, or there is no reading its catalog.
        """
        identity.check(self._directory)
        with (
            hold_lease(self._directory, functools.partial(new_ulid, self._clock)),
            closing(SqliteCatalog(self._directory, self._clock, read_only=True)) as catalog,
        ):
            for wrong in catalog.check():
                yield Fault("catalog", CATALOG_FILE, wrong, "logstore restore, from a backup")
            state, log = self._read_log(catalog)
            self._expect(state, log)
            yield from self._parts(state)
            yield from self._each("chunk ids", state.ids, self._ids)
            yield from self._each("ledger", state.ledger, self._ledger)
            yield from self._each("quarantine", state.quarantine, self._quarantine_head)
            yield from self._quarantined(catalog.quarantined())
            yield from self._settings(log)
            yield from self._log(log)
            yield from self._unlisted(catalog, state)

    def _read_log(self, catalog: SqliteCatalog) -> tuple[CatalogState, Replay]:
        """The state, and the log from its end on."""
        for _ in range(_MAX_ATTEMPTS):
            state = catalog.state()
            try:
                log = replay(self._directory, state.end_seq)
            except MissingFileError:
                continue
            if catalog.last_generation() == state.generation:
                return state, log
        raise StorageError("the data directory is being sealed faster than it can be read", "try again")

    def _expect(self, state: CatalogState, log: Replay) -> None:
        survey = PartSurvey(self._directory, self._progress, self._is_deep)
        here = [part for part in state.parts if not survey.is_away(located(part, self._directory))]
        size = sum(part.bytes for part in here)
        self._progress.expect(size)
        others = (*state.ids, *state.ledger, *state.quarantine, *log.segments)
        away = len(state.parts) - len(here)
        self.surveyed = Surveyed(len(here) + len(others), size + log.bytes, len(log.entries), away)

    def _parts(self, state: CatalogState) -> Iterator[Fault]:
        for one in state.unfit:
            yield Fault("part", one.part.path, f"answers lack its {one.part.rows:,} events: {one.why}", RESTORE_PART)
        survey = PartSurvey(self._directory, self._progress, self._is_deep)
        for part in state.parts:
            yield from survey.faults(located(part, self._directory))

    @staticmethod
    def _each(kind: str, files: Collection[Any], check: Callable[[Any], None]) -> Iterator[Fault]:
        for file in files:
            if (fault := _fault_of(kind, file.name, functools.partial(check, file))) is not None:
                yield fault

    def _ids(self, file: IdFile) -> None:
        check_ids(self._directory.map(file.name), file.name)

    def _ledger(self, file: LedgerFile) -> None:
        content = self._directory.map(file.name)
        check_crc(content, file.crc, file.name)
        rows = read_ledger(content, file.name).num_rows
        if rows != file.rows:
            raise CorruptionError(f"it has {rows:,} rows, and had {file.rows:,}", file.name)

    def _quarantine_head(self, file: QuarantineFile) -> None:
        if self._directory.exists(file.name):
            # One that is missing is told of with its chunks.
            check_head(self._directory.map(file.name), file.name)

    def _quarantined(self, items: Collection[QuarantineItem]) -> Iterator[Fault]:
        for item in items:
            place = item.place
            if place is not None:
                fault = _fault_of("quarantine", place.file, functools.partial(self._chunk, item))
                if fault is not None:
                    yield fault

    def _chunk(self, item: QuarantineItem) -> None:
        place = item.place
        if place is not None:
            read_chunk(self._directory.map(place.file), place.offset, place.size, place.file)

    def _settings(self, log: Replay) -> Iterator[Fault]:
        names = set(self._directory.files(DECODE_SETTINGS))
        needed = {decode_settings_name(logged.entry.chunk.settings) for logged in log.entries}
        for name in sorted(names | needed):
            if name.endswith(TEMPORARY_SUFFIX):
                continue
            if (fault := _fault_of("decode settings", name, functools.partial(self._document, name))) is not None:
                yield fault

    def _document(self, name: str) -> None:
        if decode_settings_name(settings_id(self._directory.read(name))) != name:
            raise CorruptionError("its content is not that of its name", name)

    @staticmethod
    def _log(log: Replay) -> Iterator[Fault]:
        for one in log.damaged:
            what = f"the bytes {one.damage.start:,} to {one.damage.end:,} are no entries"
            remedy = "what can be read of it is served; the next start keeps these bytes in quarantine"
            yield Fault("log", segment_name(one.segment), what, remedy, one.damage.start)
        for first in log.missing:
            yield Fault("log", segment_name(first), "it is not there", _FROM_BACKUP)

    def _unlisted(self, catalog: SqliteCatalog, before: CatalogState) -> Iterator[Fault]:
        """Files that nobody lists, and of which it is not to be expected that somebody will."""
        found = [name for name in self._directory.files(PARTS) if not name.endswith(TEMPORARY_SUFFIX)]
        numbers = {number for number in map(part_generation, found) if number is not None}
        # What is being written has the number of a generation that is not committed yet. Asked before the catalog is
        # read: what is committed by now is listed then, or was and is gone.
        unborn = numbers - catalog.committed_among(numbers)
        listed = {name for state in (before, catalog.state()) for name in _listed(state)}
        for name in found:
            if name not in listed and part_generation(name) not in unborn and self._directory.exists(name):
                yield Fault("unlisted", name, "the catalog does not know it", "the next start moves it to quarantine")


def _listed(state: CatalogState) -> Iterator[str]:
    for part in (*state.parts, *(one.part for one in state.unfit)):
        yield part.path
        if part.index is not None:
            yield part.index
    yield from (file.name for files in (state.ids, state.ledger, state.quarantine) for file in files)
    yield from state.retired


def _fault_of(kind: str, name: str, check: Callable[[], None]) -> Fault | None:
    try:
        check()
    except CorruptionError as error:
        return Fault(kind, name, error.what, _FROM_BACKUP, error.offset)
    except MissingFileError:
        return Fault(kind, name, "it is not there", _FROM_BACKUP)
    except UnreadableError as error:
        return Fault(kind, name, error.message, _RESTORE)
    return None
