"""The quarantine as people and programs are told of it."""

from __future__ import annotations

import base64
import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from logstore.app.formats.terminal import safe
from logstore.app.formats.texts import times
from logstore.app.listing import ListColumn, Listing, check_limit, list_rows
from logstore.errors import CallerError
from logstore.model.schema import Kind
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.ledger.chunk_id import id_text
from logstore.storage.quarantine.item import QuarantineItem
from logstore.storage.quarantine.view import DamagedFile, QuarantineView

COLUMNS: tuple[ListColumn, ...] = (
    ("id", Kind.TEXT),
    ("time", Kind.TIME),
    ("kind", Kind.TEXT),
    ("tag", Kind.TEXT),
    ("sender", Kind.TEXT),
    ("listener", Kind.TEXT),
    ("mode", Kind.TEXT),
    ("compression", Kind.TEXT),
    ("chunk_id", Kind.TEXT),
    ("bytes", Kind.INT),
    ("rows", Kind.INT),
    ("rejected", Kind.INT),
    ("why", Kind.JSON),
    ("sealed", Kind.BOOL),
    ("generation", Kind.INT),
    ("file", Kind.TEXT),
)
"""What is told of something in quarantine; `docs/http-api.md` says what each means."""

BRIEF = frozenset({"id", "time", "kind", "tag", "sender", "bytes", "rows", "rejected", "why"})
"""What a table shows of it."""

PREVIEW_BYTES = 512
"""Bytes that `show` prints unless told otherwise: a screen."""

MOST_PREVIEW_BYTES = 1 << 20
"""More is no preview, and its dump takes five times as much."""

