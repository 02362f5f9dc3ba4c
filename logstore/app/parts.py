"""Parts as people and programs are told of them."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any

import orjson

from logstore.app.listing import ListColumn, Listing, check_limit, list_rows
from logstore.model.schema import Kind
from logstore.model.snapshot import Part, Snapshot
from logstore.model.timespan import TimeSpan
from logstore.storage.parts_list import deleted_rows, pending_deletions, relative

COLUMNS: tuple[ListColumn, ...] = (
    ("tenant", Kind.TEXT),
    ("level", Kind.INT),
    ("time", Kind.TIME),
    ("until", Kind.TIME),
    ("rows", Kind.INT),
    ("deleted_rows", Kind.INT),
    ("pending_deletions", Kind.INT),
    ("bytes", Kind.INT),
    ("index_bytes", Kind.INT),
    ("generation", Kind.INT),
    ("seq", Kind.INT),
    ("last_seq", Kind.INT),
    ("columns", Kind.INT),
    ("row_groups", Kind.INT),
    ("tags", Kind.JSON),
    ("path", Kind.TEXT),
)
"""What is told of a part; `docs/http-api.md` says what each means."""

BRIEF = frozenset({"path", "level", "time", "until", "rows", "deleted_rows", "bytes", "index_bytes"})
"""What a table shows of it."""


@dataclass(frozen=True, slots=True)
class PartsQuery:
    """Which parts are wanted.

    Attributes:
        window: those that may hold an event of this time.
        tag: those that may hold an event of such a tag; `*` and `?` are wildcards.
        limit: so many at most, the newest.
    """

    window: TimeSpan
    tag: str | None
    limit: int


def list_parts(snapshot: Snapshot, root: str, query: PartsQuery) -> Listing:
    """The parts that are wanted, those with the newest events first.

    Args:
        snapshot: whose parts.
        root: the data directory; paths are relative to it.
        query: which of them.

    Raises:
        CallerError: they are too many to list.
    """
    check_limit(query.limit)
    wanted = [part for part in snapshot.parts if _is_wanted(part, query)]
    wanted.sort(key=lambda part: (part.time_max_ns, part.generation, part.path), reverse=True)
    rows = [_told(part, snapshot, root) for part in wanted[: query.limit]]
    return list_rows(COLUMNS, rows, cut=len(wanted) > query.limit)


def _is_wanted(part: Part, query: PartsQuery) -> bool:
    return query.window.overlaps(part.time_min_ns, part.time_max_ns) and _may_have(part, query.tag)


def _may_have(part: Part, tag: str | None) -> bool:
    if tag is None or part.tags is None:
        return True
    pattern = tag.replace("[", "[[]")
    return any(fnmatch.fnmatchcase(one, pattern) for one in part.tags)


def _told(part: Part, snapshot: Snapshot, root: str) -> dict[str, Any]:
    return {
        "path": relative(part.path, root),
        "tenant": part.tenant,
        "level": part.level,
        "time": part.time_min_ns,
        "until": part.time_max_ns,
        "rows": part.rows,
        "deleted_rows": deleted_rows(part) or None,
        "pending_deletions": pending_deletions(part, snapshot.deletions) or None,
        "bytes": part.bytes,
        "index_bytes": part.index_bytes or None,
        "generation": part.generation,
        "seq": part.seq_min,
        "last_seq": part.seq_max,
        "columns": len(part.columns) + part.has_more,
        "row_groups": len(part.row_groups),
        "tags": None if part.tags is None else orjson.dumps(part.tags).decode(),
    }
