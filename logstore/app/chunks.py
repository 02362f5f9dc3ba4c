"""Rows of the chunk ledger as people and programs are told them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import orjson
import pyarrow as pa

from logstore.app.listing import ListColumn, Listing, check_limit, list_rows
from logstore.model.schema import Kind
from logstore.model.snapshot import Part
from logstore.storage.ledger.chunk_id import id_text
from logstore.storage.ledger.record import Status
from logstore.storage.ledger.search import LedgerQuery, LedgerView

COLUMNS: tuple[ListColumn, ...] = (
    ("time", Kind.TIME),
    ("until", Kind.TIME),
    ("status", Kind.TEXT),
    ("id", Kind.TEXT),
    ("tag", Kind.TEXT),
    ("tags", Kind.JSON),
    ("sender", Kind.TEXT),
    ("listener", Kind.TEXT),
    ("mode", Kind.TEXT),
    ("compression", Kind.TEXT),
    ("chunks", Kind.INT),
    ("bytes", Kind.INT),
    ("rows", Kind.INT),
    ("rejected", Kind.INT),
    ("why", Kind.JSON),
    ("duplicate_of", Kind.TEXT),
    ("key", Kind.TEXT),
    ("repeat", Kind.BOOL),
    ("connection", Kind.UINT),
    ("ordinal", Kind.UINT),
    ("seq", Kind.INT),
    ("sealed", Kind.BOOL),
    ("generation", Kind.INT),
    ("parts", Kind.JSON),
)
"""What is told of a chunk; `docs/http-api.md` says what each means."""

BRIEF = frozenset(
    {"time", "status", "id", "tag", "tags", "sender", "chunks", "rows", "rejected", "why", "duplicate_of", "generation"}
)
"""What a table shows of it."""


def list_chunks(ledger: LedgerView, query: LedgerQuery) -> Listing:
    """The rows that are wanted, newest first.

    Raises:
        CallerError: they are too many to list.
    """
    check_limit(query.limit)
    answer = ledger.search(query)
    root = ledger.directory.path("")
    found = zip(_with_times(answer.rows).to_pylist(), answer.parts, strict=True)
    rows = [_told(row, parts, root) for row, parts in found]
    notices = [f"the ledger file {name} cannot be read: its chunks are missing here" for name in answer.unreadable]
    return list_rows(COLUMNS, rows, cut=answer.cut, notices=notices)


def _with_times(rows: pa.Table) -> pa.Table:
    """Times as plain numbers: Python has no nanoseconds."""
    for name in ("received", "until"):
        rows = rows.set_column(rows.schema.get_field_index(name), name, rows.column(name).cast(pa.int64()))
    return rows


def _told(row: dict[str, Any], parts: Sequence[Part], root: str) -> dict[str, Any]:
    key = None if row["key"] is None else row["key"].hex()
    generation = row["generation"]
    is_copy = row["status"] == Status.COPY.value
    told = {name: row[name] for name, _ in COLUMNS if name in row}
    return told | {
        "time": row["received"],
        "until": row["until"] if row["until"] != row["received"] else None,
        "id": None if row["chunk_id"] is None else id_text(row["chunk_id"]),
        "tag": row["tags"][0] if len(row["tags"]) == 1 else None,
        "tags": _json(row["tags"]) if len(row["tags"]) > 1 else None,
        "why": _json(dict(row["reasons"])) if row["reasons"] else None,
        "key": None if is_copy else key,
        "duplicate_of": key if is_copy else None,
        "repeat": row["repeat"] or None,
        "sealed": generation is not None,
        "parts": _json([os.path.relpath(part.path, root) for part in parts])
        if generation is not None and row["rows"]
        else None,
    }


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
