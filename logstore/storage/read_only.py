"""Reading a data directory without owning it, also while a server does.

A lease keeps the files. The catalog tells the parts, and what lies beyond them is replayed from the log into memory.
A seal may move events from the log to parts in between; then both are read again.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from logstore.clock import Clock, SystemClock
from logstore.errors import CorruptionError, StorageError
from logstore.model.snapshot import Part, PartRead, Snapshot
from logstore.storage import identity
from logstore.storage.assembly import new_ulid
from logstore.storage.catalog.chunk_memory import ChunkMemory
from logstore.storage.catalog.records import Catalog, CatalogState
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.decode_settings import load_settings
from logstore.storage.decoder import Decoder, MakeDecoder
from logstore.storage.decoding import UNDECODABLE, decode_all
from logstore.storage.directory import Directory, MissingFileError, PosixDirectory, UnreadableError
from logstore.storage.generation import Generation
from logstore.storage.index.codec import best_codec
from logstore.storage.index.opened import Indexes
from logstore.storage.layout import name_of, segment_name
from logstore.storage.lease import hold_lease
from logstore.storage.ledger.accounts import account
from logstore.storage.ledger.page import write_page
from logstore.storage.ledger.search import LedgerView
from logstore.storage.quarantine.held import HeldLimits
from logstore.storage.quarantine.view import QuarantineView, view_quarantine
from logstore.storage.recovery import drop_duplicates, is_whole
from logstore.storage.seal import located
from logstore.storage.settings import MOST_HELD_BYTES, StorageSettings
from logstore.storage.upkeep.deletions import DeletionStatus, statuses_of
from logstore.storage.verify.reading import CheckedParts
from logstore.storage.wal.format import LoggedEntry
from logstore.storage.wal.replay import Replay, replay

_log = logging.getLogger(__name__)

_REMOTE = "it is in object storage only, which the server reads: ask the server"

_MAX_ATTEMPTS = 20
"""A seal takes about a second and there is one every few minutes, so even a second attempt is rare."""


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """What a reader could not use.

    Attributes:
        unreadable_parts: parts that are missing or not whole, by absolute path.
        undecodable: log entries that the decoder failed on.
    """

    unreadable_parts: tuple[str, ...]
    undecodable: int


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read: the committed state, and what lies in the log beyond it."""

    directory: Directory
    clock: Clock
    state: CatalogState
    snapshot: Snapshot
    recent: Generation


class ReadOnlyStore:
    """A data directory as it was when it was opened. Safe from several threads; made by `open_read_only`."""

    def __init__(self, read: _Read, report: ReaderReport, resources: contextlib.ExitStack) -> None:
        self._read = read
        self._snapshot = read.snapshot
        self._resources = resources
        self._checked = CheckedParts(read.directory)
        self._told: set[str] = set()
        self.report = report
        self.indexes = Indexes(read.directory, best_codec())

    @property
    def root(self) -> str:
        """Absolute path of the data directory."""
        return self._read.directory.path("")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The directory as it was when it was opened; its files stay until `close`."""
        yield self._snapshot

    @contextlib.contextmanager
    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> Iterator[dict[str, str]]:
        """Keeps parts; those that are in object storage only are the server's to fetch."""
        del check
        yield {part.path: _REMOTE for part in parts if not self._is_here(part)}

    def are_local(self, parts: Sequence[Part]) -> bool:
        """Whether all of them are on the local disk."""
        return all(self._is_here(part) for part in parts)

    def _is_here(self, part: Part) -> bool:
        directory = self._read.directory
        return part.remote is None or directory.exists(name_of(part.path, directory.path("")))

    def unfit(self, reads: Sequence[PartRead]) -> list[Part]:
        """The parts among these of which the bytes to be read are damaged or missing; nothing is done about them."""
        return [read.part for read in reads if not self._is_sound(read)]

    def _is_sound(self, read: PartRead) -> bool:
        try:
            self._checked.check(read)
        except (CorruptionError, MissingFileError, UnreadableError) as error:
            if read.part.path not in self._told:
                self._told.add(read.part.path)
                _log.warning("%s; the answer lacks its %d events", error.message, read.part.rows)
            return False
        return True

    @contextlib.contextmanager
    def ledger(self) -> Iterator[LedgerView]:
        """What became of chunks, as of when the directory was opened. A server beside us keeps copies to itself."""
        read = self._read
        recent = tuple(read.recent.book.records())
        yield LedgerView(read.directory, read.state.ledger, recent, self._snapshot.parts)

    @contextlib.contextmanager
    def quarantine(self) -> Iterator[QuarantineView]:
        """What could not be decoded, or is damaged.

        Raises:
            StorageError: the catalog or the folder cannot be read.
        """
        read = self._read
        with contextlib.closing(SqliteCatalog(read.directory, read.clock, read_only=True)) as catalog:
            view = view_quarantine(read.directory, catalog, read.recent.held.chunks)
        yield view

    def deletions(self) -> tuple[DeletionStatus, ...]:
        """Every deletion that is known, newest first.

        Raises:
            StorageError: the catalog cannot be read.
        """
        read = self._read
        with contextlib.closing(SqliteCatalog(read.directory, read.clock, read_only=True)) as catalog:
            return statuses_of(catalog.deletions(), self._snapshot.parts)

    def close(self) -> None:
        """Gives the lease back; the files may go from now on. May be called again."""
        self._resources.close()


