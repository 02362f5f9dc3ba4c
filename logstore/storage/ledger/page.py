"""What a decoded run adds to the ledger. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.schema import TAG
from logstore.storage.ledger.accounts import Accounts
from logstore.storage.ledger.record import LedgerRecord, Status, chunk_record, is_single
from logstore.storage.ledger.tally import MOST_TAGS, Tally, TallyKey, begin_tally, tally_key
from logstore.storage.wal.format import LoggedEntry


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a run: one for each chunk, and those of single messages, which grow with later runs."""

    records: list[LedgerRecord]
    tallies: dict[TallyKey, Tally]


def write_page(run: Sequence[LoggedEntry], accounts: Accounts, events: pa.Table) -> Page:
    """The rows of a run, whose events these are."""
    records: list[LedgerRecord] = []
    tallies: dict[TallyKey, Tally] = {}
    tags: _Tags | None = None
    for place, logged in enumerate(run):
        if is_single(logged.entry.chunk):
            tags = tags or _Tags(events)
            _count(tallies, logged, accounts, place, tags)
        else:
            records.append(_record(logged, accounts, place))
    return Page(records, tallies)


class _Tags:
    """The tags of events by their rows, each text made once."""

    def __init__(self, events: pa.Table) -> None:
        encoded = pc.dictionary_encode(events.column(TAG).combine_chunks())
        # One chunk of a column that has none comes back as a chunked array.
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        names = encoded.dictionary.to_pylist()
        self._of = [names[code] for code in encoded.indices.to_pylist()]

    def within(self, start: int, end: int) -> Sequence[str]:
        """The distinct tags of the rows [start, end)."""
        return self._of[start:end] if end - start == 1 else sorted(set(self._of[start:end]))


def _count(tallies: dict[TallyKey, Tally], logged: LoggedEntry, accounts: Accounts, place: int, tags: _Tags) -> None:
    entry, chunk = logged.entry, logged.entry.chunk
    key = tally_key(chunk)
    tally = tallies.get(key)
    if tally is None:
        tally = tallies[key] = begin_tally(chunk, entry.seq)
    start, end = accounts.bounds[place], accounts.bounds[place + 1]
    tally.until_ns = chunk.received_ns
    tally.end_seq = entry.end
    tally.chunks += 1
    tally.payload_bytes += len(chunk.payload)
    tally.rows += end - start
    if len(tally.tags) < MOST_TAGS and end > start:
        tally.name(tags.within(start, end))
    rejected = accounts.rejected.get(place)
    if rejected is not None:
        tally.reasons.update(rejected.reasons)


def _record(logged: LoggedEntry, accounts: Accounts, place: int) -> LedgerRecord:
    entry = logged.entry
    rejected = accounts.rejected.get(place)
    return dataclasses.replace(
        chunk_record(Status.STORED, entry.chunk, logged.key),
        seq=entry.seq,
        end_seq=entry.end,
        rows=accounts.rows(place),
        rejected=0 if rejected is None else rejected.total,
        reasons={} if rejected is None else rejected.reasons,
        repeat=entry.chunk.repeat,
    )