_LINE_BYTES = 16
_PRINTABLE = range(0x20, 0x7F)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of the quarantine.

    Attributes:
        ids: these alone: sequence numbers of chunks, names of damaged files; None for all.
        window: received within. Of damaged files nobody knows when they came: they are in no window but the open one.
        tag: a tag with wildcards.
        sender: the beginning of a sender's address.
    """

    ids: tuple[str, ...] | None = None
    window: TimeSpan = EVERYTHING
    tag: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """What was found, newest first."""

    chunks: tuple[QuarantineItem, ...]
    damaged: tuple[DamagedFile, ...]


def select(view: QuarantineView, wanted: Selection) -> Selected:
    """What is wanted.

    Raises:
        CallerError: an id names nothing.
    """
    chunks = tuple(item for item in view.items if _is_wanted(item, wanted))
    takes_damaged = wanted.window == EVERYTHING and wanted.tag is None and wanted.sender is None
    damaged = tuple(one for one in view.damaged if takes_damaged and (wanted.ids is None or one.name in wanted.ids))
    known = {str(item.seq) for item in view.items} | {one.name for one in view.damaged}
    missing = [name for name in wanted.ids or () if name not in known]
    if missing:
        raise CallerError(
            f"nothing in quarantine has the id {missing[0]!r}", "`logstore quarantine list` lists what there is"
        )
    return Selected(chunks, damaged)


def _is_wanted(item: QuarantineItem, wanted: Selection) -> bool:
    return (
        (wanted.ids is None or str(item.seq) in wanted.ids)
        and wanted.window.overlaps(item.received_ns, item.received_ns)
        and (wanted.tag is None or fnmatch.fnmatchcase(item.tag, wanted.tag.replace("[", "[[]")))
        and (wanted.sender is None or item.sender.startswith(wanted.sender))
    )


def list_quarantine(view: QuarantineView, wanted: Selection, limit: int) -> Listing:
    """What is wanted, newest first, damaged files last.

    Raises:
        CallerError: an id names nothing, or they are too many to list.
    """
    check_limit(limit)
    found = select(view, wanted)
    rows = [*map(_chunk_row, found.chunks), *map(_damaged_row, found.damaged)]
    return list_rows(COLUMNS, rows[:limit], cut=len(rows) > limit)


def _chunk_row(item: QuarantineItem) -> dict[str, Any]:
    return {
        "id": str(item.seq),
        "time": item.received_ns,
        "kind": "chunk",
        "tag": item.tag or None,
        "sender": item.sender or None,
        "listener": item.listener or None,
        "mode": item.mode.name.lower(),
        "compression": item.compression.name.lower(),
        "chunk_id": None if item.chunk_id is None else id_text(item.chunk_id),
        "bytes": item.payload_bytes,
        "rows": item.rows,
        "rejected": sum(item.reasons.values()),
        "why": orjson.dumps(dict(item.reasons)).decode(),
        "sealed": item.place is not None,
        "generation": None if item.place is None else item.place.generation,
        "file": None if item.place is None else item.place.file,
    }


def _damaged_row(file: DamagedFile) -> dict[str, Any]:
    row = {"id": file.name, "kind": "damaged file", "bytes": file.bytes, "file": file.file or None}
    if file.part is None:
        return row
    part = file.part.part
    why = orjson.dumps({file.part.why: part.rows}).decode()
    told = {"kind": "damaged part", "rows": part.rows, "rejected": 0, "why": why, "generation": part.generation}
    return row | told | ({} if file.file else {"kind": "missing part"})


def show(view: QuarantineView, wanted: Selection, max_bytes: int = PREVIEW_BYTES) -> Iterator[str]:
    """All that is known of what is wanted, and a dump of its first bytes, as lines that do no harm on a terminal.

    Raises:
        CallerError: an id names nothing, or so many bytes are no preview.
    """
    if max_bytes > MOST_PREVIEW_BYTES:
        raise CallerError(f"bytes is above {MOST_PREVIEW_BYTES:,}", "an export has all bytes")
    found = select(view, wanted)
    for item in found.chunks:
        yield from _facts(_chunk_row(item))
        yield from _dump(_payload(view, item), max_bytes)
    for file in found.damaged:
        yield from _facts(_damaged_row(file))
        yield from _dump(view.read_damaged(file), max_bytes)


def _facts(row: dict[str, Any]) -> Iterator[str]:
    for name, kind in COLUMNS:
        value = row.get(name)
        if value is not None:
            text = times(pa.array([value]))[0].as_py() if kind is Kind.TIME else str(value)
            yield f"{name:<12} {safe(text)}"


def _dump(content: bytes | memoryview, max_bytes: int) -> Iterator[str]:
    """Offset, bytes as hex, and as characters where they are ones."""
    yield ""
    shown = bytes(content[:max_bytes])
    for start in range(0, len(shown), _LINE_BYTES):
        line = shown[start : start + _LINE_BYTES]
        text = "".join(chr(byte) if byte in _PRINTABLE else "." for byte in line)
        yield f"{start:08x}  {line.hex(' '):<{3 * _LINE_BYTES}} |{text}|"
    if len(content) > len(shown):
        yield f"... and {len(content) - len(shown):,} bytes more"
    yield ""


def export_raw(view: QuarantineView, wanted: Selection) -> bytes:
    """The bytes of one chunk as they were received, or of one damaged file.

    Raises:
        CallerError: it is not one.
    """
    found = select(view, wanted)
    if len(found.chunks) + len(found.damaged) != 1:
        raise CallerError(
            f"raw bytes are those of one chunk, not of {len(found.chunks) + len(found.damaged)}",
            "name one id, or use the format jsonl",
        )
    return bytes(_payload(view, found.chunks[0]) if found.chunks else view.read_damaged(found.damaged[0]))


def export_lines(view: QuarantineView, wanted: Selection) -> Iterator[bytes]:
    """A JSON object a line: what is told of each chunk, and its bytes in base64."""
    found = select(view, wanted)
    for item in found.chunks:
        entry = view.read(item).entry
        raw_id = None if item.chunk_id is None else _base64(item.chunk_id)
        bytes_of = {"chunk_id_base64": raw_id, "wire_tag_base64": _base64(entry.chunk.wire_tag)}
        yield _line(_chunk_row(item), bytes_of | {"payload_base64": _base64(entry.chunk.payload)})
    for file in found.damaged:
        yield _line(_damaged_row(file), {"payload_base64": _base64(view.read_damaged(file))})


def _line(row: dict[str, Any], extra: dict[str, Any]) -> bytes:
    if row.get("time") is not None:
        row["time"] = times(pa.array([row["time"]]))[0].as_py()
    if row.get("why") is not None:
        row["why"] = orjson.loads(row["why"])
    told = {name: value for name, value in (row | extra).items() if value is not None}
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _payload(view: QuarantineView, item: QuarantineItem) -> bytes:
    return view.read(item).entry.chunk.payload


def _base64(content: bytes | memoryview) -> str:
    return base64.b64encode(content).decode()


def ids_of(found: Selected) -> tuple[list[int], list[str]]:
    """Sequence numbers and names, for a drop."""
    return [item.seq for item in found.chunks], [one.name for one in found.damaged]


def parse_ids(text: str | Sequence[str]) -> tuple[str, ...]:
    """Ids between commas, or one by one."""
    given = text.split(",") if isinstance(text, str) else text
    ids = tuple(one.strip() for one in given if one.strip())
    if not ids:
        raise CallerError("no id is given", "`logstore quarantine list` lists what there is")
    return ids
