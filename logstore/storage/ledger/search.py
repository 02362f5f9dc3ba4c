"""Finding rows of the ledger, newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from logstore.errors import CorruptionError
from logstore.model.snapshot import Part
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.catalog.records import LedgerFile
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.ledger.chunk_id import id_prefixes
from logstore.storage.ledger.file import read_ledger
from logstore.storage.ledger.record import SCHEMA, LedgerRecord, Status, table_of
from logstore.storage.ledger.whereabouts import Whereabouts


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which rows are wanted.

    Attributes:
        window: received within; of single messages told together, any of them.
        chunk_id: the beginning of a chunk id, in any form that people meet it in.
        tag: a tag, with `*` for any characters and `?` for one.
        sender: the beginning of a sender's address.
        only_copies, only_rejected: only copies; only what has rejected events.
        limit: at most so many, the newest.
    """

    window: TimeSpan = EVERYTHING
    chunk_id: str | None = None
    tag: str | None = None
    sender: str | None = None
    only_copies: bool = False
    only_rejected: bool = False
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class LedgerAnswer:
    """Rows of the ledger, newest first.

    Attributes:
        rows: columns of `record.SCHEMA`.
        cut: whether there are more.
        parts: the parts that hold the events of each row, as they are listed now; none of copies, or before the seal.
        unreadable: ledger files that are missing or damaged, by name.
    """

    rows: pa.Table
    cut: bool
    parts: tuple[tuple[Part, ...], ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The ledger at one instant. Its files must stay for as long as it is used.

    Attributes:
        directory: where the files are.
        files: of sealed generations.
        recent: rows that are not sealed yet.
        parts: the parts now.
    """

    directory: Directory
    files: tuple[LedgerFile, ...]
    recent: tuple[LedgerRecord, ...]
    parts: tuple[Part, ...]

    def search(self, query: LedgerQuery) -> LedgerAnswer:
        """The rows that are wanted."""
        unreadable: list[str] = []
        found = _newest(matching(table_of(self.recent, None), query), query.limit + 1)
        for file in sorted(self.files, key=lambda file: file.time_max_ns, reverse=True):
            if not query.window.overlaps(file.time_min_ns, file.time_max_ns):
                continue
            if _is_enough(found, query.limit, file.time_max_ns):
                break
            try:
                rows = self._read(file, query)
            except (MissingFileError, CorruptionError):
                unreadable.append(file.name)
                continue
            found = _newest(pa.concat_tables([found, rows]), query.limit + 1) if rows.num_rows else found
        rows = found.slice(0, query.limit)
        return LedgerAnswer(rows, found.num_rows > query.limit, self._parts(rows), tuple(unreadable))

    def _read(self, file: LedgerFile, query: LedgerQuery) -> pa.Table:
        content, path = self.directory.map(file.name), self.directory.path(file.name)
        if query.chunk_id is not None:
            # An id is in one file of thousands: the others are told by one column of twenty.
            ids = read_ledger(content, path, ["chunk_id"]).column("chunk_id")
            if not pc.any(_begins_with(ids, id_prefixes(query.chunk_id))).as_py():
                return SCHEMA.empty_table()
        return matching(read_ledger(content, path), query)

    def _parts(self, rows: pa.Table) -> tuple[tuple[Part, ...], ...]:
        whereabouts = Whereabouts(self.parts)
        return tuple(
            whereabouts.holding(row["seq"], row["end_seq"]) if row["generation"] is not None and row["rows"] else ()
            for row in rows.select(["generation", "rows", "seq", "end_seq"]).to_pylist()
        )


def matching(rows: pa.Table, query: LedgerQuery) -> pa.Table:
    """The rows that a query wants, in their order. Pure."""
    start_ns, end_ns = query.window.start_ns, query.window.end_ns
    if start_ns is not None:
        rows = rows.filter(pc.greater_equal(rows.column("until"), _time(start_ns)))
    if end_ns is not None:
        rows = rows.filter(pc.less(rows.column("received"), _time(end_ns)))
    if query.only_copies:
        rows = rows.filter(pc.equal(rows.column("status"), Status.COPY.value))
    if query.only_rejected:
        rows = rows.filter(pc.greater(rows.column("rejected"), 0))
    if query.sender is not None:
        rows = rows.filter(pc.starts_with(rows.column("sender"), query.sender))
    if query.chunk_id is not None:
        rows = rows.filter(_begins_with(rows.column("chunk_id"), id_prefixes(query.chunk_id)))
    if query.tag is not None:
        rows = rows.filter(_has_tag(rows.column("tags"), tag_pattern(query.tag)))
    return rows


def tag_pattern(tag: str) -> str:
    """A tag with wildcards as a regular expression for the whole of one."""
    pieces = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in tag)
    return f"(?s)^{''.join(pieces)}$"


def _time(time_ns: int) -> pa.Scalar:
    return pa.scalar(time_ns, pa.timestamp("ns", "UTC"))


def _begins_with(values: pa.ChunkedArray, prefixes: Sequence[bytes]) -> pa.ChunkedArray:
    found = pa.chunked_array([pa.array([False] * len(values), pa.bool_())])
    for prefix in prefixes:
        beginning = pc.binary_slice(values, 0, len(prefix))
        found = pc.or_(found, pc.fill_null(pc.equal(beginning, pa.scalar(prefix, pa.binary())), fill_value=False))
    return found


def _has_tag(tags: pa.ChunkedArray, pattern: str) -> pa.Array:
    lists = tags.combine_chunks()
    lists = lists.chunk(0) if isinstance(lists, pa.ChunkedArray) and lists.num_chunks else lists
    hits = pc.filter(pc.list_parent_indices(lists), pc.match_substring_regex(pc.list_flatten(lists), pattern))
    return pc.is_in(pa.array(range(len(tags)), pa.int64()), hits)


def _newest(rows: pa.Table, count: int) -> pa.Table:
    order = pc.sort_indices(rows, [("received", "descending"), ("connection", "descending"), ("ordinal", "descending")])
    return rows.take(order.slice(0, count)).select(SCHEMA.names)


def _is_enough(found: pa.Table, limit: int, time_max_ns: int) -> bool:
    """Whether no row of files that end at this time, or earlier, can be among the newest any more."""
    if found.num_rows <= limit:
        return False
    return bool(found.column("received")[limit].cast(pa.int64()).as_py() > time_max_ns)
