"""A row of the ledger, and the columns that it becomes on disk. `docs/storage-format.md` lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import pyarrow as pa

from logstore.model.chunk import Chunk, Compression, Mode

RECORD_BYTES = 800
"""Rough cost of a row in memory."""


class Status(str, Enum):
    """What became of a chunk. The words are on disk: never rename one."""

    STORED = "stored"
    """Its events are stored, those that were not rejected."""
    COPY = "copy"
    """It was a copy of a chunk that is stored: acknowledged, and not stored again."""


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """A chunk, or the single messages of one connection within a minute.

    Attributes:
        status: what became of it.
        received_ns, until_ns: when it was received, UTC nanoseconds; the first and the last of several.
        mode, compression: how the payload was sent.
        tags: the tags of its events; of several messages at most `MOST_TAGS`.
        listener, sender: which listener took it; the sender's address.
        connection, ordinal: number of the connection, and place of the first message there.
        chunk_id: as received; None without one, and where several messages are told in one row.
        key: under which it is remembered (`chunk_key`). A copy has the key of the chunk that it is a copy of.
        seq, end_seq: its range [seq, end_seq) of sequence numbers; None for copies.
        chunks: how many are told in this row.
        payload_bytes: as received.
        rows, rejected: events stored; events that could not be, `reasons` by reason.
        repeat: the id was known, and this is another chunk all the same.
    """

    status: Status
    received_ns: int
    until_ns: int
    mode: Mode
    compression: Compression
    tags: tuple[str, ...]
    tenant: str
    listener: str
    sender: str
    connection: int
    ordinal: int
    chunk_id: bytes | None = None
    key: bytes | None = None
    seq: int | None = None
    end_seq: int | None = None
    chunks: int = 1
    payload_bytes: int = 0
    rows: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    repeat: bool = False


SCHEMA = pa.schema(
    [
        ("received", pa.timestamp("ns", "UTC")),
        ("until", pa.timestamp("ns", "UTC")),
        ("status", pa.string()),
        ("mode", pa.string()),
        ("compression", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("tenant", pa.string()),
        ("listener", pa.string()),
        ("sender", pa.string()),
        ("connection", pa.uint64()),
        ("ordinal", pa.uint64()),
        ("chunk_id", pa.binary()),
        ("key", pa.binary()),
        ("seq", pa.int64()),
        ("end_seq", pa.int64()),
        ("chunks", pa.int64()),
        ("bytes", pa.int64()),
        ("rows", pa.int64()),
        ("rejected", pa.int64()),
        ("reasons", pa.map_(pa.string(), pa.int64())),
        ("repeat", pa.bool_()),
        ("generation", pa.int64()),
    ]
)
"""The columns of a ledger file. A new one is added at the end, and is null in older files."""

_MODES = {mode: mode.name.lower() for mode in Mode}
_COMPRESSIONS = {compression: compression.name.lower() for compression in Compression}


def table_of(records: Sequence[LedgerRecord], generation: int | None) -> pa.Table:
    """Records as columns; `generation` is None for what is not sealed yet."""
    columns = [
        [one.received_ns for one in records],
        [one.until_ns for one in records],
        [one.status.value for one in records],
        [_MODES[one.mode] for one in records],
        [_COMPRESSIONS[one.compression] for one in records],
        [one.tags for one in records],
        [one.tenant for one in records],
        [one.listener for one in records],
        [one.sender for one in records],
        [one.connection for one in records],
        [one.ordinal for one in records],
        [one.chunk_id for one in records],
        [one.key for one in records],
        [one.seq for one in records],
        [one.end_seq for one in records],
        [one.chunks for one in records],
        [one.payload_bytes for one in records],
        [one.rows for one in records],
        [one.rejected for one in records],
        [list(one.reasons.items()) for one in records],
        [one.repeat for one in records],
        [generation] * len(records),
    ]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, SCHEMA.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def chunk_record(status: Status, chunk: Chunk, key: bytes | None) -> LedgerRecord:
    """The row of a chunk as far as it says it itself: for a copy that is all."""
    return LedgerRecord(
        status=status,
        received_ns=chunk.received_ns,
        until_ns=chunk.received_ns,
        mode=chunk.mode,
        compression=chunk.compression,
        tags=(chunk.tag,),
        tenant=chunk.tenant,
        listener=chunk.listener,
        sender=chunk.peer,
        connection=chunk.connection,
        ordinal=chunk.ordinal,
        chunk_id=chunk.chunk_id,
        key=key,
        payload_bytes=len(chunk.payload),
    )


def is_single(chunk: Chunk) -> bool:
    """Whether a chunk is a message of its own, or nothing more: such are told together, a row for each minute."""
    return chunk.mode is Mode.MESSAGES or (chunk.rows_bound == 1 and chunk.chunk_id is None)