def open_read_only(path: str, make_decoder: MakeDecoder, clock: Clock | None = None) -> ReadOnlyStore:
    """Opens a data directory for reading.

    Args:
        path: the data directory.
        make_decoder: makes the decoder of what is in the log.
        clock: names the lease; the machine's when None.

    Raises:
        StorageError: there is no data directory, or it cannot be read, or no lease can be written into it.
        CorruptionError: another version of Logstore wrote it, or decode settings that its log refers to are damaged.
    """
    return read_directory(PosixDirectory(path), make_decoder, clock or SystemClock())


def read_directory(directory: Directory, make_decoder: MakeDecoder, clock: Clock) -> ReadOnlyStore:
    """Like `open_read_only`, for any directory."""
    identity.check(directory)
    with contextlib.ExitStack() as resources:
        resources.enter_context(hold_lease(directory, functools.partial(new_ulid, clock)))
        with contextlib.closing(SqliteCatalog(directory, clock, read_only=True)) as catalog:
            state, entries = _read(directory, catalog)
        documents = load_settings(directory, (logged.entry.chunk.settings for logged in entries))
        recent = _decode(make_decoder(documents), entries, clock)
        parts = [(part, _is_readable(directory, part)) for part in state.parts]
        unfit = [*(part for part, readable in parts if not readable), *(one.part for one in state.unfit)]
        end_seq = max((state.end_seq, *(logged.entry.end for logged in entries)))
        snapshot = Snapshot(
            end_seq - 1,
            tuple(located(part, directory) for part, readable in parts if readable),
            recent.batches,
            state.deletions,
            tuple(located(part, directory) for part in unfit),
        )
        unreadable = tuple(part.path for part in snapshot.unfit)
        undecodable = sum(UNDECODABLE in one.reasons for one in recent.held.chunks)
        report = ReaderReport(unreadable, undecodable)
        read = _Read(directory, clock, state, snapshot, recent)
        return ReadOnlyStore(read, report, resources.pop_all())


def _read(directory: Directory, catalog: Catalog) -> tuple[CatalogState, tuple[LoggedEntry, ...]]:
    """The committed state, and the log from its end on, as of one instant."""
    for _ in range(_MAX_ATTEMPTS):
        state = catalog.state()
        # A file that went away is the sign of a seal, too.
        with contextlib.suppress(MissingFileError):
            log = replay(directory, state.end_seq)
            entries = drop_duplicates(log.entries, _memory(directory, state, log.entries))
            if catalog.last_generation() == state.generation:
                _tell_damage(directory, log)
                return state, entries
    raise StorageError("the data directory is being sealed faster than it can be read", "try again")


def _tell_damage(directory: Directory, log: Replay) -> None:
    for one in log.damaged:
        path, damage = directory.path(segment_name(one.segment)), one.damage
        _log.warning("%s: the bytes %d to %d are damaged; what they held is not read", path, damage.start, damage.end)
    for first in log.missing:
        _log.warning("%s is missing; what it held is not read", directory.path(segment_name(first)))


def _memory(directory: Directory, state: CatalogState, entries: Sequence[LoggedEntry]) -> ChunkMemory:
    """What is needed to tell copies among `entries`."""
    memory = ChunkMemory(directory)
    if any(logged.entry.chunk.chunk_id is not None for logged in entries):
        for file in state.ids:
            # Without it a copy may be shown twice, as the server itself would after its restart.
            with contextlib.suppress(MissingFileError, CorruptionError):
                memory.add_file(file)
    return memory


def _decode(decoder: Decoder, entries: Sequence[LoggedEntry], clock: Clock) -> Generation:
    """What the log holds beyond the committed state, as the open generation of a server would be."""
    settings = StorageSettings()
    limits = HeldLimits(settings.max_quarantined_chunk_bytes, MOST_HELD_BYTES)
    recent = Generation(0, 0)
    for run, decoded in decode_all(decoder, entries, settings.max_run_bytes):
        accounts = account(run, decoded)
        recent = recent.extend(decoded, run, accounts, limits, clock.monotonic_ns())
        recent.book.add(write_page(run, accounts, decoded.decoded.batch.table))
    return recent


def _is_readable(directory: Directory, part: Part) -> bool:
    try:
        return is_whole(directory, part)
    except MissingFileError:
        # In object storage it is not lost.
        return part.remote is not None
