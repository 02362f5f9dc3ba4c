"""The manifest of an export, version 1: what was asked, up to where the answer holds, and which files it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
import pyarrow as pa

from logstore import __version__
from logstore.app.export_files import ExportedFile
from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape
from logstore.app.formats.texts import times
from logstore.model.timespan import TimeSpan

VERSION = 1


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported.

    Attributes:
        query, window: what was asked.
        format, compression: of the files.
        asked_ns: when it was asked, UTC nanoseconds.
        shape: the columns.
        facts: what there is to say of the answer.
        files: in the order of the rows.
    """

    query: str
    window: TimeSpan
    format: str
    compression: str | None
    asked_ns: int
    shape: Shape
    facts: Facts
    files: Sequence[ExportedFile]


def encode_manifest(exported: Exported) -> bytes:
    """The manifest as the bytes of its file."""
    facts, window = exported.facts, exported.window
    told = {
        "version": VERSION,
        "program": f"logstore {__version__}",
        "query": exported.query,
        "window": {"from": time_text(window.start_ns), "to": time_text(window.end_ns)},
        "asked": time_text(exported.asked_ns),
        "seq": facts.seq,
        "format": exported.format,
        "compression": exported.compression,
        "columns": [{"name": one.name, "field": one.field, "kind": one.kind.value} for one in exported.shape.columns],
        "has_more": exported.shape.has_more,
        "rows": facts.rows,
        "bytes": sum(file.bytes for file in exported.files),
        "cut_at": facts.cut_at,
        "notices": list(facts.notices),
        "files": [asdict(file) for file in exported.files],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def time_text(time_ns: int | None) -> str | None:
    """A time as all formats write it; None stays None."""
    return None if time_ns is None else str(times(pa.array([time_ns], pa.int64()))[0].as_py())
