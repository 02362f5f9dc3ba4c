"""The file of a generation's ledger: Parquet, so that any engine reads it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from crc32c import crc32c

from logstore.errors import CorruptionError
from logstore.storage.ledger.record import SCHEMA, LedgerRecord, table_of

VERSION = 1
_VERSION_KEY = b"logstore.ledger"
_MAGIC = b"PAR1"


def encode_ledger(records: Sequence[LedgerRecord], generation: int) -> pa.Buffer:
    """The whole file, its rows by time."""
    table = table_of(sorted(records, key=lambda one: one.received_ns), generation)
    sink = pa.BufferOutputStream()
    # Ids and keys are random: a dictionary of them would only be in the way.
    dictionary = [name for name in SCHEMA.names if not pa.types.is_binary(SCHEMA.field(name).type)]
    dictionary = [name for name in dictionary if not pa.types.is_nested(SCHEMA.field(name).type)]
    labelled = table.replace_schema_metadata({_VERSION_KEY: str(VERSION).encode()})
    pq.write_table(labelled, sink, compression="zstd", use_dictionary=dictionary)
    return sink.getvalue()


def read_ledger(content: memoryview, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a file, all columns or some; a column that it is too old to have is null.

    Raises:
        CorruptionError: it is damaged, or of another version.
    """
    schema = SCHEMA if columns is None else pa.schema([SCHEMA.field(name) for name in columns])
    try:
        table = pq.ParquetFile(pa.BufferReader(pa.py_buffer(content))).read(columns, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise CorruptionError(f"not a ledger file: {error}", path) from error
    version = (table.schema.metadata or {}).get(_VERSION_KEY, b"")
    if version != str(VERSION).encode():
        raise CorruptionError(f"ledger version {version!r} is unknown, this is version {VERSION}", path)
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.replace_schema_metadata(None).select(schema.names).cast(schema)


def check_crc(content: memoryview, crc: int | None, path: str) -> None:
    """Checks the bytes of a file, when it was written with a checksum.

    Raises:
        CorruptionError: they are not what was written.
    """
    if crc is not None and crc32c(content) != crc:
        raise CorruptionError("its bytes are not those that were written", path, remedy="restore it from a backup")


def is_whole(content: memoryview, size: int) -> bool:
    """Whether a file is as long as it was, with both its ends."""
    return len(content) == size and bytes(content[:4]) == bytes(content[-4:]) == _MAGIC
