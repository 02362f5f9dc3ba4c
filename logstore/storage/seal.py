"""Sealing: the open generation becomes parts, in one step as readers see it.

Write the files, commit them with the end of the log that they cover, swap the head's batches for them, trim the log.
Until the commit everything is still in the log and in memory, so a seal that fails costs nothing but another try. A
commit that fails may have been carried out all the same: the catalog is asked before anything else is done.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from logstore.clock import Clock
from logstore.errors import WorldError
from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.chunk_memory import ChunkMemory
from logstore.storage.catalog.id_file import encode_ids
from logstore.storage.catalog.records import Catalog, IdFile, SealedGeneration
from logstore.storage.directory import Directory
from logstore.storage.generation import Generation
from logstore.storage.head import Head
from logstore.storage.layout import chunk_ids_name, quarantine_name, segment_name
from logstore.storage.part.files import PartWriter
from logstore.storage.publish import Publisher
from logstore.storage.removal import Removals
from logstore.storage.wal.format import encode_lone_entry
from logstore.storage.wal.writer import LogWriter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SealCounters:
    """What sealing has done since the store was opened.

    Attributes:
        seals, failures: seals that were committed, and attempts that failed.
        rows, parts, bytes: what the committed ones wrote.
        duration_ns: time that the committed ones took, without failed attempts before them.
        last_error: why the last attempt failed; empty when it did not.
    """

    seals: int = 0
    failures: int = 0
    rows: int = 0
    parts: int = 0
    bytes: int = 0
    duration_ns: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class SealServices:
    """What a seal works with."""

    directory: Directory
    publisher: Publisher
    parts: PartWriter
    catalog: Catalog
    log: LogWriter
    head: Head
    memory: ChunkMemory
    removals: Removals
    clock: Clock


class Sealer:
    """Seals generations, one at a time. Safe from several threads.

    Args:
        services: what it works with.
        generation: number of the last committed generation.
        chunk_id_retention_s: how long chunk ids are remembered.
    """

    def __init__(self, services: SealServices, generation: int, chunk_id_retention_s: float) -> None:
        self._services = services
        self._generation = self._last_number = generation
        self._retention_ns = int(chunk_id_retention_s * NS_PER_SECOND)
        self._written: SealedGeneration | None = None
        self._counters = SealCounters()
        self._lock = threading.Lock()

    @property
    def generation(self) -> int:
        """Number of the last committed generation."""
        return self._generation

    @property
    def counters(self) -> SealCounters:
        """What sealing has done."""
        return self._counters

    def seal(self) -> None:
        """Seals what is decoded by now, and before that the generation whose seal failed, if any.

        Raises:
            WorldError: nothing is lost; the next call tries again.
        """
        with self._lock, self._counted():
            left_over = self._services.head.sealing
            if left_over is not None:
                self._seal(left_over)
            frozen = self._services.head.freeze()
            if frozen is not None:
                self._seal(frozen)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._services.head.seal_failed()
            self._counters = replace(self._counters, failures=self._counters.failures + 1, last_error=str(error))
            raise
        self._counters = replace(self._counters, last_error="")

    def _seal(self, frozen: Generation) -> None:
        services = self._services
        start_ns = services.clock.monotonic_ns()
        if self._written is None:
            # From here on entries go to another segment, so that this one can be trimmed soon.
            services.log.rotate()
            # Every attempt has a number of its own: what a failed one left behind can then never be taken for a file
            # of a committed generation, though its removal be undone by a crash.
            self._last_number += 1
            self._written = self._write(frozen, self._last_number)
        sealed = self._written
        if services.catalog.last_generation() < sealed.number:
            services.catalog.commit(sealed)
        self._written = None
        self._generation = sealed.number
        services.head.swap([located(part, services.directory) for part in sealed.parts])
        services.memory.forget_before(sealed.end_seq)
        self._count(sealed, services.clock.monotonic_ns() - start_ns)
        self._tidy(sealed)

    def _write(self, frozen: Generation, number: int) -> SealedGeneration:
        """Writes all files of a generation; when that fails, those that were written are removed again."""
        services = self._services
        parts: list[Part] = []
        try:
            for logged in frozen.undecodable:
                name = quarantine_name(segment_name(logged.entry.seq), ".entry")
                services.publisher.publish(name, encode_lone_entry(logged))
            for part in services.parts.write(frozen.batches, number):
                parts.append(part)  # noqa: PERF402 - one by one, so that those before a failure are known
            ids = self._write_ids(frozen, number)
        except Exception:
            services.publisher.discard(part.path for part in parts)
            raise
        now_ns = services.clock.now_ns()
        files = services.memory.files
        return SealedGeneration(
            number=number,
            first_seq=frozen.first_seq,
            end_seq=frozen.end_seq,
            rows=frozen.rows,
            rejected=frozen.rejected,
            sealed_ns=now_ns,
            parts=tuple(parts),
            ids=ids,
            expired=tuple(file.name for file in files if file.sealed_ns < now_ns - self._retention_ns),
        )

    def _write_ids(self, frozen: Generation, number: int) -> IdFile | None:
        services = self._services
        origins = services.memory.recent_before(frozen.end_seq)
        if not origins:
            return None
        file = IdFile(chunk_ids_name(number), number, len(origins), services.clock.now_ns())
        services.publisher.publish(file.name, encode_ids(number, origins))
        services.memory.add_file(file)
        return file

    def _count(self, sealed: SealedGeneration, duration_ns: int) -> None:
        before = self._counters
        self._counters = replace(
            before,
            seals=before.seals + 1,
            rows=before.rows + sealed.rows,
            parts=before.parts + len(sealed.parts),
            bytes=before.bytes + sum(part.bytes for part in sealed.parts),
            duration_ns=before.duration_ns + duration_ns,
        )

    def _tidy(self, sealed: SealedGeneration) -> None:
        """Removes what the commit made superfluous; what cannot be removed now is tried again at the next seal."""
        services = self._services
        services.memory.drop_files(sealed.expired)
        try:
            services.log.trim(sealed.end_seq)
            services.removals.retire(sealed.expired)
            services.removals.sweep()
        except WorldError as error:
            _log.warning("tidying up after a seal failed, the next seal tries again: %s", error)


def located(part: Part, directory: Directory) -> Part:
    """A part of the catalog, whose path is a name in the data directory, with the absolute path in its place."""
    return replace(part, path=directory.path(part.path))
