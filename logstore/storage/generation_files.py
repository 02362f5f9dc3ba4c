"""Writing all files of a generation: parts, ledger, quarantine, chunk ids. None of them counts before the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crc32c import crc32c

from logstore.clock import Clock
from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.chunk_memory import ChunkMemory
from logstore.storage.catalog.id_file import encode_ids
from logstore.storage.catalog.records import IdFile, LedgerFile, SealedGeneration
from logstore.storage.generation import Generation
from logstore.storage.layout import chunk_ids_name, ledger_name, quarantine_file_name
from logstore.storage.ledger.copies import Copies
from logstore.storage.ledger.file import encode_ledger
from logstore.storage.part.files import PartWriter
from logstore.storage.publish import Publisher
from logstore.storage.quarantine.file import encode_quarantine
from logstore.storage.quarantine.item import Place, QuarantineFile, QuarantineItem
from logstore.storage.retention import Aged, Bounds, expired
from logstore.storage.settings import StorageSettings
from logstore.storage.shelf import Shelf
from logstore.storage.wal.format import LoggedEntry


@dataclass(frozen=True, slots=True)
class Retention:
    """How long and how much of past generations is kept: chunk ids are counted, the others measured in bytes."""

    ids: Bounds
    ledger: Bounds
    quarantine: Bounds


def retention_of(settings: StorageSettings) -> Retention:
    """The bounds that settings say."""

    def bounds(seconds: float, amount: int) -> Bounds:
        return Bounds(int(seconds * NS_PER_SECOND), amount)

    return Retention(
        bounds(settings.chunk_id_retention_s, settings.max_chunk_ids),
        bounds(settings.ledger_retention_s, settings.max_ledger_bytes),
        bounds(settings.quarantine_retention_s, settings.max_quarantine_bytes),
    )


@dataclass(frozen=True, slots=True)
class GenerationWriter:
    """Writes generations, one at a time.

    Attributes:
        publisher, parts: put files into the data directory.
        memory: the chunk ids; the file written is added to it.
        copies: the copies that a ledger must tell of.
        shelf: the ledger and quarantine files that there are.
        clock: dates them.
        retention: when older ones must go.
    """

    publisher: Publisher
    parts: PartWriter
    memory: ChunkMemory
    copies: Copies
    shelf: Shelf
    clock: Clock
    retention: Retention

    def write(self, frozen: Generation, number: int) -> SealedGeneration:
        """Writes all files of a generation; when that fails, those that were written are removed again."""
        written: list[str] = []
        try:
            quarantine, quarantined = self._write_quarantine(frozen, number, written)
            parts = self._write_parts(frozen, number, written)
            ledger = self._write_ledger(frozen, number, written)
            # The last one, for it is remembered at once.
            ids = self._write_ids(frozen, number, written)
        except Exception:
            self.publisher.discard(written)
            raise
        return SealedGeneration(
            number=number,
            first_seq=frozen.first_seq,
            end_seq=frozen.end_seq,
            rows=frozen.rows,
            rejected=frozen.rejected,
            sealed_ns=self.clock.now_ns(),
            parts=parts,
            ids=ids,
            expired=self._expired(ids, ledger, quarantine),
            ledger=ledger,
            quarantine=quarantine,
            quarantined=quarantined,
        )

    def _write_quarantine(
        self, frozen: Generation, number: int, written: list[str]
    ) -> tuple[QuarantineFile | None, tuple[QuarantineItem, ...]]:
        chunks = frozen.held.chunks
        if not chunks:
            return None, ()
        name = quarantine_file_name(number, 0)
        written.append(name)
        entries, items = [one.logged for one in chunks], [one.item for one in chunks]
        return write_quarantine(self.publisher, QuarantineFile(name, number, 0, 0, self.clock.now_ns()), entries, items)

    def _write_parts(self, frozen: Generation, number: int, written: list[str]) -> tuple[Part, ...]:
        parts: list[Part] = []
        for part in self.parts.write(frozen.batches, number):
            written.append(part.path)
            parts.append(part)
        return tuple(parts)

    def _write_ledger(self, frozen: Generation, number: int, written: list[str]) -> LedgerFile | None:
        records = [*frozen.book.records(), *self.copies.freeze()]
        if not records:
            return None
        name, content = ledger_name(number), encode_ledger(records, number)
        written.append(name)
        self.publisher.publish(name, [memoryview(content)])
        first_ns, last_ns = min(one.received_ns for one in records), max(one.until_ns for one in records)
        now_ns, crc = self.clock.now_ns(), crc32c(content)
        return LedgerFile(name, number, len(records), content.size, first_ns, last_ns, now_ns, crc)

    def _write_ids(self, frozen: Generation, number: int, written: list[str]) -> IdFile | None:
        origins = self.memory.recent_before(frozen.end_seq)
        if not origins:
            return None
        file = IdFile(chunk_ids_name(number), number, len(origins), self.clock.now_ns())
        written.append(file.name)
        self.publisher.publish(file.name, encode_ids(number, origins))
        self.memory.add_file(file)
        return file

    def _expired(
        self, ids: IdFile | None, ledger: LedgerFile | None, quarantine: QuarantineFile | None
    ) -> tuple[str, ...]:
        """Names of all older files whose time is over, or whose room is needed."""
        now_ns, shelved = self.clock.now_ns(), self.shelf.files
        id_files = [Aged(file.name, file.sealed_ns, file.records) for file in self.memory.files if file != ids]
        ledgers = [Aged(file.name, file.sealed_ns, file.bytes) for file in shelved.ledger]
        quarantines = [Aged(file.name, file.sealed_ns, file.bytes) for file in shelved.quarantine]
        return (
            *expired(id_files, self.retention.ids, now_ns, ids.records if ids else 0),
            *expired(ledgers, self.retention.ledger, now_ns, ledger.bytes if ledger else 0),
            *expired(quarantines, self.retention.quarantine, now_ns, quarantine.bytes if quarantine else 0),
        )


def write_quarantine(
    publisher: Publisher, file: QuarantineFile, entries: Sequence[LoggedEntry], items: Sequence[QuarantineItem]
) -> tuple[QuarantineFile, tuple[QuarantineItem, ...]]:
    """Writes chunks to `file.name`; the file and the items as they are to be listed."""
    buffers, places = encode_quarantine(entries)
    publisher.publish(file.name, buffers)
    size = places[-1][0] + places[-1][1]
    placed = tuple(
        replace(item, place=Place(file.name, offset, length, file.generation))
        for item, (offset, length) in zip(items, places, strict=True)
    )
    return replace(file, chunks=len(items), bytes=size), placed
