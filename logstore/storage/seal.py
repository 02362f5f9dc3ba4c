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
from logstore.storage.catalog.records import Catalog, SealedGeneration
from logstore.storage.directory import Directory
from logstore.storage.generation import Generation
from logstore.storage.generation_files import GenerationWriter
from logstore.storage.generation_numbers import GenerationNumbers
from logstore.storage.head import Head
from logstore.storage.removal import Removals
from logstore.storage.wal.writer import LogWriter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SealCounters:
    """What sealing has done since the store was opened.

    Attributes:
        seals, failures: seals that were committed, and attempts that failed.
        rows, parts, bytes: what the committed ones wrote.
        duration_ns: time that the committed ones took, without failed attempts before them.
        expired_quarantined: chunks that went from quarantine because their time was over or their room was needed.
        last_error: why the last attempt failed; empty when it did not.
    """

    seals: int = 0
    failures: int = 0
    rows: int = 0
    parts: int = 0
    bytes: int = 0
    duration_ns: int = 0
    expired_quarantined: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class SealServices:
    """What a seal works with."""

    directory: Directory
    files: GenerationWriter
    catalog: Catalog
    log: LogWriter
    head: Head
    removals: Removals
    clock: Clock


class Sealer:
    """Seals generations, one at a time. Safe from several threads.

    Args:
        services: what it works with.
        numbers: where generations get their numbers from.

    Attributes:
        lock: held by whoever commits to the catalog.
    """

    def __init__(self, services: SealServices, numbers: GenerationNumbers) -> None:
        self._services = services
        self._numbers = numbers
        self._generation = numbers.last
        self._written: SealedGeneration | None = None
        self._counters = SealCounters()
        self.lock = threading.Lock()

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
        with self.lock, self._counted():
            left_over = self._services.head.sealing
            if left_over is not None:
                self._seal(left_over)
            # Copies may be all that there is to tell of.
            frozen = self._services.head.freeze(even_empty=self._services.files.copies.has_any)
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
            self._written = services.files.write(frozen, self._numbers.take())
        sealed = self._written
        if not services.catalog.committed_among([sealed.number]):
            services.catalog.commit(sealed)
        self._written = None
        self._generation = sealed.number
        parts = [located(part, services.directory) for part in sealed.parts]
        services.head.swap(parts, lambda: self._shelve(sealed))
        services.files.memory.forget_before(sealed.end_seq)
        self._count(sealed, services.clock.monotonic_ns() - start_ns)
        self._tidy(sealed)

    def _shelve(self, sealed: SealedGeneration) -> None:
        files = self._services.files
        expired = sum(file.chunks for file in files.shelf.files.quarantine if file.name in sealed.expired)
        counters = self._counters
        self._counters = replace(counters, expired_quarantined=counters.expired_quarantined + expired)
        files.copies.forget()
        files.shelf.change(sealed.expired, sealed.ledger, sealed.quarantine)

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
        services.files.memory.drop_files(sealed.expired)
        try:
            services.log.trim(sealed.end_seq)
            services.removals.retire(sealed.expired)
            services.removals.sweep()
        except WorldError as error:
            _log.warning("tidying up after a seal failed, the next seal tries again: %s", error)


def located(part: Part, directory: Directory) -> Part:
    """A part of the catalog, whose paths are names in the data directory, with absolute paths in their place."""
    index = None if part.index is None else directory.path(part.index)
    return replace(part, path=directory.path(part.path), index=index)
