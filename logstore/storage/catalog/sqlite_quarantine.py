"""The quarantine's tables of the catalog in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson

from logstore.model.chunk import Compression, Mode
from logstore.storage.quarantine.item import Place, QuarantineFile, QuarantineItem

_COLUMNS = (
    "seq, offset, size, received_ns, tag, listener, sender, mode, compression, chunk_id, payload_bytes, rows, reasons"
)


def insert_quarantine(
    connection: sqlite3.Connection, file: QuarantineFile | None, items: Sequence[QuarantineItem]
) -> None:
    """Lists a file with its chunks; does nothing when there is none."""
    if file is None:
        return
    connection.execute(
        "INSERT INTO quarantine_files VALUES (?, ?, ?, ?, ?)",
        (file.name, file.generation, file.chunks, file.bytes, file.sealed_ns),
    )
    rows = [_row(item) for item in items]
    marks = ", ".join("?" * (_COLUMNS.count(",") + 2))
    connection.executemany(f"INSERT INTO quarantine (file, {_COLUMNS}) VALUES ({marks})", rows)  # noqa: S608 - constants


def load_files(connection: sqlite3.Connection) -> tuple[QuarantineFile, ...]:
    """All files, by generation."""
    rows = connection.execute(
        "SELECT name, generation, chunks, bytes, sealed_ns FROM quarantine_files ORDER BY generation"
    )
    return tuple(QuarantineFile(*row) for row in rows)


def load_items(connection: sqlite3.Connection, file: str | None) -> tuple[QuarantineItem, ...]:
    """All chunks, or those in one file, by sequence number."""
    columns = ", ".join(f"quarantine.{name}" for name in _COLUMNS.split(", "))
    rows = connection.execute(
        f"SELECT {columns}, name, generation FROM quarantine JOIN quarantine_files ON file = name"  # noqa: S608 - constants
        " WHERE ?1 IS NULL OR file = ?1 ORDER BY seq",
        (file,),
    )
    return tuple(_item(row) for row in rows)


def _row(item: QuarantineItem) -> tuple[Any, ...]:
    assert item.place is not None, "what is listed lies somewhere"  # noqa: S101 - by construction of the caller
    return (
        item.place.file,
        item.seq,
        item.place.offset,
        item.place.size,
        item.received_ns,
        item.tag,
        item.listener,
        item.sender,
        item.mode,
        item.compression,
        item.chunk_id,
        item.payload_bytes,
        item.rows,
        orjson.dumps(dict(item.reasons)).decode(),
    )


def _item(row: tuple[Any, ...]) -> QuarantineItem:
    (
        seq, offset, size, received_ns, tag, listener, sender, mode, compression, chunk_id, payload_bytes, rows,
        reasons, file, generation,
    ) = row  # fmt: skip
    return QuarantineItem(
        seq=seq,
        received_ns=received_ns,
        tag=tag,
        listener=listener,
        sender=sender,
        mode=Mode(mode),
        compression=Compression(compression),
        chunk_id=chunk_id,
        payload_bytes=payload_bytes,
        rows=rows,
        reasons=orjson.loads(reasons),
        place=Place(file, offset, size, generation),
    )
