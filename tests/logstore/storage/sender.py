"""A sender that acts as Fluentd does: what is not acknowledged it sends again, with the same id and bytes."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace

from crc32c import crc32c

from logstore.errors import StorageError, WorldError
from logstore.model.chunk import Chunk, chunk_key
from logstore.model.snapshot import Snapshot
from logstore.storage.decoder import Decoding
from logstore.storage.ledger.search import LedgerQuery
from logstore.storage.settings import CompactionSettings, StorageSettings
from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import DOCUMENT, HOUR_NS, START_NS, LineDecoder, chunk, ids, lines
from tests.logstore.storage.manual_clock import ManualClock

SETTINGS = StorageSettings(
    seal_age_s=1e9, seal_bytes=2**30, memory_budget_bytes=2**31, max_segment_bytes=400, max_parts_per_seal=2,
    row_group_rows=4, sort_bucket_rows=8, fresh_row_group_rows=4, fresh_sort_bucket_rows=8,
    removal_grace_s=0.0, scrub_interval_s=0.0, parts_file_s=1e9,
    compaction=CompactionSettings(enabled=False),
)  # fmt: skip
"""Nothing happens by itself, so that calls of the directory come in the same order in every run."""


class Sender:
    """Sends chunks of events with unique ids to a store, and remembers which were acknowledged."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.acked: set[str] = set()
        self.unacked: dict[str, Chunk] = {}
        self.given_up: set[str] = set()
        self.copies = 0

    def send(self, store: Store, count: int = 1) -> None:
        """Sends some new chunks at once, and everything that is not acknowledged yet."""
        for _ in range(count):
            number = next(self._numbers)
            names = [f"{number}.{place}" for place in range(1 + number % 3)]
            payload = lines(names, START_NS + number % 4 * HOUR_NS) + (b"bad\n" if _is_bad(names) else b"")
            self.unacked[",".join(names)] = chunk(payload, f"id-{number}".encode() if number % 4 else None)
        futures = [(names, self._submit(store, one)) for names, one in self.unacked.items()]
        for names, future in futures:
            self._take_answer(names, future)

    def check(self, snapshot: Snapshot) -> None:
        """What was acknowledged is there exactly once, what was not at most once, and nothing else."""
        found = Counter(ids(snapshot))
        acked = _names(self.acked)
        assert {name: found[name] for name in acked if found[name] != 1} == {}
        assert {name: count for name, count in found.items() if count > 1} == {}
        assert found.keys() <= acked | _names(self.unacked) | _names(self.given_up)

    def check_notes(self, store: Store) -> None:
        """Ledger and quarantine hold what the events say: each acknowledged chunk once, copies never."""
        with store.snapshot() as snapshot, store.ledger() as ledger, store.quarantine() as quarantine:
            answer = ledger.search(LedgerQuery(limit=10**6))
            rows = answer.rows.to_pylist()
            payloads = [quarantine.read(item).entry.chunk.payload for item in quarantine.items]
            assert not answer.unreadable
            assert sum(row["rows"] for row in rows) == snapshot.rows
            stored = [row["seq"] for row in rows if row["status"] == "stored"]
            assert len(stored) == len(set(stored))
            assert len(rows) - len(stored) <= self.copies
        kept = Counter(payload.split(b" ")[2].decode() for payload in payloads)
        assert {name: count for name, count in kept.items() if count != 1} == {}
        bad = {names.split(",")[0] for names in self.acked if _is_bad(names.split(","))}
        assert bad <= kept.keys()

    def _submit(self, store: Store, one: Chunk) -> Future[int] | None:
        """None when the store has the chunk already, so that it is acknowledged without being stored."""
        if one.chunk_id is not None:
            key = chunk_key(one.tenant, one.wire_tag, one.chunk_id, len(one.payload), crc32c(one.payload))
            try:
                if store.origin(key) is not None:
                    store.note_copy(one, key)
                    self.copies += 1
                    return None
            except StorageError as error:
                refused: Future[int] = Future()
                refused.set_exception(error)
                return refused
        return store.submit(replace(one, settings=store.decode_settings))

    def _take_answer(self, names: str, future: Future[int] | None) -> None:
        try:
            if future is not None:
                future.result(20)
        except StorageError:
            # Without an id a second copy cannot be told from the first, so this sender does not send one.
            if self.unacked[names].chunk_id is None:
                self.unacked.pop(names)
                self.given_up.add(names)
            return
        self.acked.add(names)
        self.unacked.pop(names)


def _is_bad(names: list[str]) -> bool:
    """Whether the chunk of these events has a line that is none."""
    return names[0].startswith(("1.", "4.", "5.")) or names[0].endswith("8.0")


def _names(joined: Iterable[str]) -> set[str]:
    return {name for names in joined for name in names.split(",")}


def open_store(directory: FaultyDirectory, document: bytes = DOCUMENT) -> Store:
    """A store on this directory, with these decode settings in force."""
    return Store.open(directory, Decoding(document, LineDecoder), SETTINGS, ManualClock())


def try_seal(store: Store) -> None:
    """Seals, or not."""
    try:
        store.seal()
    except WorldError:
        return


def kill(directory: FaultyDirectory, store: Store) -> None:
    """Ends a server as `kill -9` does: none of its files is touched any more."""
    directory.die()
    store.close()
